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
/// <para>
/// A value that expires is hidden when its time is up by the first server that told of it, and stays hidden though a server with a slower clock
/// still shows it. Servers tell how long is left, so that the clock of this machine does not matter.
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
    private readonly Dictionary<byte[], Held> _byKey = new(KeyOrder.Instance);
    private readonly SortedSet<Held> _inOrder = new(Comparer<Held>.Create(static (a, b) => KeyOrder.Instance.Compare(a.Key, b.Key)));
    private readonly HashSet<Held> _unordered = [];
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
    /// <param name="key">The key.</param>
    /// <param name="value">What it was set to; null where it was deleted.</param>
    /// <param name="stamp">The stamp that the write got.</param>
    /// <param name="timeToLive">How long the value is shown; null for ever.</param>
    public void Wrote(byte[] key, byte[]? value, Stamp stamp, TimeSpan? timeToLive = null)
    {
        lock (_gate)
        {
            Forget();
            Take(key, value, stamp, timeToLive);
        }
    }

    /// <summary>Takes note of what a replica says of a key.</summary>
    /// <returns>The newest value known to this client; null where absent.</returns>
    public byte[]? Read(byte[] key, GetReply reply)
    {
        lock (_gate)
        {
            Forget();
            if (reply.Stamp is { } stamp) return Shown(Take(key, reply.Value, stamp, reply.TimeLeft));
            return _byKey.TryGetValue(key, out var held) ? Shown(Miss(held, reply.PurgeFloor)) : null;
        }
    }

    /// <summary>The keys that a List should name: those with a prefix, above another key, that this client would show though the replica does not.</summary>
    /// <returns>The lowest <see cref="Door.MaxKnownKeys"/> of them, in order; null for none.</returns>
    public byte[][]? Known(byte[] prefix, byte[]? after)
    {
        lock (_gate)
        {
            Forget();
            byte[][] known = [.. Range(prefix, after, last: null).Where(held => Shown(held) is not null).Take(Door.MaxKnownKeys).Select(static held => held.Key)];
            return known.Length == 0 ? null : known;
        }
    }

    /// <summary>Takes note of a page of a List, and makes it tell what this client knows of its range.</summary>
    /// <param name="prefix">The prefix that was listed.</param>
    /// <param name="after">Only keys above this one were asked for; null on the first page.</param>
    /// <param name="page">What the replica gave. If no more follows, it covers all keys of the prefix above <paramref name="after"/>, else those up to its last one.</param>
    /// <returns>The newest state known to this client of the range that the page covers, in key order.</returns>
    public IReadOnlyList<ListItem> Listed(byte[] prefix, byte[]? after, ListReply page)
    {
        lock (_gate)
        {
            Forget();
            foreach (var hidden in page.Hidden ?? []) Take(hidden.Key, value: null, hidden.Stamp, timeLeft: null);
            var known = Range(prefix, after, page.More ? page.Items[^1].Key : null).ToList();
            var merged = new List<ListItem>(page.Items.Length + known.Count);
            var k = 0;
            foreach (var item in page.Items)
            {
                while (k < known.Count && KeyOrder.Instance.Compare(known[k].Key, item.Key) < 0) Show(Miss(known[k++], page.PurgeFloor));
                if (k < known.Count && KeyOrder.Instance.Equals(known[k].Key, item.Key)) k++;
                Show(Take(item.Key, item.Value, item.Stamp, item.TimeLeft));
            }

            while (k < known.Count) Show(Miss(known[k++], page.PurgeFloor));
            return merged;

            void Show(Held held)
            {
                if (Shown(held) is { } value) merged.Add(new(held.Key, value, held.Stamp));
            }
        }
    }

    private byte[]? Shown(Held held) => held.End > time.GetTimestamp() ? held.Value : null;

    /// <summary>Takes note that a replica shows nothing of a key: whatever lies below its purge floor was beaten there by what is purged since.</summary>
    /// <remarks>
    /// The key is held from then on as deleted by the least stamp at the floor, which beats all below it. Of keys that are not held no such note is
    /// taken: no other replica shows them either, since a tombstone is purged only when all have it.
    /// </remarks>
    private Held Miss(Held held, ulong purgeFloor) =>
        held.Stamp.Time.Value < purgeFloor ? Take(held.Key, value: null, new(new(purgeFloor), default, Grain: 0), timeLeft: null) : held;

    /// <summary>Merges an entry in, and makes the key the youngest if the reply confirmed what is now held of it.</summary>
    private Held Take(byte[] key, byte[]? value, Stamp stamp, TimeSpan? timeLeft)
    {
        _seen = HybridTimestamp.Max(_seen, stamp.Time);
        var end = timeLeft is { } left ? time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency) : long.MaxValue;
        if (!_byKey.TryGetValue(key, out var held))
        {
            _byKey[key] = held = new(key);
            _unordered.Add(held);
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
            // The same write again: whoever still shows it has a slower clock than who said that its time is up.
            if (stamp == held.Stamp) (value, end) = (held.Value is null ? null : value, Math.Min(end, held.End));
        }

        _bytes += (value?.Length ?? 0) - (held.Value?.Length ?? 0);
        (held.Value, held.Stamp, held.End, held.Confirmed) = (value, stamp, end, time.GetTimestamp());
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
        _byKey.Remove(held.Key);
        if (!_unordered.Remove(held)) _inOrder.Remove(held);
        _bytes -= held.Key.Length + (held.Value?.Length ?? 0);
    }

    /// <summary>Only Lists need an order, so keys are put in order when one comes: most sessions never pay for it.</summary>
    private void Order()
    {
        _inOrder.UnionWith(_unordered);
        _unordered.Clear();
    }

    /// <summary>What is held of the keys with a prefix above <paramref name="after"/>, up to and with <paramref name="last"/> (null: all).</summary>
    private IEnumerable<Held> Range(byte[] prefix, byte[]? after, byte[]? last)
    {
        Order();
        var from = new Held(after ?? prefix);
        if (_inOrder.Max is not { } max || KeyOrder.Instance.Compare(from.Key, max.Key) > 0) yield break;

        foreach (var held in _inOrder.GetViewBetween(from, max))
        {
            if (!held.Key.AsSpan().StartsWith(prefix)) break;
            if (last is not null && KeyOrder.Instance.Compare(held.Key, last) > 0) break;
            if (after is null || !KeyOrder.Instance.Equals(held.Key, after)) yield return held;
        }
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

        /// <summary>When the value expires, on the monotonic clock.</summary>
        public long End { get; set; } = long.MaxValue;

        public long Confirmed { get; set; }

        public LinkedListNode<Held> Place { get; }
    }
}
