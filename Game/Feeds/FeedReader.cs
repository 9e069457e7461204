using Cmud.Game.Keys;

namespace Cmud.Game.Feeds;

/// <summary>A line that was heard, and by whom it was written, as far as its key may be believed.</summary>
internal readonly record struct Heard(Mark Mark, FeedLine Line);

/// <summary>Follows one feed from a time on: every line once, each session's lines in the order it wrote them.</summary>
/// <remarks>
/// The obvious way, to ask for keys above the last one shown, loses what arrives late from another server under a smaller key: 22.5 % of
/// 7,241 events where it was measured. So the lines of this minute and of the one before are listed each time, and a set of
/// those seen says what is new. Two lines of one session may come swapped, since each may go through another query grain; each names the
/// one before it, and waits for it, but no longer than Settle.
/// </remarks>
/// <param name="feed">Which.</param>
/// <param name="since">What is older is no news.</param>
/// <param name="isNamed">Whether a writer is known to have a name, where more is said than one look takes in.</param>
internal sealed class FeedReader(Feed feed, GameTime since, Func<PlayerId, bool>? isNamed = null)
{
    /// <summary>Most lines that one look takes in; a room where more is said in half a second has no readers. They are shared among the writers: what stands first would else be all that is ever read.</summary>
    private const int MaxLines = 500;

    /// <summary>Most lines held back; beyond, the oldest are let go as they are.</summary>
    private const int MaxWaiting = 1_000;

    /// <summary>How far ahead of this clock a writer's may be without its lines being late here.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, GameTime> _seen = [];
    private readonly List<Waiting> _waiting = [];

    public Feed Feed => feed;

    /// <summary>What is new, in order.</summary>
    public async Task<IReadOnlyList<Heard>> PollAsync(IWorldStore store, GameTime now, CancellationToken cancellationToken)
    {
        var last = (now + Ahead).Minute;
        for (var minute = now.Minute - 1; minute <= last; minute++)
        {
            var listed = new List<Listed>();
            await foreach (var (key, value) in store.List(feed.Prefix(minute), cancellationToken))
            {
                // What is dated ahead is prepared, not said: it waits for its time.
                if (!_seen.ContainsKey(key) && feed.TryParse(key, out var mark) && mark.Time >= since && mark.Time - now <= Ahead) listed.Add(new(key, value, mark));
            }

            foreach (var line in listed.Count <= MaxLines ? listed : Share(listed)) Take(line, now);
        }

        var heard = Release(now);
        foreach (var old in _seen.Where(seen => seen.Value.Minute < now.Minute - 2).Select(seen => seen.Key).ToArray()) _seen.Remove(old);
        return heard;
    }

    /// <summary>The latest line of each writer, then the one before it of each, and so on; in each turn those first who have a name.</summary>
    private IEnumerable<Listed> Share(List<Listed> listed) => listed
        .GroupBy(line => line.Mark.Player)
        .SelectMany(writer => writer.OrderByDescending(line => line.Mark.Time).Select((line, turn) => (Line: line, Turn: turn, IsNamed: isNamed?.Invoke(writer.Key) == true)))
        .OrderBy(line => line.Turn).ThenByDescending(line => line.IsNamed).ThenByDescending(line => line.Line.Mark.Time)
        .Take(MaxLines).Select(line => line.Line);

    private void Take(Listed listed, GameTime now)
    {
        _seen[listed.Key] = listed.Mark.Time;
        if (FeedLine.Read(listed.Value) is { } line) _waiting.Add(new(listed.Key, new(listed.Mark, line), now));
    }

    private List<Heard> Release(GameTime now)
    {
        var heard = new List<Heard>();
        _waiting.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var waiting = _waiting.Select(line => line.Key).ToHashSet(StringComparer.Ordinal);
        var before = -1;

        // One that waited for a line may stand before it: its time is lower only if a clock lied, but then it does. So until nothing moves.
        while (before != heard.Count)
        {
            before = heard.Count;
            _waiting.RemoveAll(line =>
            {
                if (waiting.Count <= MaxWaiting && IsHeldBack(line, waiting, now)) return false;

                heard.Add(line.Heard);
                return waiting.Remove(line.Key);
            });
        }

        return heard;
    }

    private bool IsHeldBack(Waiting line, HashSet<string> waiting, GameTime now)
    {
        if (line.Heard.Line.Previous is not { } previous || Settle.IsOver(line.Since, now)) return false;
        if (!feed.TryParse(previous, out var mark) || mark.Time < since || mark.Time.Minute < now.Minute - 1) return false;

        return !_seen.ContainsKey(previous) || waiting.Contains(previous);
    }

    private readonly record struct Listed(string Key, string Value, Mark Mark);

    private sealed record Waiting(string Key, Heard Heard, GameTime Since);
}
