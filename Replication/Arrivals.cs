namespace Cmud.Replication;

/// <summary>What a replica merged of late: when, and what it replaced. For one thread at a time.</summary>
/// <remarks>Every merge writes one slot of a ring that was made once: 90 KB, and no search but for a person who asks.</remarks>
public sealed class Arrivals
{
    /// <summary>How many merges are remembered.</summary>
    public const int Capacity = 1_024;

    private readonly Arrival[] _ring = new Arrival[Capacity];
    private uint _next;

    /// <summary>Takes note of a merge that was news.</summary>
    /// <param name="entry">What came.</param>
    /// <param name="replaced">What it replaced, or null.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public void Add(Entry entry, Entry? replaced, long now) => _ring[_next++ % Capacity] = new(entry.Key, entry.Stamp, replaced?.Stamp, now);

    /// <summary>The merge of a write; null where it is not remembered.</summary>
    public Arrival? Find(byte[] key, Stamp stamp)
    {
        foreach (var arrival in _ring)
        {
            if (arrival.Key is not null && arrival.Stamp == stamp && KeyOrder.Instance.Equals(arrival.Key, key)) return arrival;
        }

        return null;
    }
}

/// <summary>A merge.</summary>
/// <param name="Key">The key.</param>
/// <param name="Stamp">The write that came.</param>
/// <param name="Replaced">The write that it replaced here; null where the key was new.</param>
/// <param name="At">When, in milliseconds since 1970, by the clock of this machine.</param>
public readonly record struct Arrival(byte[] Key, Stamp Stamp, Stamp? Replaced, long At);
