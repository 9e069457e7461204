using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Places;

namespace Cmud.Game.Play;

/// <summary>All that a player hears: the room, the channels, and what is said to them alone.</summary>
internal sealed class Ears
{
    private readonly Player _player;
    private readonly Dictionary<PlayerId, FloodGate> _gates = [];
    private readonly Dictionary<PlayerId, GameTime> _warned = [];
    private readonly FloodGate _strangers = new();
    private readonly FloodGate _all = new(burst: 600, refill: TimeSpan.FromMilliseconds(50));
    private GameTime _warnedOfAll;
    private readonly List<FeedReader> _channels;
    private FeedReader? _room;

    public Ears(Player player)
    {
        _player = player;
        var now = player.Surroundings.Clock.Now;
        _channels = [.. Channels.All.Select(channel => new FeedReader(Feed.Channel(channel), now))];
        Letters = new(player);
    }

    /// <summary>Most writers that a flood is counted for; beyond, all counts begin anew.</summary>
    private const int MaxGates = 10_000;

    /// <summary>How often the same warning is shown.</summary>
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    /// <summary>Tells and letters.</summary>
    public Letters Letters { get; }

    /// <summary>Hears this room from now on, and no other.</summary>
    public void Enter(Room room) => _room = new(Feed.Room(room.Id), _player.Now);

    /// <summary>Shows what is new.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        if (_room is { } room)
        {
            foreach (var heard in await room.PollAsync(_player.Store, _player.Now, cancellationToken))
                Hear(heard, heard.Line.Kind == FeedKind.Say ? Tone.Speech : Tone.Event, heard.Line.Shown);
        }

        foreach (var channel in _channels)
        {
            foreach (var heard in await channel.PollAsync(_player.Store, _player.Now, cancellationToken))
            {
                var isTicker = channel.Feed.Name == Channels.Ticker;
                if (!IsOn(channel.Feed.Name) || (isTicker && heard.Line.Kind != FeedKind.News)) continue;

                Hear(heard, isTicker ? Tone.Event : Tone.Speech, isTicker ? $"* {heard.Line.Name} {heard.Line.Text}" : $"[{channel.Feed.Name}] {heard.Line.Name}: {heard.Line.Text}");
            }
        }

        await Letters.PollAsync(cancellationToken);
    }

    /// <summary>Whether the player listens to a channel.</summary>
    public bool IsOn(string channel) => _player.Character.Settings.GetValueOrDefault(channel) != "off";

    /// <summary>Whether a line of somebody's passes: not one's own, not of one who is ignored, not beyond what one writer may fill a screen with.</summary>
    public bool Passes(PlayerId from, SessionId session, string name)
    {
        if (session == _player.Session || _player.Character.Ignored.Contains(from.ToString())) return false;
        if (_gates.Count >= MaxGates) _gates.Clear();
        if (_warned.Count >= MaxGates) _warned.Clear();
        var now = _player.Now;

        // Whoever writes each line as somebody else has as many gates: so new voices come through one of their own, and all lines through another.
        if (!_gates.TryGetValue(from, out var gate))
        {
            if (!_strangers.Pass(now)) return WarnOfAll(now);
            _gates[from] = gate = new();
        }

        if (!gate.Pass(now))
        {
            if (now - _warned.GetValueOrDefault(from) < WarnEvery) return false;

            _warned[from] = now;
            _player.Show($"{name} says more than anyone can read; the rest is left out. (ignore {name})", Tone.Warning);
            return false;
        }

        return _all.Pass(now) || WarnOfAll(now);
    }

    private bool WarnOfAll(GameTime now)
    {
        if (now - _warnedOfAll >= WarnEvery)
        {
            _warnedOfAll = now;
            _player.Show("More voices speak at once than anyone can read; some are left out.", Tone.Warning);
        }

        return false;
    }

    private void Hear(Heard heard, Tone tone, string text)
    {
        if (Passes(heard.Mark.Player, heard.Mark.Session, heard.Line.Name)) _player.Show(text, tone);
    }
}
