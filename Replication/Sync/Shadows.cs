using System.Runtime.InteropServices;

namespace Cmud.Replication.Sync;

/// <summary>The shadows over one origin: positions of its entries that were beaten, where not every member is known to have passed them and what beat them.</summary>
/// <remarks>
/// <para>
/// A section that claims a shadowed position carries the winner along, see <see cref="OriginLog"/>. So it is to be known which positions an interval covers. One hull from the first
/// to the last for each key was simple, but where many keys were overwritten more than once while a peer lagged behind, nearly all hulls covered every interval: each section to it carried
/// ten thousand winners, for ten positions.
/// </para>
/// <para>So up to <see cref="MostPlaces"/> positions of a key are known one by one, and the others by their hull: a key written a million times costs that much.</para>
/// </remarks>
internal sealed class Shadows
{
    /// <summary>Positions of a key that are known one by one.</summary>
    /// <remarks>Not fewer where there are many shadows: hulls that stand for what a busy server's peers lag behind are what they never catch up with.</remarks>
    private const int MostPlaces = 8;

    private readonly OrderedMap<ulong, Place, SequenceOrder> _places = new(default);
    private readonly Dictionary<byte[], Interval> _hulls = new(KeyOrder.Instance);
    private readonly Dictionary<byte[], Shade> _keys = new(KeyOrder.Instance);

    /// <summary>How many positions are known one by one, and how many hulls of others.</summary>
    public int Count => _places.Count + _hulls.Count;

    /// <summary>At least the greatest position; 0 where there is none.</summary>
    public ulong UpTo { get; private set; }

    /// <summary>Remembers that positions of a key within an interval were beaten.</summary>
    /// <param name="key">The key.</param>
    /// <param name="beaten">Where.</param>
    /// <param name="winner">By what, which may be beaten itself by then. It counts for a single position; of a hull, the last winner need not beat all.</param>
    /// <param name="mayGrow">Whether <see cref="Count"/> may.</param>
    /// <returns>The hull of all that is remembered of the key; null where nothing is.</returns>
    public Interval? Add(byte[] key, Interval beaten, Position winner, bool mayGrow)
    {
        var isKnown = _keys.TryGetValue(key, out var shade);
        var isExact = beaten.Count == 1 && shade.Places < MostPlaces && mayGrow;
        if (!isExact && !mayGrow && !_hulls.ContainsKey(key)) return null;

        if (isExact)
        {
            ref var place = ref _places.Slot(beaten.UpTo);
            if (place.Key is null) shade = shade with { Places = shade.Places + 1 };
            place = new(key, winner);
        }
        else
        {
            ref var hull = ref CollectionsMarshal.GetValueRefOrAddDefault(_hulls, key, out var isWider);
            hull = isWider ? hull.Hull(beaten) : beaten;
        }

        shade = shade with { All = isKnown ? shade.All.Hull(beaten) : beaten };
        _keys[key] = shade;
        UpTo = Math.Max(UpTo, beaten.UpTo);
        return shade.All;
    }

    /// <summary>Whether any position of a key was beaten.</summary>
    public bool Has(byte[] key) => _keys.ContainsKey(key);

    /// <summary>The beaten positions in an interval, by key and in their order: those that are known one by one, and hulls of others that reach into it.</summary>
    public IEnumerable<(byte[] Key, Interval Beaten)> In(Interval interval)
    {
        if (UpTo <= interval.After) yield break;

        var hulls = _hulls.Where(hull => hull.Value.UpTo > interval.After && hull.Value.After < interval.UpTo)
            .Select(static hull => (hull.Key, Beaten: hull.Value)).OrderBy(static hull => hull.Beaten.After).ToArray();
        var next = 0;
        foreach (var (sequence, place) in _places.From(interval.After, inclusive: false))
        {
            if (sequence > interval.UpTo) break;

            for (; next < hulls.Length && hulls[next].Beaten.After < sequence; next++) yield return hulls[next];
            yield return (place.Key, new(sequence - 1, sequence));
        }

        for (; next < hulls.Length; next++) yield return hulls[next];
    }

    /// <summary>Forgets what every member has passed.</summary>
    /// <param name="passed">The positions that all members hold.</param>
    /// <param name="isHeld">Whether all members hold a winner over a key; for hulls asked with the default, which stands for the newest.</param>
    /// <returns>The keys of which nothing is left.</returns>
    public IReadOnlyList<byte[]> Fade(IntervalSet passed, Func<byte[], Position, bool> isHeld)
    {
        if (Count == 0) return [];

        var places = _places.All().TakeWhile(place => place.Key <= passed.UpTo).Where(place => passed.Contains(place.Key) && isHeld(place.Value.Key, place.Value.Winner)).ToArray();
        var hulls = _hulls.Where(hull => passed.Covers(hull.Value) && isHeld(hull.Key, default)).Select(static hull => hull.Key).ToArray();
        return Remove(places, hulls);
    }

    /// <summary>Cuts off what lies above a sequence; gives what is left of the keys that were cut, null for nothing.</summary>
    public IReadOnlyList<(byte[] Key, Interval? Hull)> Clip(ulong upTo)
    {
        if (UpTo <= upTo) return [];

        var cut = _keys.Where(shade => shade.Value.All.UpTo > upTo).Select(static shade => shade.Key).ToArray();
        Remove([.. _places.From(upTo, inclusive: false)], [.. _hulls.Where(hull => hull.Value.After >= upTo).Select(static hull => hull.Key)]);
        foreach (var key in cut)
        {
            if (_hulls.TryGetValue(key, out var hull)) _hulls[key] = hull with { UpTo = Math.Min(hull.UpTo, upTo) };
            if (_keys.TryGetValue(key, out var shade)) _keys[key] = shade with { All = shade.All with { UpTo = Math.Min(shade.All.UpTo, upTo) } };
        }

        UpTo = upTo;
        return [.. cut.Select(key => (key, _keys.TryGetValue(key, out var left) ? left.All : (Interval?)null))];
    }

    private List<byte[]> Remove((ulong Sequence, Place Place)[] places, byte[][] hulls)
    {
        var gone = new List<byte[]>();
        foreach (var (sequence, place) in places)
        {
            _places.Remove(sequence);
            var left = _keys[place.Key].Places - 1;
            _keys[place.Key] = _keys[place.Key] with { Places = left };
            Drop(place.Key);
        }

        foreach (var key in hulls)
        {
            _hulls.Remove(key);
            Drop(key);
        }

        if (Count == 0) UpTo = 0;
        return gone;

        void Drop(byte[] key)
        {
            if (_keys[key].Places > 0 || _hulls.ContainsKey(key)) return;

            _keys.Remove(key);
            gone.Add(key);
        }
    }

    /// <summary>A beaten position.</summary>
    private readonly record struct Place(byte[] Key, Position Winner);

    /// <summary>What is remembered of a key.</summary>
    /// <param name="All">The hull of all of it; it shrinks only when nothing is left.</param>
    /// <param name="Places">How many positions are known one by one.</param>
    private readonly record struct Shade(Interval All, int Places);
}
