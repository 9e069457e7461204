namespace Cmud.Replication.Sync;

/// <summary>Entries waiting for one local query grain, newest per key: a slow grain costs at most one entry per key.</summary>
internal sealed class Outbox
{
    private Dictionary<byte[], Entry> _waiting = new(KeyOrder.Instance);

    public bool IsEmpty => _waiting.Count == 0;

    public void Add(Entry entry) =>
        _waiting[entry.Key] = _waiting.TryGetValue(entry.Key, out var held) ? Entry.Merge(held, entry) : entry;

    public Entry[] Take()
    {
        var taken = _waiting.Values.ToArray();
        _waiting = new(KeyOrder.Instance);
        return taken;
    }
}
