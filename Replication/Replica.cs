namespace Cmud.Replication;

/// <summary>One full copy of the store, private to one grain: the newest entry of every key, in the order of keys.</summary>
/// <remarks>One thread at a time; no method waits for anything. Tombstones and expired entries are held, but not shown.</remarks>
public sealed class Replica
{
    /// <summary>Most entries of a slice of a walk: at 0.15 us each to hash and add up, 0.3 ms.</summary>
    private const int SliceEntries = 2_048;

    /// <summary>Bytes of keys and values after which a slice ends: at 8 GB/s to hash, 0.5 ms.</summary>
    private const int SliceBytes = 4 << 20;

    private readonly OrderedMap<byte[], Entry, KeyOrder> _entries = new(KeyOrder.Instance);

    /// <summary>The merge; another one only for the simulator's test of itself.</summary>
    internal Func<Entry, Entry, Entry> Rule { get; init; } = Entry.Merge;

    /// <summary>How many keys are held, tombstones counted.</summary>
    public int Count => _entries.Count;

    /// <summary>A key without an entry here, though one below this was seen elsewhere, was deleted or has expired, and its tombstone was purged.</summary>
    /// <remarks>
    /// Whoever purges sets it, and only once this replica has merged every entry with a lesser timestamp: a key whose entry is still on its way
    /// would pass for a deleted one. 0, the default, says nothing.
    /// </remarks>
    public HybridTimestamp PurgeFloor { get; set; }

    /// <summary>The newest entry of a key, or null where none was ever merged. O(log n).</summary>
    public Entry? Get(byte[] key) => _entries.TryGet(key, out var entry) ? entry : null;

    /// <inheritdoc cref="Get(byte[])"/>
    public Entry? Get(ReadOnlySpan<byte> key) => _entries.TryGet(key, KeyOrder.Instance, out var entry) ? entry : null;

    /// <summary>The entry that shows a value at a time; null where the key is absent, deleted or expired. O(log n).</summary>
    /// <param name="key">UTF-8.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public Entry? Get(byte[] key, long now) => Get(key) is { } entry && entry.IsLive(now) ? entry : null;

    /// <summary>Whether a write has arrived here: the key shows it or a later one, or it was purged since.</summary>
    public bool Shows(byte[] key, Stamp stamp) => Get(key) is { } entry ? entry.Stamp >= stamp : PurgeFloor > stamp.Time;

    /// <summary>Takes an entry in; the greater stamp wins.</summary>
    /// <param name="entry">What came; with its sequence, for the first of two equal writes is kept.</param>
    /// <param name="other">What there was before: what it replaced, or where it lost, the entry that it lost to, which may be the same write; null where the key was new.</param>
    /// <returns>Whether it was news: true where it is now the key's entry and was not before.</returns>
    public bool Merge(Entry entry, out Entry? other)
    {
        ref var slot = ref _entries.Slot(entry.Key);
        other = slot;
        if (slot is not null && ReferenceEquals(Rule(slot, entry), slot)) return false;

        slot = entry;
        return true;
    }

    /// <inheritdoc cref="Merge(Entry, out Entry?)"/>
    public bool Merge(Entry entry) => Merge(entry, out _);

    /// <summary>Forgets a tombstone or an expired entry, and whatever it would have beaten here.</summary>
    public void Purge(Entry entry)
    {
        if (_entries.TryGet(entry.Key, out var held) && held.Stamp <= entry.Stamp) _entries.Remove(entry.Key);
    }

    /// <summary>Live entries whose key starts with <paramref name="prefix"/>, in order. O(log n + results).</summary>
    /// <remarks>
    /// A page also ends before it would hold more than <see cref="Door.MaxPageBytes"/>; its first result always fits. Tombstones
    /// and expired entries under the prefix are stepped over, so they cost time here until they are purged.
    /// </remarks>
    /// <param name="prefix">UTF-8; the empty one lists all.</param>
    /// <param name="after">Only keys above this one; null for all.</param>
    /// <param name="limit">Most entries in the page, at least 1.</param>
    /// <param name="now">Milliseconds since 1970: entries that expired by then are left out.</param>
    /// <returns>The page, and whether more follows it: exact, for one more live entry was looked for.</returns>
    public (IReadOnlyList<Entry> Page, bool More) List(byte[] prefix, byte[]? after, int limit, long now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);

        var page = new List<Entry>();
        var bytes = 0;
        foreach (var (key, entry) in Above(prefix, after))
        {
            if (!key.AsSpan().StartsWith(prefix)) break;
            if (!entry.IsLive(now)) continue;

            bytes += entry.Size;
            if (page.Count == limit || (bytes > Door.MaxPageBytes && page.Count > 0)) return (page, true);

            page.Add(entry);
        }

        return (page, false);
    }

    /// <summary>All entries with keys above <paramref name="after"/>, tombstones too, in order: what a waking replica loads.</summary>
    /// <remarks>Good until a new key is merged, then it throws <see cref="InvalidOperationException"/>: take one slice, and ask again after its last key.</remarks>
    /// <param name="after">Only keys above this one; null for all.</param>
    public IEnumerable<Entry> From(byte[]? after) =>
        (after is null ? _entries.All() : _entries.From(after, inclusive: false)).Select(static pair => pair.Value);

    /// <summary>All entries with keys that start with <paramref name="prefix"/> above <paramref name="after"/>, tombstones too, in order.</summary>
    /// <remarks>Good until a new key is merged, as <see cref="From(byte[])"/>.</remarks>
    /// <param name="prefix">UTF-8; the empty one is that of all keys.</param>
    /// <param name="after">Only keys above this one; empty for all.</param>
    public IEnumerable<Entry> From(byte[] prefix, byte[] after) =>
        Above(prefix, after).TakeWhile(pair => pair.Key.AsSpan().StartsWith(prefix)).Select(static pair => pair.Value);

    /// <summary>Shows a slice of <see cref="From(byte[])"/>, of about 0.3 ms, at most 1 ms where values are large, to somebody who walks over all and lets others have their turn between slices.</summary>
    /// <param name="after">What the slice before gave; null for the first.</param>
    /// <param name="visit">Is shown each entry; says whether it wants more.</param>
    /// <returns>Where the next slice begins; null at the end, or where no more is wanted.</returns>
    public byte[]? Slice(byte[]? after, Func<Entry, bool> visit)
    {
        var (count, bytes) = (0, 0);
        foreach (var entry in From(after))
        {
            if (!visit(entry)) return null;

            bytes += entry.Size;
            if (++count == SliceEntries || bytes >= SliceBytes) return entry.Key;
        }

        return null;
    }

    /// <summary>From the first key that is neither below the prefix nor at or below <paramref name="after"/>. The empty prefix is that of all keys that clients name.</summary>
    private IEnumerable<(byte[] Key, Entry Value)> Above(byte[] prefix, byte[]? after)
    {
        var first = prefix.Length == 0 ? SystemKeys.End : prefix;
        return after is null || KeyOrder.Instance.Compare(after, first) < 0
            ? _entries.From(first, inclusive: true)
            : _entries.From(after, inclusive: false);
    }
}
