using Cmud.Replication;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>What sessions wrote and saw, call after call, and whether any of them ever went back.</summary>
/// <remarks>
/// Every value is written once, so a value tells its write. An absent key tells less: it is taken for the earliest delete or expiry that the session need
/// not have been past already. So nothing is called a violation that could be explained.
/// </remarks>
internal sealed class SessionHistory
{
    private readonly Lock _gate = new();
    private readonly List<Event> _events = [];

    /// <summary>How many calls are recorded.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _events.Count;
        }
    }

    /// <summary>A session's write was acknowledged.</summary>
    /// <param name="session">Which one; its calls follow one another.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">A value that nobody else writes; null for a delete.</param>
    /// <param name="stamp">The stamp that it got.</param>
    /// <param name="expires">Whether the key may come to be absent by it.</param>
    public void Wrote(int session, string key, string? value, Stamp stamp, bool expires = false) => Add(new(session, key, value, stamp, expires));

    /// <summary>A session read a value, or null for an absent key.</summary>
    public void Saw(int session, string key, string? value) => Add(new(session, key, value, Stamp: null, Expires: false));

    /// <summary>A sentence for each step back.</summary>
    public IReadOnlyList<string> Violations()
    {
        lock (_gate)
        {
            var writes = _events.Where(e => e.Stamp is not null).ToArray();
            var byValue = writes.Where(write => write.Value is not null).ToDictionary(write => write.Value!, write => write.Stamp!.Value);
            var absences = writes.Where(write => write.Value is null || write.Expires).ToLookup(write => write.Key, write => new State(write.Stamp!.Value, IsAbsent: true));
            return [.. _events.GroupBy(e => e.Session).SelectMany(own => ViolationsOf(own.Key, own, byValue, absences))];
        }
    }

    private static IEnumerable<string> ViolationsOf(int session, IEnumerable<Event> events, Dictionary<string, Stamp> byValue, ILookup<string, State> absences)
    {
        var known = new Dictionary<string, (State State, bool IsOwn)>();
        var seen = new HybridTimestamp(0);
        foreach (var (_, key, value, stamp, _) in events)
        {
            var isKnown = known.TryGetValue(key, out var before);
            if (stamp is { } written)
            {
                if (written.Time <= seen) yield return $"Session {session} wrote {key} at {written.Time} after it had seen {seen}: a write does not follow a read.";
                known[key] = (new(written, value is null), IsOwn: true);
            }
            else if (value is not null && !byValue.ContainsKey(value))
            {
                yield return $"Session {session} saw {key} as '{value}', which nobody wrote.";
                continue;
            }
            else if (value is null && !isKnown)
            {
                continue;
            }
            else if (Explain(value, isKnown ? before.State : default, byValue, absences[key]) is not { } state)
            {
                yield return $"Session {session} saw {key} as '{value ?? "absent"}' after {before.State}, which it had {(before.IsOwn ? "written itself: it does not read its writes" : "read: a read goes back")}.";
                continue;
            }
            else
            {
                known[key] = (state, IsOwn: false);
            }

            seen = HybridTimestamp.Max(seen, known[key].State.Stamp.Time);
        }
    }

    /// <summary>The earliest state, not before what is known, in which the key reads so; null where there is none.</summary>
    private static State? Explain(string? value, State known, Dictionary<string, Stamp> byValue, IEnumerable<State> absences) => value is null
        ? absences.Where(absence => absence >= known).OrderBy(absence => absence.Stamp).Select(absence => (State?)absence).FirstOrDefault()
        : new State(byValue[value], IsAbsent: false) is var shown && shown >= known ? shown : null;

    private void Add(Event e)
    {
        lock (_gate) _events.Add(e);
    }

    private sealed record Event(int Session, string Key, string? Value, Stamp? Stamp, bool Expires);

    /// <summary>A write, or what is left of it after its expiry.</summary>
    private readonly record struct State(Stamp Stamp, bool IsAbsent)
    {
        public static bool operator >=(State a, State b) => a.Stamp > b.Stamp || (a.Stamp == b.Stamp && (a.IsAbsent || !b.IsAbsent));

        public static bool operator <=(State a, State b) => b >= a;

        public override string ToString() => $"{(IsAbsent ? "its absence" : "a value")} of {Stamp}";
    }
}
