namespace Cmud.Replication;

/// <summary>One full copy of the store, private to one grain: the newest entry of every key, in the order of keys.</summary>
/// <remarks>One thread at a time; no method waits for anything. Tombstones and expired entries are held, but not shown.</remarks>
public sealed class Replica
{
    private readonly OrderedMap<byte[], Entry, KeyOrder> _entries = new(KeyOrder.Instance);

    /// <summary>How many keys are held, tombstones counted.</summary>
    public int Count => _entries.Count;

    /// <summary>The newest entry of a key, or null where none was ever merged. O(log n).</summary>
    public Entry? Get(byte[] key) => _entries.TryGet(key, out var entry) ? entry : null;

    /// <summary>Takes an entry in; the greater stamp wins.</summary>
    /// <param name="entry">What came.</param>
    /// <param name="replaced">What it replaced, or null where the key was new or the entry lost.</param>
    /// <returns>Whether it was news: true where it is now the key's entry and was not before.</returns>
    public bool Merge(Entry entry, out Entry? replaced)
    {
        ref var slot = ref _entries.Slot(entry.Key);
        replaced = null;
        if (slot is not null && ReferenceEquals(Entry.Merge(slot, entry), slot)) return false;

        replaced = slot;
        slot = entry;
        return true;
    }

    /// <inheritdoc cref="Merge(Entry, out Entry?)"/>
    public bool Merge(Entry entry) => Merge(entry, out _);

    /// <summary>Live entries whose key starts with <paramref name="prefix"/>, in order. O(log n + results).</summary>
    /// <param name="prefix">UTF-8; the empty one lists all.</param>
    /// <param name="after">Only keys above this one; null for all.</param>
    /// <param name="limit">Most entries in the page, at least 1.</param>
    /// <param name="now">Milliseconds since 1970: entries that expired by then are left out.</param>
    /// <returns>The page, and whether more may follow it.</returns>
    public (IReadOnlyList<Entry> Page, bool More) List(byte[] prefix, byte[]? after, int limit, long now)
    {
        throw new NotImplementedException();
    }

    /// <summary>All entries with keys above <paramref name="after"/>, tombstones too: what a waking replica loads.</summary>
    /// <param name="after">Only keys above this one; null for all.</param>
    public IEnumerable<Entry> From(byte[]? after) => throw new NotImplementedException();
}
