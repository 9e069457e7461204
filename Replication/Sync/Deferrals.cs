using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>What peers sent too early: entries whose stamps lie far ahead of this server's clock wait until it has come near, and are asked for again.</summary>
/// <remarks>
/// <para>
/// The obvious design, to take them in, lets one wrong clock set all clocks: whoever merges an entry stamps above it from then on. To drop them for good would part the replicas, to stamp them anew would make two
/// writes of one. So they are not merged, not claimed, and not kept; only their sequences are remembered, told to the peers so that nobody sends them meanwhile, and wanted again in the normal way when the time has come.
/// </para>
/// <para>
/// A section's claim rests on all that is in it (see docs/protocol.md), so what is left out must be taken out of the claim with all that it proves: an entry, its own sequence; a rider, everything
/// that it may have beaten, but for the entries that are in the section themselves.
/// </para>
/// <para>
/// Sequences wait in groups by the time at which they are due, rounded up by at most a 64th of the wait: at most 128 groups for each doubling of the wait, however many sequences.
/// </para>
/// </remarks>
internal sealed class Deferrals(SyncSettings settings, ServerClock clock, History history)
{
    /// <summary>In this part of the wait, or less, the time of a group is rounded up.</summary>
    private const int Fineness = 64;

    private readonly SortedDictionary<Origin, Waiting> _waiting = [];
    private readonly Dictionary<ServerId, TimeSpan> _alarmed = [];

    /// <summary>How many sequences wait now.</summary>
    public ulong Count => _waiting.Aggregate(0UL, (sum, waiting) => sum + waiting.Value.All.Except(history.Log(waiting.Key).Have).Size);

    /// <summary>Entries that came too early, since the start; one that comes twice counts twice.</summary>
    public long Total { get; private set; }

    /// <summary>The groups in which they wait.</summary>
    public int Groups => _waiting.Values.Sum(static waiting => waiting.Groups.Count);

    /// <summary>Timestamps above this one are too far ahead now.</summary>
    public HybridTimestamp Limit => HybridTimestamp.Of(clock.GetUtcNow() + settings.MaxAhead);

    /// <summary>When the next group is due, as time from now; null where nothing waits.</summary>
    public TimeSpan? NextDue => _waiting.Count == 0 ? null : TimeSpan.FromSeconds(_waiting.Values.Min(static waiting => waiting.Groups.Keys.First())) - (clock.GetUtcNow() - DateTimeOffset.UnixEpoch);

    /// <summary>Whether an entry is too far ahead to be taken. One that is held already is not.</summary>
    /// <param name="entry">It.</param>
    /// <param name="limit">Of one moment for all of a section: otherwise an entry might be left out, and claimed a moment later.</param>
    public bool Defers(Entry entry, HybridTimestamp limit) => entry.Stamp.Time > limit && !history.Log(entry.Origin).Have.Contains(entry.Sequence);

    /// <summary>What of a section's claim holds without that which is too far ahead; takes note of the rest.</summary>
    public IntervalSet Claimable(Section section, HybridTimestamp limit)
    {
        var claimed = new IntervalSet { section.Interval };
        var late = section.Entries.Where(entry => Defers(entry, limit)).ToArray();
        var shadows = section.Riders.Where(rider => Defers(rider.Winner, limit)).ToArray();
        if (late.Length + shadows.Length == 0 || !settings.DefersClaims) return claimed;

        foreach (var rider in shadows) claimed.Remove(Beaten(rider));
        foreach (var entry in section.Entries) claimed.Add(Alone(entry));
        foreach (var entry in late) claimed.Remove(Alone(entry));

        foreach (var entry in late) Wait(section.Origin, Alone(entry), entry);
        foreach (var rider in shadows) Wait(section.Origin, Beaten(rider), rider.Winner);
        return claimed;

        // Only what the section claims, and is not held otherwise.
        void Wait(Origin origin, Interval interval, Entry cause)
        {
            Total++;
            var waits = new IntervalSet { section.Interval }.Intersect([interval]).Except(claimed).Except(history.Log(origin).Have);
            if (waits.IsEmpty) return;

            if (!_waiting.TryGetValue(origin, out var waiting)) _waiting[origin] = waiting = new();
            waiting.Add(DueAt(cause), waits);
        }
    }

    /// <summary>The sequences of an origin that wait; null for none. Not to be changed.</summary>
    public IntervalSet? Of(Origin origin) => _waiting.GetValueOrDefault(origin)?.All;

    /// <summary>What frames say of them.</summary>
    public IReadOnlyList<Holding> Tell() => [.. _waiting.Select(waiting => new Holding(waiting.Key, waiting.Value.All.Lowest(settings.MaxIntervals), waiting.Value.All.Count <= settings.MaxIntervals))];

    /// <summary>Lets go of what is due: it is lacked from now on, as anything else. Gives sentences where servers began or ceased to be waited for.</summary>
    public IReadOnlyList<Alarm> Look(TimeSpan now)
    {
        if (_waiting.Count == 0 && _alarmed.Count == 0) return [];

        var wall = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        foreach (var (origin, waiting) in _waiting.ToArray())
        {
            waiting.Release(wall, settings.ForgetsDeferred);
            if (waiting.Groups.Count == 0) _waiting.Remove(origin);
        }

        return Alarms(now);
    }

    /// <summary>It is over when nothing has waited for a while: a clock that is just at the limit would say so every second.</summary>
    private List<Alarm> Alarms(TimeSpan now)
    {
        var alarms = new List<Alarm>();
        foreach (var server in _waiting.Keys.Select(static origin => origin.Server).Distinct())
        {
            if (!_alarmed.ContainsKey(server)) alarms.Add(new($"Writes of server {server} are stamped more than {settings.MaxAhead.TotalSeconds:F0} s ahead of this server's clock, and wait until it has come near; check the clocks of both.", IsOver: false));
            _alarmed[server] = now;
        }

        foreach (var (server, last) in _alarmed.ToArray())
        {
            if (now - last <= settings.MaxAhead) continue;

            _alarmed.Remove(server);
            alarms.Add(new($"No write of server {server} waits for this server's clock any more.", IsOver: true));
        }

        return alarms;
    }

    /// <summary>The second, since 1970, at which an entry is surely not too far ahead any more; rounded up the more, the longer that is.</summary>
    private long DueAt(Entry cause)
    {
        var due = (cause.Stamp.Time.Wall - DateTimeOffset.UnixEpoch - settings.MaxAhead).TotalSeconds + 0.001;
        var wait = due - (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        var step = 1L << (int)Math.Max(0, Math.Floor(Math.Log2(Math.Max(1, wait / Fineness))));
        return (long)Math.Ceiling(due / step) * step;
    }

    private static Interval Alone(Entry entry) => new(entry.Sequence - 1, entry.Sequence);

    private static Interval Beaten(Rider rider) => new(Math.Max(rider.First, 1) - 1, rider.Last);

    /// <summary>The sequences of one origin that wait, by the second at which they are due. One that is in two groups waits for both.</summary>
    private sealed class Waiting
    {
        private IntervalSet? _all;

        public SortedDictionary<long, IntervalSet> Groups { get; } = [];

        public IntervalSet All => _all ??= Groups.Values.Aggregate(new IntervalSet(), static (all, group) =>
        {
            all.AddAll(group);
            return all;
        });

        public void Add(long due, IntervalSet sequences)
        {
            if (!Groups.TryGetValue(due, out var group)) Groups[due] = group = new();
            group.AddAll(sequences);
            _all = null;
        }

        public void Release(double wall, bool isKept)
        {
            while (!isKept && Groups.Count > 0 && Groups.Keys.First() is var due && due <= wall)
            {
                Groups.Remove(due);
                _all = null;
            }
        }
    }
}
