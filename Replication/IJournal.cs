using Cmud.Replication.Frames;

namespace Cmud.Replication;

/// <summary>The port through which a server commits its own writes, and keeps what it merged. It is the only sequencer of its origin.</summary>
/// <remarks>
/// <para>Called by all query grains of a server and its sync grain at once, so it is safe for many threads. An append that fails leaves no trace.</para>
/// <para>
/// On disk a journal holds the entries that are the newest of their keys, each under (origin, sequence), the held sets, and a few small things
/// beside them. Nothing is read to write: what was beaten is taken out when the sync machine says so (<see cref="Keep"/>), and whatever is still there at the next
/// start loses again as it is merged.
/// </para>
/// </remarks>
public interface IJournal
{
    /// <summary>The origin whose sequences this journal gives.</summary>
    Origin Origin { get; }

    /// <summary>The last sequence given; 0 before the first.</summary>
    ulong Head { get; }

    /// <summary>Whether anything outlives the process: a journal that keeps nothing need not be told what was merged.</summary>
    bool IsDurable { get; }

    /// <summary>Whether there is so little room that appends are refused: what others would send had better stay with them. Looks at the disk at most every 100 ms.</summary>
    bool IsFull { get; }

    /// <summary>What former lives left. Read once, before anything is appended or kept.</summary>
    JournalContents Recover();

    /// <summary>Commits entries of this origin in their order, as one, and gives each its sequence.</summary>
    /// <param name="drafts">Stamped entries with sequence 0, which are the journal's from now on: nobody else knows them.</param>
    /// <returns>The same array with the same entries, numbered; completes when they are durable (in memory: at once).</returns>
    /// <exception cref="JournalFullException">There is no room; nothing was stored.</exception>
    /// <exception cref="StaleStampException">A draft is stamped below what was promised; nothing was stored. Stamp anew.</exception>
    /// <exception cref="JournalFailedException">The journal cannot write any more; whether the entries are stored will show at the next start.</exception>
    ValueTask<Entry[]> Append(Entry[] drafts);

    /// <summary>Promises that nothing stamped below a timestamp is taken any more: an append of such drafts throws <see cref="StaleStampException"/>.</summary>
    /// <returns>The sequence up to which lower stamps may have been taken before.</returns>
    ulong Promise(HybridTimestamp floor);

    /// <summary>Takes all that was committed since the last call, for the sync grain.</summary>
    /// <returns>One contiguous interval with its entries, or null where nothing new was committed.</returns>
    JournalSlice? Take();

    /// <summary>Completes when something was committed since it last completed; a <see cref="Take"/> in between may have taken it already.</summary>
    ValueTask WaitAsync(CancellationToken cancellationToken);

    /// <summary>Keeps what the sync machine merged and forgot, as one; later calls are kept later. Completes when it is durable.</summary>
    /// <exception cref="JournalFailedException">The journal cannot write any more.</exception>
    ValueTask Keep(JournalChanges changes);
}

/// <summary>A contiguous run of a journal: all entries of its origin with After &lt; sequence &lt;= UpTo.</summary>
/// <param name="After">The sequence before the first.</param>
/// <param name="UpTo">The last sequence.</param>
/// <param name="Entries">In order of sequence, newest per key: an entry that one with a greater stamp in the slice beats is left out.</param>
public sealed record JournalSlice(ulong After, ulong UpTo, IReadOnlyList<Entry> Entries);

/// <summary>What is to be kept beside the own writes, all of it in one step: the parts prove one another.</summary>
public sealed record JournalChanges
{
    /// <summary>Entries of other origins, or of former lives, that were merged.</summary>
    public IReadOnlyList<Entry> Entries { get; init; } = [];

    /// <summary>Entries, own ones too, that are no longer the newest of their keys.</summary>
    public IReadOnlyList<Mark> Gone { get; init; } = [];

    /// <summary>The held sets that changed, but for the journal's own origin, each as a whole; not to be changed.</summary>
    public IReadOnlyList<Holding> Held { get; init; } = [];

    /// <summary>Shadows that changed; see <see cref="Sync.SyncMachine"/>.</summary>
    public IReadOnlyList<Shade> Shades { get; init; } = [];

    /// <summary>Members that are new or have changed.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>Per origin, the greatest sequence that was purged, where it grew.</summary>
    public IReadOnlyList<Mark> Purged { get; init; } = [];

    /// <summary>Servers that held all that was ever purged, where they are new.</summary>
    public IReadOnlyList<ServerId> Caught { get; init; } = [];

    /// <summary>See <see cref="Replica.PurgeFloor"/>; 0 where it did not grow.</summary>
    public HybridTimestamp PurgeFloor { get; init; }

    /// <summary>Nothing issued from now on may lie below: the greatest timestamp seen, and promised as a floor.</summary>
    public HybridTimestamp Clock { get; init; }
}

/// <summary>The interval of an origin within which entries of a key were beaten; null where that need no longer be known.</summary>
public readonly record struct Shade(Origin Origin, byte[] Key, Interval? Hull);

/// <summary>What a journal holds as a server starts.</summary>
public sealed record JournalContents
{
    /// <summary>Nothing: a first start, or a journal in memory.</summary>
    public static readonly JournalContents Empty = new();

    /// <summary>In order of origin and sequence; some may be beaten by others. Enumerated once; reads the disk as it goes, unless it is an array, which whoever takes it in may reorder.</summary>
    public IEnumerable<Entry> Entries { get; init; } = [];

    /// <summary>What was held, by origin: own former lives too.</summary>
    public IReadOnlyList<Holding> Held { get; init; } = [];

    /// <summary>The shadows.</summary>
    public IReadOnlyList<Shade> Shades { get; init; } = [];

    /// <summary>All servers known, this one included.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>See <see cref="JournalChanges.Purged"/>.</summary>
    public IReadOnlyList<Mark> Purged { get; init; } = [];

    /// <summary>See <see cref="JournalChanges.Caught"/>.</summary>
    public IReadOnlyList<ServerId> Caught { get; init; } = [];

    /// <summary>See <see cref="Replica.PurgeFloor"/>.</summary>
    public HybridTimestamp PurgeFloor { get; init; }

    /// <summary>Nothing may be stamped at or below.</summary>
    public HybridTimestamp Clock { get; init; }
}

/// <summary>The disk has no room for more; the message is one sentence. Nothing was stored, and what is there can be read.</summary>
public sealed class JournalFullException(string message) : Exception(message);

/// <summary>A draft is stamped below what this server has promised to the others; stamp it anew, above the floor.</summary>
public sealed class StaleStampException(HybridTimestamp floor) : Exception("A draft is stamped below the promised floor.")
{
    /// <summary>What was promised.</summary>
    public HybridTimestamp Floor => floor;

    /// <summary>Throws where a draft lies below a floor.</summary>
    public static void ThrowIfBelow(HybridTimestamp floor, IReadOnlyList<Entry> drafts)
    {
        foreach (var draft in drafts)
        {
            if (draft.Stamp.Time < floor) throw new StaleStampException(floor);
        }
    }
}

/// <summary>The disk failed; the message is one sentence. Nothing more is acknowledged in this life.</summary>
public sealed class JournalFailedException(string message, Exception? inner = null) : Exception(message, inner);
