namespace Cmud.Replication;

/// <summary>The port through which a server commits its own writes. It is the only sequencer of its origin.</summary>
/// <remarks>
/// Called by all query grains of a server at once, so it is safe for many threads. An append that fails leaves no trace.
/// </remarks>
public interface IJournal
{
    /// <summary>The origin whose sequences this journal gives.</summary>
    Origin Origin { get; }

    /// <summary>The last sequence given; 0 before the first.</summary>
    ulong Head { get; }

    /// <summary>Commits entries of this origin in their order, as one, and gives each its sequence.</summary>
    /// <param name="drafts">Stamped entries with sequence 0.</param>
    /// <returns>The same entries, numbered; completes when they are durable (in memory: at once).</returns>
    ValueTask<Entry[]> Append(IReadOnlyList<Entry> drafts);

    /// <summary>Takes all that was committed since the last call, for the sync grain.</summary>
    /// <returns>One contiguous interval with its entries, or null where nothing new was committed.</returns>
    JournalSlice? Take();

    /// <summary>Completes when something was committed since it last completed; a <see cref="Take"/> in between may have taken it already.</summary>
    ValueTask WaitAsync(CancellationToken cancellationToken);
}

/// <summary>A contiguous run of a journal: all entries of its origin with After &lt; sequence &lt;= UpTo.</summary>
/// <param name="After">The sequence before the first.</param>
/// <param name="UpTo">The last sequence.</param>
/// <param name="Entries">In order of sequence, newest per key: an entry that one with a greater stamp in the slice beats is left out.</param>
public sealed record JournalSlice(ulong After, ulong UpTo, IReadOnlyList<Entry> Entries);
