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
/// So a section that claims a shadowed position carries the winner along.
/// </remarks>
internal sealed class OriginLog(Origin origin)
{
    private readonly SequenceMap<Entry> _live = new();

    public Origin Origin => origin;

    /// <summary>The sequences held.</summary>
    public IntervalSet Have { get; } = new();

    /// <summary>Those of them that a crash does not take: only these are told.</summary>
    public IntervalSet Durable { get; } = new();

    /// <summary>The version of the history at which <see cref="Durable"/> last changed; 0 while not even the origin's name is kept.</summary>
    public ulong ChangedAt { get; private set; }

    private Holding? _told;

    public Shadows Shadows { get; } = new();

    /// <summary>Adds to the set; false where all of it was held already.</summary>
    public bool Claim(Interval interval)
    {
        if (Have.Covers(interval)) return false;

        Have.Add(interval);
        return true;
    }

    /// <summary>Takes note that sequences outlive a crash from now on.</summary>
    public void Keep(IntervalSet sequences, ulong version)
    {
        Durable.AddAll(sequences);
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

    public void Add(Entry entry) => _live.Set(entry.Sequence, entry);

    public void Remove(ulong sequence) => _live.Remove(sequence);

    /// <summary>Live entries with sequences above <paramref name="after"/>, in order.</summary>
    public IEnumerable<Entry> From(ulong after) => _live.From(after);
}
