using System.Numerics;
using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>
/// What is held of one origin, by sequence: the set of sequences, and the entries that are still the newest of their keys.
/// There is no other log.
/// </summary>
/// <remarks>
/// An entry that is beaten leaves the log, but its position casts a shadow until every member holds the position and the
/// winner. The obvious design, to forget it, fails: suppose A's entry 5 reached B, then a newer write beat it at A. If A sends C
/// "all up to 7" without 5 and without the winner, and A dies, then B shows 5 for ever, and C, which claims 5, never asks.
/// So a section that claims a shadowed position carries the winner along. There is one shadow per key: the hull of its
/// beaten positions, so that a key written a million times costs one.
/// </remarks>
internal sealed class OriginLog(Origin origin)
{
    private readonly OrderedMap<ulong, Entry, SequenceOrder> _live = new(default);
    private readonly Dictionary<byte[], Interval> _shadows = new(KeyOrder.Instance);
    private ulong _lastShadow;

    /// <summary>At least the greatest sequence in any shadow.</summary>
    public ulong LastShadow => _lastShadow;

    public Origin Origin => origin;

    /// <summary>The sequences held.</summary>
    public IntervalSet Have { get; } = new();

    /// <summary>Those of them that a crash does not take: only these are told.</summary>
    public IntervalSet Durable { get; } = new();

    /// <summary>The version of the history at which <see cref="Durable"/> last changed; 0 while not even the origin's name is kept.</summary>
    public ulong ChangedAt { get; private set; }

    private Holding? _told;

    public int Shadows => _shadows.Count;

    public int Live => _live.Count;

    /// <summary>Adds to the set; false where all of it was held already.</summary>
    public bool Claim(Interval interval)
    {
        if (Have.Covers(interval)) return false;

        Have.Add(interval);
        return true;
    }

    /// <summary>Takes note that an interval outlives a crash from now on.</summary>
    public void Keep(Interval interval, ulong version)
    {
        Durable.Add(interval);
        (_told, ChangedAt) = (null, version);
    }

    /// <summary>What frames say of <see cref="Durable"/>: its lowest intervals. Made once per change, and never changed.</summary>
    /// <remarks>
    /// The set itself has no bound but the entries held: to give up an interval that was told would strand it, since the
    /// peers would never send it again, and to merge without a claim would strand the entry. What is above the
    /// cut may be sent once more; it is told when holes below are filled.
    /// </remarks>
    public Holding Tell(int maxIntervals) =>
        _told ??= new(origin, Durable.Lowest(maxIntervals), IsWhole: Durable.Count <= maxIntervals);

    public void Add(Entry entry) => _live.Slot(entry.Sequence) = entry;

    public void Remove(ulong sequence) => _live.Remove(sequence);

    /// <summary>Remembers that positions of a key within an interval were beaten.</summary>
    public void Shadow(byte[] key, Interval beaten)
    {
        var hull = _shadows.TryGetValue(key, out var known)
            ? new Interval(Math.Min(known.After, beaten.After), Math.Max(known.UpTo, beaten.UpTo))
            : beaten;
        _shadows[key] = hull;
        _lastShadow = Math.Max(_lastShadow, hull.UpTo);
    }

    /// <summary>The shadow of a key, or null.</summary>
    public Interval? ShadowOf(byte[] key) => _shadows.TryGetValue(key, out var hull) ? hull : null;

    /// <summary>Forgets the shadows that <paramref name="isSafe"/> says every member has passed, and gives their keys.</summary>
    public IReadOnlyList<byte[]> Fade(Func<byte[], Interval, bool> isSafe)
    {
        if (_shadows.Count == 0) return [];

        var faded = _shadows.Where(shadow => isSafe(shadow.Key, shadow.Value)).Select(shadow => shadow.Key).ToArray();
        foreach (var key in faded) _shadows.Remove(key);
        if (_shadows.Count == 0) _lastShadow = 0;
        return faded;
    }

    /// <summary>Cuts off what of the shadows lies above all that is held; gives what is left of those that were cut, null for nothing.</summary>
    public IReadOnlyList<(byte[] Key, Interval? Hull)> Clip()
    {
        if (_lastShadow <= Have.UpTo) return [];

        var clipped = new List<(byte[] Key, Interval? Hull)>();
        foreach (var (key, hull) in _shadows.Where(shadow => shadow.Value.UpTo > Have.UpTo).ToArray())
        {
            var left = hull with { UpTo = Have.UpTo };
            if (left.IsEmpty) _shadows.Remove(key);
            else _shadows[key] = left;
            clipped.Add((key, left.IsEmpty ? null : left));
        }

        _lastShadow = Have.UpTo;
        return clipped;
    }

    /// <summary>Live entries with sequences above <paramref name="after"/>, in order.</summary>
    public IEnumerable<Entry> From(ulong after)
    {
        foreach (var (_, entry) in _live.From(after, inclusive: false)) yield return entry;
    }

    /// <summary>The shadows that fall into an interval.</summary>
    public IEnumerable<KeyValuePair<byte[], Interval>> ShadowsIn(Interval interval) =>
        _lastShadow <= interval.After ? [] : _shadows.Where(shadow => shadow.Value.UpTo > interval.After && shadow.Value.After < interval.UpTo);

    /// <summary>That of the numbers, which is that of their bytes, the highest first.</summary>
    private readonly struct SequenceOrder : IHintedOrder<ulong>
    {
        public int Compare(ulong x, ulong y) => x.CompareTo(y);

        public int Alike(ulong a, ulong b) => BitOperations.LeadingZeroCount(a ^ b) / 8;

        public uint Hint(ulong key, int alike) => alike < sizeof(ulong) ? (uint)((key << (8 * alike)) >> 32) : 0;
    }
}
