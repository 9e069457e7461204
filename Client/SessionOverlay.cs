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
/// <param name="maxBytes">Most bytes of keys and values held; the last one alone may have more.</param>
public sealed class SessionOverlay(TimeProvider time, int maxKeys = SessionOverlay.MaxKeys, long maxBytes = SessionOverlay.MaxBytes)
{
    /// <summary>Most keys held unless told otherwise: at about 200 bytes of book-keeping each, 13 MB.</summary>
    public const int MaxKeys = 65_536;

    /// <summary>Most bytes of keys and values held unless told otherwise: 1,024 of the largest values.</summary>
    public const long MaxBytes = 64L << 20;

    /// <summary>How long a key is remembered after a server last gave this state of it: 30 times the promised time to sync.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly OverlayTable _held = new();
    private ulong _seen;

    /// <summary>The greatest timestamp met in any reply; it goes with every request, so that writes follow reads everywhere.</summary>
    public HybridTimestamp Seen => new(Volatile.Read(ref _seen));

    /// <summary>How many keys are held.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _held.Count;
        }
    }

    /// <summary>Takes note of a write that the store accepted.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What it was set to; null where it was deleted.</param>
    /// <param name="stamp">The stamp that the write got.</param>
    /// <param name="timeToLive">How long the value is shown; null for ever.</param>
    public void Wrote(byte[] key, byte[]? value, Stamp stamp, TimeSpan? timeToLive = null)
    {
        using var turn = Begin();
        turn.Wrote(key, value, stamp, timeToLive);
    }

    /// <summary>Takes note of what a replica says of a key.</summary>
    /// <returns>The newest value known to this client; null where absent.</returns>
    public byte[]? Read(byte[] key, GetReply reply)
    {
        lock (_gate)
        {
            var now = Forget();
            if (reply.Stamp is not { } stamp) return Miss(key, reply.PurgeFloor, now) is var missed and not OverlayTable.None ? Shown(missed, now) : null;

            var place = Take(key, reply.Value, reply.Value is not null, stamp, reply.TimeLeft, now);
            return reply.Value is not null && _held[place].Stamp == stamp && IsShown(place, now) ? reply.Value : Shown(place, now);
        }
    }

    /// <summary>Begins a turn for many notes; nobody else takes any until it is disposed of.</summary>
    internal Turn Begin() => new(this);

    /// <summary>Takes note of what a watch tells of a key.</summary>
    /// <returns>Whether this client knows nothing newer of it.</returns>
    internal bool Heard(byte[] key, byte[]? value, Stamp stamp, TimeSpan? timeLeft)
    {
        lock (_gate)
        {
            var now = Forget();
            return _held[Take(key, value, value is not null, stamp, timeLeft, now)].Stamp == stamp;
        }
    }

    /// <summary>The keys that a List should name: those with a prefix, above another key, that this client would show though the replica does not.</summary>
    /// <returns>The lowest <see cref="Door.MaxKnownKeys"/> of them, in order; null for none.</returns>
    public byte[][]? Known(byte[] prefix, byte[]? after)
    {
        lock (_gate)
        {
            var now = Forget();
            byte[][] known = [.. Range(prefix, after, last: null).Where(place => IsShown(place, now)).Take(Door.MaxKnownKeys).Select(place => _held.Key(place).ToArray())];
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
            var now = Forget();
            foreach (var hidden in page.Hidden ?? []) Take(hidden.Key, value: default, hasValue: false, hidden.Stamp, timeLeft: null, now);
            // By key: what is taken in meanwhile may push it out of its place.
            byte[][] known = [.. Range(prefix, after, page.More ? page.Items[^1].Key : null).Select(place => _held.Key(place).ToArray())];
            var merged = new List<ListItem>(page.Items.Length + known.Length);
            var k = 0;
            foreach (var item in page.Items)
            {
                for (; k < known.Length && KeyOrder.Instance.Compare(known[k], item.Key) < 0; k++) Show(known[k], Miss(known[k], page.PurgeFloor, now));
                if (k < known.Length && KeyOrder.Instance.Equals(known[k], item.Key)) k++;
                Show(item.Key, Take(item.Key, item.Value, hasValue: true, item.Stamp, item.TimeLeft, now));
            }

            for (; k < known.Length; k++) Show(known[k], Miss(known[k], page.PurgeFloor, now));
            return merged;

            void Show(byte[] key, int place)
            {
                if (place != OverlayTable.None && Shown(place, now) is { } value) merged.Add(new(key, value, _held[place].Stamp));
            }
        }
    }

    private byte[]? Shown(int place, long now) => IsShown(place, now) ? _held.Value(place).ToArray() : null;

    private bool IsShown(int place, long now) => _held[place].HasValue && _held[place].End > now;

    /// <summary>Takes note that a replica shows nothing of a key: whatever lies below its purge floor was beaten there by what is purged since.</summary>
    /// <remarks>
    /// The key is held from then on as deleted by the least stamp at the floor, which beats all below it. Of keys that are not held no such note is
    /// taken: no other replica shows them either, since a tombstone is purged only when all have it.
    /// </remarks>
    /// <returns>Where what is known of the key is held.</returns>
    private int Miss(ReadOnlySpan<byte> key, ulong purgeFloor, long now)
    {
        var place = _held.Find(key);
        return place != OverlayTable.None && _held[place].Stamp.Time.Value < purgeFloor
            ? Take(key, value: default, hasValue: false, new(new(purgeFloor), default, Grain: 0), timeLeft: null, now)
            : place;
    }

    /// <summary>Merges an entry in, and makes the key the youngest if the reply confirmed what is now held of it.</summary>
    /// <returns>Where it is held.</returns>
    private int Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, Stamp stamp, TimeSpan? timeLeft, long now)
    {
        if (stamp.Time.Value > _seen) Volatile.Write(ref _seen, stamp.Time.Value);
        var end = timeLeft is { } left ? now + (long)(left.TotalSeconds * time.TimestampFrequency) : long.MaxValue;
        var place = _held.Find(key);
        if (place == OverlayTable.None)
        {
            // Room first: the place that is left is the one that is taken.
            while (_held.Count >= maxKeys || (_held.Count > 0 && _held.Bytes + key.Length + value.Length > maxBytes)) _held.Remove(_held.Oldest);
            place = _held.Add(key, value.Length);
        }
        else if (stamp < _held[place].Stamp)
        {
            // A replica that lags behind. It does not make what is held any younger: see the remarks.
            return place;
        }
        else
        {
            _held.Touch(place);
            if (stamp == _held[place].Stamp)
            {
                // The same write again: whoever still shows it has a slower clock than who said that its time is up.
                if (!hasValue) _held.Clear(place);
                (_held[place].End, _held[place].Confirmed) = (Math.Min(end, _held[place].End), now);
                return place;
            }
        }

        if (hasValue) _held.Set(place, value);
        else _held.Clear(place);
        ref var state = ref _held[place];
        (state.Stamp, state.End, state.Confirmed) = (stamp, end, now);
        // What was just taken in stays, were it larger than all that may be held.
        while (_held.Bytes > maxBytes && _held.Oldest != place) _held.Remove(_held.Oldest);
        return place;
    }

    /// <summary>Lets go what nobody confirmed for too long.</summary>
    /// <returns>The time.</returns>
    private long Forget()
    {
        var now = time.GetTimestamp();
        while (_held.Oldest != OverlayTable.None && time.GetElapsedTime(_held[_held.Oldest].Confirmed, now) >= Span) _held.Remove(_held.Oldest);
        return now;
    }

    /// <summary>Where what is held of the keys with a prefix above <paramref name="after"/>, up to and with <paramref name="last"/> (null: all), is.</summary>
    private IEnumerable<int> Range(byte[] prefix, byte[]? after, byte[]? last)
    {
        foreach (var place in _held.From(after ?? prefix))
        {
            var key = _held.Key(place);
            if (!key.StartsWith(prefix)) break;
            if (last is not null && key.SequenceCompareTo(last) > 0) break;
            if (after is null || !key.SequenceEqual(after)) yield return place;
        }
    }

    /// <summary>Notes that are taken at the same time.</summary>
    internal readonly ref struct Turn
    {
        private readonly SessionOverlay _overlay;
        private readonly long _now;

        public Turn(SessionOverlay overlay)
        {
            _overlay = overlay;
            overlay._gate.Enter();
            _now = overlay.Forget();
        }

        /// <summary>Takes note of a write that the store accepted.</summary>
        public void Wrote(byte[] key, byte[]? value, Stamp stamp, TimeSpan? timeToLive) => _overlay.Take(key, value, value is not null, stamp, timeToLive, _now);

        /// <summary>Takes note of what a replica says of a key.</summary>
        /// <returns>The newest value known to this client, as text; null where absent.</returns>
        public string? Read(ReadOnlySpan<byte> key, FoundValue found)
        {
            var place = found.Stamp is { } stamp ? _overlay.Take(key, found.Value, found.HasValue, stamp, found.TimeLeft, _now) : _overlay.Miss(key, found.PurgeFloor, _now);
            return place != OverlayTable.None && _overlay.IsShown(place, _now) ? Door.Decode(_overlay._held.Value(place)) : null;
        }

        public void Dispose() => _overlay._gate.Exit();
    }
}
