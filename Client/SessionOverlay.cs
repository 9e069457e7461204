using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>What this client wrote and read of late: the memory that makes many replicas look like one that never goes back.</summary>
/// <remarks>
/// Every call may go to another replica, and replicas learn of a write one after another. Waiting for them would cost
/// what the store promises (an answer at once, also in a partition). So each reply is held against what this client knows
/// already, and the greater stamp wins, as in any replica: a client always sees its own writes, and never an older state of a key after a newer one.
/// <para>
/// It forgets: what no server confirmed for <see cref="Span"/>, and the oldest beyond its bounds. Sync takes two
/// seconds, so a replica that still lacks a write after a minute is cut off, or the write is gone (a memory-only server
/// restarted); showing it for ever would hide that. Beyond time and bounds the two guarantees end.
/// </para>
/// <para>Safe for many threads.</para>
/// </remarks>
/// <param name="time">For ages; only its monotonic clock is read.</param>
/// <param name="maxKeys">Most keys held.</param>
/// <param name="maxBytes">Most bytes of keys and values held.</param>
public sealed class SessionOverlay(TimeProvider time, int maxKeys = SessionOverlay.MaxKeys, long maxBytes = SessionOverlay.MaxBytes)
{
    /// <summary>Most keys held unless told otherwise: at about 200 bytes of book-keeping each, 13 MB.</summary>
    public const int MaxKeys = 65_536;

    /// <summary>Most bytes of keys and values held unless told otherwise: 1,024 of the largest values.</summary>
    public const long MaxBytes = 64L << 20;

    /// <summary>How long a key is remembered after a server last gave this state of it: 30 times the promised time to sync.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly SortedSet<Held> _byKey = new(Comparer<Held>.Create(static (a, b) => KeyOrder.Instance.Compare(a.Key, b.Key)));
    private readonly LinkedList<Held> _byAge = new();
    private long _bytes;
    private HybridTimestamp _seen;

    /// <summary>The greatest timestamp met in any reply; it goes with every request, so that writes follow reads everywhere.</summary>
    public HybridTimestamp Seen
    {
        get
        {
            lock (_gate) return _seen;
        }
    }

    /// <summary>How many keys are held.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _byKey.Count;
        }
    }

    /// <summary>Takes note of a write that the store accepted.</summary>
    public void Wrote(byte[] key, byte[] value, Stamp stamp)
    {
        lock (_gate)
        {
            Forget();
            Take(key, value, stamp);
        }
    }

    /// <summary>Takes note of what a replica says of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value there; null where absent.</param>
    /// <param name="stamp">The stamp of its entry there; null where there is none.</param>
    /// <returns>The newest value known to this client; null where absent.</returns>
    public byte[]? Read(byte[] key, byte[]? value, Stamp? stamp)
    {
        lock (_gate)
        {
            Forget();
            if (stamp is { } given) return Take(key, value, given).Value;

            return _byKey.TryGetValue(new(key), out var held) ? held.Value : null;
        }
    }

    /// <summary>Takes note of a page of a List, and makes it tell what this client knows of its range.</summary>
    /// <param name="prefix">The prefix that was listed.</param>
    /// <param name="after">Only keys above this one were asked for; null on the first page.</param>
    /// <param name="page">What the replica gave, in key order.</param>
    /// <param name="more">Whether keys above the last one of the page were left out; if not, the page covers all that follows.</param>
    /// <returns>The newest state known to this client of the range that the page covers, in key order.</returns>
    public IReadOnlyList<ListItem> Listed(byte[] prefix, byte[]? after, IReadOnlyList<ListItem> page, bool more)
    {
        lock (_gate)
        {
            Forget();
            var known = Range(prefix, after, more ? page[^1].Key : null);
            var merged = new List<ListItem>(page.Count + known.Count);
            var k = 0;
            foreach (var item in page)
            {
                while (k < known.Count && KeyOrder.Instance.Compare(known[k].Key, item.Key) < 0) Show(known[k++], merged);
                if (k < known.Count && KeyOrder.Instance.Equals(known[k].Key, item.Key)) k++;
                Show(Take(item.Key, item.Value, item.Stamp), merged);
            }

            while (k < known.Count) Show(known[k++], merged);
            return merged;
        }
    }

    private static void Show(Held held, List<ListItem> page)
    {
        if (held.Value is { } value) page.Add(new(held.Key, value, held.Stamp));
    }

    /// <summary>Merges an entry in, and makes the key the youngest if the reply confirmed what is now held of it.</summary>
    private Held Take(byte[] key, byte[]? value, Stamp stamp)
    {
        _seen = HybridTimestamp.Max(_seen, stamp.Time);
        if (!_byKey.TryGetValue(new(key), out var held))
        {
            held = new(key);
            _byKey.Add(held);
            _bytes += key.Length;
        }
        else if (stamp < held.Stamp)
        {
            // A replica that lags behind. It does not make what is held any younger: see the remarks.
            return held;
        }
        else
        {
            _byAge.Remove(held.Place);
        }

        _bytes += (value?.Length ?? 0) - (held.Value?.Length ?? 0);
        (held.Value, held.Stamp, held.Confirmed) = (value, stamp, time.GetTimestamp());
        _byAge.AddLast(held.Place);
        while (_byKey.Count > maxKeys || _bytes > maxBytes) Drop(_byAge.First!);
        return held;
    }

    private void Forget()
    {
        while (_byAge.First is { } oldest && time.GetElapsedTime(oldest.Value.Confirmed) >= Span) Drop(oldest);
    }

    private void Drop(LinkedListNode<Held> place)
    {
        var held = place.Value;
        _byAge.Remove(place);
        _byKey.Remove(held);
        _bytes -= held.Key.Length + (held.Value?.Length ?? 0);
    }

    /// <summary>What is held of the keys with a prefix above <paramref name="after"/>, up to and with <paramref name="last"/> (null: all).</summary>
    private List<Held> Range(byte[] prefix, byte[]? after, byte[]? last)
    {
        var range = new List<Held>();
        var from = new Held(after ?? prefix);
        if (_byKey.Max is not { } max || KeyOrder.Instance.Compare(from.Key, max.Key) > 0) return range;

        foreach (var held in _byKey.GetViewBetween(from, max))
        {
            if (!held.Key.AsSpan().StartsWith(prefix)) break;
            if (last is not null && KeyOrder.Instance.Compare(held.Key, last) > 0) break;
            if (after is null || !KeyOrder.Instance.Equals(held.Key, after)) range.Add(held);
        }

        return range;
    }

    /// <summary>The state of one key.</summary>
    private sealed class Held
    {
        public Held(byte[] key)
        {
            Key = key;
            Place = new(this);
        }

        public byte[] Key { get; }

        public byte[]? Value { get; set; }

        public Stamp Stamp { get; set; }

        public long Confirmed { get; set; }

        public LinkedListNode<Held> Place { get; }
    }
}
