using System.Runtime.InteropServices;

namespace Cmud.Replication.Sync;

/// <summary>What waits for one local query grain: entries, newest per key, so that a slow grain costs at most one per key; and purged ones.</summary>
internal sealed class Outbox
{
    /// <summary>Room for so many is kept for the next ones: what a busy server gathers between two messages, in 2 MB.</summary>
    private const int KeptRoom = 65_536;

    private Dictionary<byte[], Entry> _waiting = new(KeyOrder.Instance);
    private List<Entry> _purged = [];

    public bool IsEmpty => _waiting.Count == 0 && _purged.Count == 0;

    public void Add(Entry entry)
    {
        ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, entry.Key, out _);
        held = held is null ? entry : Entry.Merge(held, entry);
    }

    /// <summary>The grain is to forget an entry, and what it beats, after it merged what waits.</summary>
    public void Purge(Entry entry)
    {
        _waiting.Remove(entry.Key);
        _purged.Add(entry);
    }

    public (Entry[] Entries, IReadOnlyList<Entry> Purged) Take()
    {
        var taken = (_waiting.Values.ToArray(), _purged);
        if (_waiting.Count > KeptRoom) _waiting = new(KeyOrder.Instance);
        else _waiting.Clear();
        _purged = [];
        return taken;
    }
}
