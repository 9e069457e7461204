namespace Cmud.Replication.Sync;

/// <summary>The entries that show nothing: tombstones, and what has expired. They wait here to be purged; what will expire waits for its time.</summary>
internal sealed class Graves
{
    private readonly Dictionary<byte[], Entry> _dead = new(KeyOrder.Instance);
    private readonly SortedSet<Entry> _mortal = new(Comparer<Entry>.Create(static (a, b) =>
        a.Expiry.CompareTo(b.Expiry) is var byExpiry and not 0 ? byExpiry : KeyOrder.Instance.Compare(a.Key, b.Key)));

    public IReadOnlyCollection<Entry> Dead => _dead.Values;

    /// <summary>When the next entry expires, in milliseconds since 1970; null where none will.</summary>
    public long? NextExpiry => _mortal.Min?.Expiry;

    /// <summary>It is the newest of its key now.</summary>
    public void Add(Entry entry)
    {
        if (entry.IsTombstone) _dead[entry.Key] = entry;
        else if (entry.Expiry != Entry.Never) _mortal.Add(entry);
    }

    /// <summary>It is the newest of its key no more.</summary>
    public void Remove(Entry entry)
    {
        if (_dead.TryGetValue(entry.Key, out var dead) && dead.Stamp == entry.Stamp) _dead.Remove(entry.Key);
        if (entry.Expiry != Entry.Never) _mortal.Remove(entry);
    }

    /// <summary>Moves what has expired by a time (milliseconds since 1970) to the dead.</summary>
    public void Expire(long now)
    {
        while (_mortal.Min is { } next && next.Expiry <= now)
        {
            _mortal.Remove(next);
            _dead[next.Key] = next;
        }
    }
}
