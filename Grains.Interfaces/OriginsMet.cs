using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

/// <summary>The origins of one reply, in the order in which they are met: nearly always one or two.</summary>
internal sealed class OriginsMet
{
    private readonly List<Origin> _all = [];
    private readonly Dictionary<Origin, int> _places = [];
    private int _last;

    public int Count => _all.Count;

    public Origin this[int place] => _all[place];

    /// <summary>Where it is; the count where it is new.</summary>
    public int PlaceOf(Origin origin)
    {
        // Neighbours are often of one origin.
        if (_last < _all.Count && _all[_last] == origin) return _last;

        return _last = _places.GetValueOrDefault(origin, _all.Count);
    }

    public void Add(Origin origin)
    {
        _places.TryAdd(origin, _all.Count);
        _all.Add(origin);
    }
}
