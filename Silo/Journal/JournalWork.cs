using Cmud.Replication;

namespace Cmud.Silo.Journal;

/// <summary>What waits for the writer: entries to commit, or changes to keep. Completes when it is durable.</summary>
internal sealed class JournalWork : TaskCompletionSource<Entry[]>
{
    // Whoever awaits goes on elsewhere: the writer is not to do the work of its callers.
    private JournalWork(long size)
        : base(TaskCreationOptions.RunContinuationsAsynchronously) => Size = size;

    public JournalWork(Entry[] drafts, long size)
        : this(size) => Drafts = drafts;

    public JournalWork(JournalChanges changes)
        : this(SizeOf(changes.Entries)) => Changes = changes;

    /// <summary>About how many bytes it will take on the disk.</summary>
    public long Size { get; }

    /// <summary>Entries without a sequence; null where there are changes.</summary>
    public Entry[]? Drafts { get; }

    /// <summary>What to keep; null where there are drafts.</summary>
    public JournalChanges? Changes { get; }

    public static long SizeOf(IReadOnlyList<Entry> entries)
    {
        var size = 0L;
        for (var i = 0; i < entries.Count; i++) size += entries[i].Size + JournalRow.EntryOverhead;
        return size;
    }
}
