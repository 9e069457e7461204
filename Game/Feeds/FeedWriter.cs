using Cmud.Game.Keys;

namespace Cmud.Game.Feeds;

/// <summary>Writes one session's lines into feeds, and blanks them when they are old.</summary>
internal sealed class FeedWriter(IWorldStore store, GameClock clock, PlayerId player, SessionId session)
{
    /// <summary>How long a line is of use: who comes back after a moment may still read it.</summary>
    public static readonly TimeSpan Use = TimeSpan.FromMinutes(10);

    /// <summary>Most lines blanked at a time: a beat every 10 s keeps up with 5 lines a second.</summary>
    private const int BlankAtOnce = 50;

    private readonly Dictionary<Feed, string> _previous = [];
    private readonly Queue<(string Key, GameTime At)> _written = new();
    private int _seq;

    /// <summary>Writes a line; it is in the store when this ends.</summary>
    /// <returns>Its mark, by which the writer's own reader knows it.</returns>
    public async Task<Mark> WriteAsync(Feed feed, FeedKind kind, string name, string text, CancellationToken cancellationToken)
    {
        var mark = NextMark();
        var key = feed.Key(mark);
        var line = new FeedLine(kind, name, text, _previous.GetValueOrDefault(feed));
        await store.Put(key, line.Write(), cancellationToken);
        _previous[feed] = key;
        Written(key, mark.Time);
        return mark;
    }

    /// <summary>A mark that this session has not used.</summary>
    public Mark NextMark() => new(clock.Issue(), player, session, ++_seq);

    /// <summary>Takes note of a line that is to be blanked when it is old.</summary>
    public void Written(string key, GameTime at) => _written.Enqueue((key, at));

    /// <summary>Blanks lines past their use. Putting one blank twice is harmless.</summary>
    public async Task BlankAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < BlankAtOnce && _written.TryPeek(out var oldest) && clock.Now - oldest.At > Use; i++)
        {
            await store.Put(oldest.Key, "", cancellationToken);
            _written.Dequeue();
        }
    }
}
