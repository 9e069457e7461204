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
internal sealed class FeedReader(Feed feed, GameTime since)
{
    /// <summary>Most lines that one look takes in; a room where more is said in half a second has no readers.</summary>
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
            var left = MaxLines;
            await foreach (var (key, value) in store.List(feed.Prefix(minute), cancellationToken))
            {
                if (Take(key, value, now) && --left == 0) break;
            }
        }

        var heard = Release(now);
        foreach (var old in _seen.Where(seen => seen.Value.Minute < now.Minute - 2).Select(seen => seen.Key).ToArray()) _seen.Remove(old);
        return heard;
    }

    /// <summary>Takes a line in that was not seen before; false for one that was, and for what is no line.</summary>
    private bool Take(string key, string value, GameTime now)
    {
        if (!feed.TryParse(key, out var mark) || !_seen.TryAdd(key, mark.Time)) return false;
        if (mark.Time < since || FeedLine.Read(value) is not { } line) return false;

        _waiting.Add(new(key, new(mark, line), now));
        return true;
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

    private sealed record Waiting(string Key, Heard Heard, GameTime Since);
}
