using Cmud.Replication;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Faults;

/// <summary>Holds a history, and what all query grains show at its end, against what the store promises: a sentence for each promise broken.</summary>
/// <remarks>
/// Every value is put once, so a value tells its write. Where the stamp of a write is not known, as its answer was lost and no look met it, nothing is
/// held against it: what could be explained is no violation.
/// </remarks>
internal static class HistoryChecker
{
    /// <summary>All that is wrong.</summary>
    /// <param name="history">The calls, and the looks meanwhile.</param>
    /// <param name="final">What each query grain of each server shows when all is healed.</param>
    public static IReadOnlyList<string> Violations(History history, IReadOnlyList<Look> final) =>
        [.. Lost(history.Calls, final), .. Different(final), .. Unwritten(history, final), .. Twice(history, final), .. WentBack(history, final), .. Fell([.. history.Looks, .. final])];

    /// <summary>C1: a key that shows less than an acknowledged write to it, or another value than its write's.</summary>
    public static IEnumerable<string> Lost(IReadOnlyList<Call> calls, IReadOnlyList<Look> final)
    {
        foreach (var writes in calls.Where(call => call.IsWrite).GroupBy(call => call.Key))
        {
            if (writes.Where(write => write.Outcome == Outcome.Ok).MaxBy(write => write.Stamp) is not { } newest) continue;
            foreach (var look in final)
            {
                var shown = look.Keys.GetValueOrDefault(writes.Key);
                if (IsExplained(shown, newest, writes)) continue;

                yield return $"C1: {look.Grain} shows {writes.Key} as {shown}, but '{newest.Value ?? "absent"}' of {newest.Stamp} was acknowledged at {newest.Completed.TotalSeconds:0.000} s.";
                break;
            }
        }
    }

    /// <summary>C2: keys that two query grains show differently.</summary>
    public static IEnumerable<string> Different(IReadOnlyList<Look> final)
    {
        foreach (var look in final.Skip(1))
        {
            foreach (var key in final[0].Keys.Keys.Union(look.Keys.Keys))
            {
                var (one, other) = (final[0].Keys.GetValueOrDefault(key), look.Keys.GetValueOrDefault(key));
                if (!AreEqual(one, other)) yield return $"C2: {final[0].Grain} shows {key} as {one}, {look.Grain} as {other}.";
            }
        }
    }

    /// <summary>C3: a value that nobody put to that key, or whose Put failed without leaving anything.</summary>
    private static IEnumerable<string> Unwritten(History history, IReadOnlyList<Look> final)
    {
        var put = history.Calls.Where(call => call is { Kind: CallKind.Put, Outcome: not Outcome.Fail }).Select(call => (call.Key, call.Value!)).ToHashSet();
        var read = history.Calls.Where(call => call is { Kind: CallKind.Get, Outcome: Outcome.Ok, Value: not null }).Select(call => (call.Key, Value: call.Value!, Where: $"session {call.Session}"));
        var shown = history.Looks.Concat(final).SelectMany(look => look.Keys.Where(key => key.Value.Value is not null).Select(key => (key.Key, Value: key.Value.Value!, Where: look.Grain)));
        return read.Concat(shown).DistinctBy(seen => (seen.Key, seen.Value)).Where(seen => !put.Contains((seen.Key, seen.Value)))
            .Select(seen => $"C3: {seen.Where} saw {seen.Key} as '{seen.Value}', which nobody wrote.");
    }

    /// <summary>One write, one stamp and one sequence number: a write that was made twice, or a number that was given twice.</summary>
    private static IEnumerable<string> Twice(History history, IReadOnlyList<Look> final)
    {
        var acknowledged = history.Calls.Where(call => call.Stamp is not null).ToArray();
        foreach (var same in acknowledged.GroupBy(call => (call.Stamp!.Value.Origin, call.Sequence)).Where(same => same.Count() > 1))
            yield return $"Number {same.Key.Sequence} of {same.Key.Origin} was given to {string.Join(" and ", same.Select(call => call.Key))}.";

        var puts = acknowledged.Where(call => call.Value is not null).Select(call => (Value: call.Value!, Stamp: call.Stamp!.Value));
        foreach (var same in puts.Concat(Met(history, final)).Distinct().GroupBy(met => met.Value).Where(same => same.Count() > 1))
            yield return $"'{same.Key}' was put once and has the stamps {string.Join(" and ", same.Select(met => met.Stamp))}.";
    }

    /// <summary>C4: a session that does not read its writes, or whose reads go back.</summary>
    private static IEnumerable<string> WentBack(History history, IReadOnlyList<Look> final)
    {
        var sessions = new SessionHistory();
        var unknown = history.Calls.Where(call => call is { IsWrite: true, Outcome: Outcome.Unknown }).ToArray();
        var known = history.Calls.Where(call => call is { Value: not null, Stamp: not null }).Select(call => call.Value!).ToHashSet();
        var met = Met(history, final).DistinctBy(seen => seen.Value).ToDictionary(seen => seen.Value, seen => seen.Stamp);
        // Each of these is a session of its own: its place among the others' calls is not known.
        var nobody = 0;
        foreach (var write in unknown.Where(write => write.Value is not null && met.ContainsKey(write.Value)))
        {
            sessions.Wrote(--nobody, write.Key, write.Value, met[write.Value!]);
            known.Add(write.Value!);
        }

        var perhapsDeleted = unknown.Where(write => write.Kind == CallKind.Delete).Select(write => write.Key).ToHashSet();
        foreach (var call in history.Calls.Where(call => call.Outcome == Outcome.Ok))
        {
            if (call.IsWrite) sessions.Wrote(call.Session, call.Key, call.Value, call.Stamp!.Value);
            else if (call.Value is null ? !perhapsDeleted.Contains(call.Key) : known.Contains(call.Value)) sessions.Saw(call.Session, call.Key, call.Value);
        }

        return sessions.Violations().Select(violation => $"C4: {violation}");
    }

    /// <summary>C8: a query grain at which the stamp of a key fell.</summary>
    private static IEnumerable<string> Fell(IReadOnlyList<Look> looks)
    {
        foreach (var grain in looks.GroupBy(look => look.Grain))
        {
            var before = new Dictionary<string, Shown>();
            foreach (var (key, shown) in grain.SelectMany(look => look.Keys))
            {
                if (before.GetValueOrDefault(key).Stamp is { } stamp && !shown.Has(stamp)) yield return $"C8: {grain.Key} showed {key} as {before[key]}, then as {shown}.";
                before[key] = shown;
            }
        }
    }

    /// <summary>Whether what is shown is the newest acknowledged write, or one that may have come after it.</summary>
    private static bool IsExplained(Shown shown, Call newest, IEnumerable<Call> writes)
    {
        if (shown.Stamp == newest.Stamp) return shown.Value == newest.Value;
        var perhaps = writes.Where(write => write.Outcome == Outcome.Unknown);
        // A server that started after a purge has neither the tombstone nor the floor; had it lost the tombstone alone, it would show what that deleted.
        if (shown.Stamp is null) return newest.Kind == CallKind.Delete || perhaps.Any(write => write.Kind == CallKind.Delete);
        return shown.Has(newest.Stamp!.Value) && perhaps.Any(write => write.Value == shown.Value);
    }

    /// <summary>A tombstone that one has purged, and the other not yet, is the same to whoever asks.</summary>
    private static bool AreEqual(Shown one, Shown other) =>
        one.Value == other.Value && (one.Stamp == other.Stamp || (one.Value is null && (one.Stamp is null || other.Stamp is null)));

    /// <summary>The values that looks met, with their stamps.</summary>
    private static IEnumerable<(string Value, Stamp Stamp)> Met(History history, IReadOnlyList<Look> final) => history.Looks.Concat(final)
        .SelectMany(look => look.Keys.Values)
        .Where(shown => shown is { Value: not null, Stamp: not null })
        .Select(shown => (shown.Value!, shown.Stamp!.Value))
        .Distinct();
}
