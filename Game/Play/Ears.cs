using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Places;

namespace Cmud.Game.Play;

/// <summary>All that a player hears: the room, the channels, and what is said to them alone.</summary>
internal sealed class Ears
{
    private readonly Player _player;
    private readonly Dictionary<PlayerId, FloodGate> _gates = [];
    private readonly FloodGate _strangers = new();
    private readonly Dictionary<PlayerId, GameTime> _warned = [];
    private GameTime? _warnedOfStrangers;
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

    /// <summary>How often it is said of one writer that they say too much.</summary>
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);

    /// <summary>Most writers that a flood is counted for; beyond, all counts begin anew.</summary>
    private const int MaxGates = 10_000;

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
    /// Whether a line of somebody's passes: not one's own, not of one who is ignored, not beyond what one writer may fill a screen with; of those who have not
    /// the name they speak under all together count as one writer.
    /// </summary>
    public async Task<bool> PassesAsync(PlayerId from, SessionId session, string name, CancellationToken cancellationToken)
    {
        if (session == _player.Session || _player.Character.Ignored.Contains(from.ToString())) return false;
        if (await Acquaintances.HasAsync(from, name, cancellationToken) != true)
        {
            if (_strangers.Pass(_player.Now)) return true;
            if (IsDue(_warnedOfStrangers))
            {
                _player.Show("Some who have no name here say more than anyone can read; the rest is left out.", Tone.Warning);
                _warnedOfStrangers = _player.Now;
            }

            return false;
        }

        if (_gates.Count >= MaxGates) _gates.Clear();
        if (!_gates.TryGetValue(from, out var gate)) _gates[from] = gate = new();
        if (gate.Pass(_player.Now)) return true;

        if (_warned.Count >= MaxGates) _warned.Clear();
        if (IsDue(_warned.TryGetValue(from, out var warned) ? warned : null))
        {
            _player.Show($"{name} says more than anyone can read; the rest is left out. (ignore {name})", Tone.Warning);
            _warned[from] = _player.Now;
        }

        return false;
    }

    private bool IsDue(GameTime? warned) => warned is not { } last || _player.Now - last >= WarnEvery;

    private async Task HearAsync(Heard heard, Tone tone, string text, CancellationToken cancellationToken)
    {
        if (await PassesAsync(heard.Mark.Player, heard.Mark.Session, heard.Line.Name, cancellationToken)) _player.Show(text, tone);
    }
}
