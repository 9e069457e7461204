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
    private GameTime _warnedOfStrangers;
    private readonly List<FeedReader> _channels;
    private FeedReader? _room;

    public Ears(Player player)
    {
        _player = player;
        var now = player.Surroundings.Clock.Now;
        _channels = [.. Channels.All.Select(channel => new FeedReader(Feed.Channel(channel), now))];
        Letters = new(player);
        Acquaintances = new(new(player.Surroundings.Store, player.Surroundings.Clock), () => player.Now);
    }

    /// <summary>Most writers that a flood is counted for; beyond, all counts begin anew.</summary>
    private const int MaxGates = 10_000;

    /// <summary>How often the same warning is shown.</summary>
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    /// <summary>Who has the name they speak under.</summary>
    public Acquaintances Acquaintances { get; }

    /// <summary>Tells and letters.</summary>
    public Letters Letters { get; }

    /// <summary>Hears this room from now on, and no other.</summary>
    public void Enter(Room room) => _room = new(Feed.Room(room.Id), _player.Now);

    /// <summary>Shows what is new.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        Acquaintances.Begin();
        if (_room is { } room)
        {
            foreach (var heard in await room.PollAsync(_player.Store, _player.Now, cancellationToken))
                await HearAsync(heard, heard.Line.Kind == FeedKind.Say ? Tone.Speech : Tone.Event, heard.Line.Shown, cancellationToken);
        }

        foreach (var channel in _channels)
        {
            foreach (var heard in await channel.PollAsync(_player.Store, _player.Now, cancellationToken))
            {
                var isTicker = channel.Feed.Name == Channels.Ticker;
                if (!IsOn(channel.Feed.Name) || (isTicker && heard.Line.Kind != FeedKind.News)) continue;

                await HearAsync(heard, isTicker ? Tone.Event : Tone.Speech, isTicker ? $"* {heard.Line.Name} {heard.Line.Text}" : $"[{channel.Feed.Name}] {heard.Line.Name}: {heard.Line.Text}", cancellationToken);
            }
        }

        await Letters.PollAsync(cancellationToken);
    }

    /// <summary>Whether the player listens to a channel.</summary>
    public bool IsOn(string channel) => _player.Character.Settings.GetValueOrDefault(channel) != "off";

    /// <summary>
    /// Whether a line of somebody's passes: not one's own, not of one who is ignored, not beyond what one writer may fill a screen with. Whoever writes each line
    /// as somebody else has as many gates: so all who have not the name that they speak under count as one writer.
    /// </summary>
    public async Task<bool> PassesAsync(PlayerId from, SessionId session, string name, CancellationToken cancellationToken)
    {
        if (session == _player.Session || _player.Character.Ignored.Contains(from.ToString())) return false;
        var now = _player.Now;
        if (await Acquaintances.HasAsync(from, name, cancellationToken) != true)
        {
            if (_strangers.Pass(now)) return true;
            if (now - _warnedOfStrangers < WarnEvery) return false;

            _warnedOfStrangers = now;
            _player.Show("More voices speak at once than anyone can read; some are left out.", Tone.Warning);
            return false;
        }

        if (_gates.Count >= MaxGates) _gates.Clear();
        if (_warned.Count >= MaxGates) _warned.Clear();
        if (!_gates.TryGetValue(from, out var gate)) _gates[from] = gate = new();
        if (gate.Pass(now)) return true;
        if (now - _warned.GetValueOrDefault(from) < WarnEvery) return false;

        _warned[from] = now;
        _player.Show($"{name} says more than anyone can read; the rest is left out. (ignore {name})", Tone.Warning);
        return false;
    }

    private async Task HearAsync(Heard heard, Tone tone, string text, CancellationToken cancellationToken)
    {
        if (await PassesAsync(heard.Mark.Player, heard.Mark.Session, heard.Line.Name, cancellationToken)) _player.Show(text, tone);
    }
}
