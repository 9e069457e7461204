using System.IO.Hashing;
using System.Security.Cryptography;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>States of keys by key, by age and, where that is asked, in order. For one thread at a time.</summary>
/// <remarks>
/// <para>
/// An overlay at its bound takes a new key in and lets an old one go with nearly every call. As objects that are linked to one another these kept the
/// garbage collector busy for a quarter of a loaded client's time: what is old was forever linked to what is new. So the states lie in one array, linked by their places, and a
/// place that is given to another key keeps its bytes if these fit.
/// </para>
/// <para>Places: -1 is none, and 0 is never given, but holds the key that a range begins with.</para>
/// </remarks>
internal sealed class OverlayTable
{
    public const int None = -1;

    /// <summary>The place that holds the start of a range while that is looked for.</summary>
    private const int Probe = 0;

    /// <summary>Bytes are kept for a key that leaves no more than half of them, and this much, unused.</summary>
    private const int Slack = 64;

    /// <summary>Bytes that a place without a key keeps for the next one: at most 32 MB for all.</summary>
    private const int MostKept = 512;

    /// <summary>Servers choose the keys that a List gives: without a secret seed they could choose ones that all collide.</summary>
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly SortedSet<int> _inOrder;

    /// <summary>Places that are put in order when an order is asked for, each once, whatever they hold by then.</summary>
    private readonly List<int> _unordered = [];
    private State[] _states = new State[16];
    private int[] _buckets = new int[16];
    private int _used = 1;
    private int _free = None;
    private int _youngest = None;

    public OverlayTable()
    {
        Array.Fill(_buckets, None);
        _inOrder = new(Comparer<int>.Create((a, b) => Key(a).SequenceCompareTo(Key(b))));
    }

    /// <summary>How many keys are held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of keys and values held.</summary>
    public long Bytes { get; private set; }

    /// <summary>The place of what was added or touched longest ago.</summary>
    public int Oldest { get; private set; } = None;

    /// <summary>What is held at a place; valid until something is added.</summary>
    public ref State this[int place] => ref _states[place];

    /// <summary>That of a place that holds one; valid until something is changed.</summary>
    public ReadOnlySpan<byte> Key(int place) => _states[place].Bytes.AsSpan(0, _states[place].KeyLength);

    /// <summary>Empty where there is none; valid until something is changed.</summary>
    public ReadOnlySpan<byte> Value(int place) => _states[place].Bytes.AsSpan(_states[place].KeyLength, Math.Max(0, _states[place].ValueLength));

    /// <summary>The place of a key, or <see cref="None"/>.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        for (var place = _buckets[hash & (_buckets.Length - 1)]; place != None; place = _states[place].Next)
        {
            if (_states[place].Hash == hash && Key(place).SequenceEqual(key)) return place;
        }

        return None;
    }

    /// <summary>Takes a key in that is not held, as the youngest and without a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="room">Bytes of the value that it is about to get.</param>
    public int Add(ReadOnlySpan<byte> key, int room)
    {
        var place = _free;
        if (place != None) _free = _states[place].Next;
        else
        {
            if (_used == _states.Length) Grow();
            place = _used++;
        }

        ref var state = ref _states[place];
        state.Bytes = Fitting(state.Bytes, key.Length + room);
        key.CopyTo(state.Bytes);
        (state.KeyLength, state.ValueLength, state.Hash) = (key.Length, State.NoValue, Hash(key));
        ref var bucket = ref _buckets[state.Hash & (_buckets.Length - 1)];
        (state.Next, bucket) = (bucket, place);
        Append(ref state, place);
        state.IsHeld = true;
        if (!state.IsUnordered)
        {
            state.IsUnordered = true;
            _unordered.Add(place);
        }

        Count++;
        Bytes += key.Length;
        return place;
    }

    /// <summary>Sets the value of a key.</summary>
    public void Set(int place, ReadOnlySpan<byte> value)
    {
        ref var state = ref _states[place];
        var bytes = Fitting(state.Bytes, state.KeyLength + value.Length);
        if (bytes != state.Bytes) Key(place).CopyTo(bytes);
        value.CopyTo(bytes.AsSpan(state.KeyLength));
        Bytes += value.Length - Math.Max(0, state.ValueLength);
        (state.Bytes, state.ValueLength) = (bytes, value.Length);
    }

    /// <summary>Takes the value of a key away, not the key.</summary>
    public void Clear(int place)
    {
        ref var state = ref _states[place];
        Bytes -= Math.Max(0, state.ValueLength);
        state.ValueLength = State.NoValue;
        var bytes = Fitting(state.Bytes, state.KeyLength);
        if (bytes != state.Bytes) Key(place).CopyTo(bytes);
        state.Bytes = bytes;
    }

    /// <summary>Makes a key the youngest.</summary>
    public void Touch(int place)
    {
        if (place == _youngest) return;

        ref var state = ref _states[place];
        Unlink(state);
        Append(ref state, place);
    }

    /// <summary>Lets a key go.</summary>
    public void Remove(int place)
    {
        ref var state = ref _states[place];
        if (state.IsOrdered) _inOrder.Remove(place);
        (state.IsHeld, state.IsOrdered) = (false, false);
        Unlink(state);
        ref var next = ref _buckets[state.Hash & (_buckets.Length - 1)];
        while (next != place) next = ref _states[next].Next;
        next = state.Next;
        Count--;
        Bytes -= state.KeyLength + Math.Max(0, state.ValueLength);
        if (state.Bytes!.Length > MostKept) state.Bytes = null;
        (state.Next, _free) = (_free, place);
    }

    /// <summary>The places of the keys from <paramref name="first"/> on, in their order; good until something is added or removed.</summary>
    public IEnumerable<int> From(byte[] first)
    {
        // Only Lists need an order, so keys are put in order when one comes: most sessions never pay for it.
        foreach (var place in _unordered)
        {
            ref var state = ref _states[place];
            state.IsUnordered = false;
            if (state.IsHeld) state.IsOrdered = _inOrder.Add(place);
        }

        _unordered.Clear();
        (_states[Probe].Bytes, _states[Probe].KeyLength) = (first, first.Length);
        return _inOrder.Count == 0 || Key(Probe).SequenceCompareTo(Key(_inOrder.Max)) > 0 ? [] : _inOrder.GetViewBetween(Probe, _inOrder.Max);
    }

    private static int Hash(ReadOnlySpan<byte> key) => (int)XxHash3.HashToUInt64(key, Seed);

    private static byte[] Fitting(byte[]? bytes, int length) => bytes is not null && bytes.Length >= length && bytes.Length <= (2 * length) + Slack ? bytes : new byte[length];

    private void Append(ref State state, int place)
    {
        (state.Older, state.Younger) = (_youngest, None);
        if (_youngest == None) Oldest = place;
        else _states[_youngest].Younger = place;
        _youngest = place;
    }

    private void Unlink(in State state)
    {
        if (state.Older == None) Oldest = state.Younger;
        else _states[state.Older].Younger = state.Younger;
        if (state.Younger == None) _youngest = state.Older;
        else _states[state.Younger].Older = state.Older;
    }

    private void Grow()
    {
        Array.Resize(ref _states, _states.Length * 2);
        _buckets = new int[_states.Length];
        Array.Fill(_buckets, None);
        for (var place = Oldest; place != None; place = _states[place].Younger)
        {
            ref var bucket = ref _buckets[_states[place].Hash & (_buckets.Length - 1)];
            (_states[place].Next, bucket) = (bucket, place);
        }
    }

    /// <summary>What is known of a key.</summary>
    public struct State
    {
        public const int NoValue = -1;

        /// <summary>Its key, then its value.</summary>
        public byte[]? Bytes;
        public int KeyLength;

        /// <summary><see cref="NoValue"/> where it was deleted.</summary>
        public int ValueLength;
        public Stamp Stamp;

        /// <summary>When the value expires, on the monotonic clock.</summary>
        public long End;

        /// <summary>When a server last gave this state of it.</summary>
        public long Confirmed;
        internal int Hash;
        internal int Next;
        internal int Older;
        internal int Younger;
        internal bool IsHeld;
        internal bool IsOrdered;
        internal bool IsUnordered;

        public readonly bool HasValue => ValueLength != NoValue;
    }
}
