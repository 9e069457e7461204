namespace Cmud.Replication;

/// <summary>A journal that counts and keeps nothing: "durable" means merged in the sync grain.</summary>
public sealed class MemoryJournal(Origin origin) : IJournal
{
    private readonly Lock _order = new();
    private readonly JournalTail _tail = new();
    private HybridTimestamp _floor;

    /// <inheritdoc/>
    public Origin Origin => origin;

    /// <inheritdoc/>
    public ulong Head => _tail.Head;

    /// <inheritdoc/>
    public bool IsDurable => false;

    /// <inheritdoc/>
    public bool IsFull => false;

    /// <inheritdoc/>
    public JournalContents Recover() => JournalContents.Empty;

    /// <inheritdoc/>
    public ValueTask<Entry[]> Append(Entry[] drafts)
    {
        lock (_order)
        {
            StaleStampException.ThrowIfBelow(_floor, drafts);
            var head = _tail.Head;
            foreach (var draft in drafts) draft.Number(++head);
            _tail.Add(drafts);
        }

        return ValueTask.FromResult(drafts);
    }

    /// <inheritdoc/>
    public ulong Promise(HybridTimestamp floor)
    {
        lock (_order)
        {
            _floor = HybridTimestamp.Max(_floor, floor);
            return _tail.Head;
        }
    }

    /// <inheritdoc/>
    public JournalSlice? Take() => _tail.Take();

    /// <inheritdoc/>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _tail.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask Keep(JournalChanges changes) => default;
}
