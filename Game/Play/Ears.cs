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
    private readonly WatchedStore _channelStore;
    private (FeedReader Reader, WatchedStore Store)? _room;

    public Ears(Player player)
    {
        _player = player;
        var now = player.Surroundings.Clock.Now;
        Acquaintances = new(player.Surroundings.Store, player.Surroundings.Clock);
        _channels = [.. Channels.All.Select(channel => new FeedReader(Feed.Channel(channel), now, Acquaintances.IsNamed))];
        _channelStore = player.Surroundings.Watch(Feed.Channels);
        Letters = new(player);
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
    public void Enter(Room room)
    {
        _room?.Store.Dispose();
        var feed = Feed.Room(room.Id);
        _room = (new(feed, _player.Now, Acquaintances.IsNamed), _player.Surroundings.Watch(feed.All));
    }

    /// <summary>Shows what is new.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        Acquaintances.Begin();
        if (_room is { } room)
        {
            foreach (var heard in await room.Reader.PollAsync(room.Store, _player.Now, cancellationToken))
                await HearAsync(room.Reader.Feed, heard, heard.Line.Kind == FeedKind.Say ? Tone.Speech : Tone.Event, heard.Line.Shown, cancellationToken);
        }

        foreach (var channel in _channels)
        {
            foreach (var heard in await channel.PollAsync(_channelStore, _player.Now, cancellationToken))
            {
                var isTicker = channel.Feed.Name == Channels.Ticker;
                if (!IsOn(channel.Feed.Name) || (isTicker && heard.Line.Kind != FeedKind.News)) continue;

                await HearAsync(
                    channel.Feed, heard, isTicker ? Tone.Event : Tone.Speech, name => isTicker ? $"* {name} {heard.Line.Text}" : $"[{channel.Feed.Name}] {name}: {heard.Line.Text}", cancellationToken);
            }
        }

        await Letters.PollAsync(cancellationToken);
    }

    /// <summary>Whether the player listens to a channel.</summary>
    public bool IsOn(string channel) => _player.Character.Settings.GetValueOrDefault(channel) != "off";

    /// <summary>
    /// The name under which a line of somebody's is shown, with a mark where it proves to be nobody's; null where it does not pass: one's own, of one who is ignored, or
    /// beyond what one writer may fill a screen with. Whoever writes each line as somebody else has as many gates: so all whose lines are not theirs by their
    /// name, or by their key, count as one writer.
    /// </summary>
    public async Task<string?> VoiceAsync(Mark mark, string key, FeedLine line, CancellationToken cancellationToken)
    {
        var (from, now) = (mark.Player, _player.Now);
        if (mark.Session == _player.Session || _player.Character.Ignored.Contains(from.ToString())) return null;

        if (await Acquaintances.IsByAsync(from, key, line, cancellationToken) != true)
        {
            if (_strangers.Pass(now)) return Acquaintances.Shown(line.Name, isProven: false);
            if (now - _warnedOfStrangers < WarnEvery) return null;

            _warnedOfStrangers = now;
            _player.Show("More voices speak at once than anyone can read; some are left out.", Tone.Warning);
            return null;
        }

        if (_gates.Count >= MaxGates) _gates.Clear();
        if (_warned.Count >= MaxGates) _warned.Clear();
        if (!_gates.TryGetValue(from, out var gate)) _gates[from] = gate = new();
        if (gate.Pass(now)) return line.Name;
        if (now - _warned.GetValueOrDefault(from) < WarnEvery) return null;

        _warned[from] = now;
        _player.Show($"{line.Name}, or somebody in that name, says more than anyone can read; the rest is left out. (ignore {line.Name})", Tone.Warning);
        return null;
    }

    private async Task HearAsync(Feed feed, Heard heard, Tone tone, Func<string, string> shown, CancellationToken cancellationToken)
    {
        if (await VoiceAsync(heard.Mark, feed.Key(heard.Mark), heard.Line, cancellationToken) is { } name) _player.Show(shown(name), tone);
    }
}
