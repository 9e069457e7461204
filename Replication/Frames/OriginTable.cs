namespace Cmud.Replication.Frames;

/// <summary>The origins of a message, each written once and named by its place.</summary>
internal sealed class OriginTable
{
    private readonly Dictionary<Origin, ulong> _index = [];
    private readonly List<Origin> _list = [];

    /// <summary>The place of an origin, which it gets the first time.</summary>
    public ulong IndexOf(Origin origin)
    {
        if (_index.TryGetValue(origin, out var index)) return index;

        _index[origin] = index = (ulong)_list.Count;
        _list.Add(origin);
        return index;
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Number((ulong)_list.Count);
        foreach (var origin in _list)
        {
            writer.Fixed(origin.Server.Value);
            writer.Fixed(origin.Incarnation);
        }
    }

    public static Origin[] Read(ref ByteReader reader)
    {
        var origins = new Origin[reader.Count(16)];
        for (var i = 0; i < origins.Length; i++) origins[i] = new(new(reader.Fixed()), reader.Fixed());
        return origins;
    }

    /// <summary>The origin that the next number names.</summary>
    public static Origin Pick(ref ByteReader reader, Origin[] origins)
    {
        var index = reader.Number();
        return index < (ulong)origins.Length ? origins[index] : throw new InvalidDataException("an origin is not in the table");
    }
}
