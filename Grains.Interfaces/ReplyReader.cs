using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Grains.Interfaces;

/// <summary>Reads the answer to a batch where it lies, result by result and in their order, then the lags; throws <see cref="InvalidDataException"/> on what cannot be read.</summary>
internal ref struct ReplyReader
{
    /// <summary>As many servers as one may know, and one more.</summary>
    private const ulong MaxLags = 1_025;

    /// <summary>The end of the year 9999, as far as a time can be told.</summary>
    private static readonly ulong MaxExpiry = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly OriginsMet _origins;
    private readonly int _length;
    private ByteReader _reader;

    public ReplyReader(PackedReply reply)
    {
        (_origins, _length) = (new(), reply.Bytes.Length);
        _reader = new(reply.Bytes);
        if (_reader.Byte() != ReplyWriter.Format) throw new InvalidDataException("the answer to a batch is of a format that this client does not know");

        Server = _reader.Fixed();
        Count = _reader.Count(least: 1);
    }

    /// <summary>Reads on where another reader of the same reply has paused.</summary>
    public ReplyReader(PackedReply reply, ReplyPlace place)
    {
        (_length, _origins, Server, Count) = (reply.Bytes.Length, place.Origins, place.Server, place.Count);
        _reader = new(reply.Bytes.AsSpan(place.At));
    }

    /// <summary>Where it stands.</summary>
    public readonly ReplyPlace Place => new(_length - _reader.Left, _origins, Server, Count);

    /// <summary>Who answered.</summary>
    public ulong Server { get; }

    /// <summary>How many results there are.</summary>
    public int Count { get; }

    /// <summary>The next result, which is that of a Get.</summary>
    public FoundValue Get() => Found(TagOf(ReplyWriter.Get));

    /// <summary>The next result, which is that of a Put or Delete.</summary>
    public PutReply Put() => Written(TagOf(ReplyWriter.Put));

    /// <summary>The next result, of whatever kind.</summary>
    public OperationResult Next()
    {
        var tag = _reader.Byte();
        return (tag & ReplyWriter.KindBits) switch
        {
            ReplyWriter.Get => new(Get: Found(tag).ToReply(Server)),
            ReplyWriter.Put => new(Put: Written(tag)),
            ReplyWriter.List => new(List: Page(tag)),
            var other => throw new InvalidDataException($"there is no result of kind {other}"),
        };
    }

    /// <summary>What follows the last result.</summary>
    public ServerLag[]? Lags()
    {
        var count = _reader.Number(MaxLags);
        if (count == 0) return null;

        var lags = new ServerLag[count - 1];
        for (var i = 0; i < lags.Length; i++)
        {
            var server = _reader.Fixed();
            lags[i] = new(server, _reader.Number((ulong)long.MaxValue + 1) is > 0 and var ticks ? TimeSpan.FromTicks((long)(ticks - 1)) : null);
        }

        return lags;
    }

    private byte TagOf(byte kind)
    {
        var tag = _reader.Byte();
        return (tag & ReplyWriter.KindBits) == kind ? tag : throw new InvalidDataException($"the result is of kind {tag & ReplyWriter.KindBits}, not {kind}");
    }

    private FoundValue Found(byte tag)
    {
        Stamp? stamp = (tag & ReplyWriter.HasStamp) == 0 ? null : ReadStamp();
        var floor = (tag & ReplyWriter.HasFloor) == 0 ? 0 : _reader.Fixed();
        var hasValue = (tag & ReplyWriter.HasValue) != 0;
        var value = hasValue ? _reader.Blob() : default;
        return new(value, hasValue, stamp, (tag & ReplyWriter.HasTime) == 0 ? null : TimeSpan.FromTicks((long)_reader.Difference()), floor);
    }

    private PutReply Written(byte tag)
    {
        var stamp = ReadStamp();
        return new(stamp, _reader.Number(), Server, (tag & ReplyWriter.HasTime) == 0 ? Entry.Never : (long)_reader.Number(MaxExpiry));
    }

    private ListReply Page(byte tag)
    {
        var floor = _reader.Fixed();
        var items = new ListItem[_reader.Count(least: 4)];
        for (var i = 0; i < items.Length; i++)
        {
            var expires = _reader.Byte() != 0;
            var (key, value) = (_reader.Blob().ToArray(), _reader.Blob().ToArray());
            items[i] = new(key, value, ReadStamp(), expires ? TimeSpan.FromTicks((long)_reader.Difference()) : null);
        }

        HiddenKey[]? hidden = null;
        if ((tag & ReplyWriter.HasHidden) != 0)
        {
            hidden = new HiddenKey[_reader.Count(least: 3)];
            for (var i = 0; i < hidden.Length; i++) hidden[i] = new(_reader.Blob().ToArray(), ReadStamp());
        }

        return new(items, (tag & ReplyWriter.More) != 0, Server, hidden, floor);
    }

    private Stamp ReadStamp()
    {
        var place = (int)_reader.Number((ulong)_origins.Count);
        if (place == _origins.Count) _origins.Add(new(new(_reader.Fixed()), _reader.Fixed()));
        return new(new(_reader.Fixed()), _origins[place], (ushort)_reader.Number(ushort.MaxValue));
    }
}

/// <summary>Where the reading of a reply stands.</summary>
internal readonly record struct ReplyPlace(int At, OriginsMet Origins, ulong Server, int Count);

/// <summary>A <see cref="GetReply"/> that lies in a packed one.</summary>
internal readonly ref struct FoundValue(ReadOnlySpan<byte> value, bool hasValue, Stamp? stamp, TimeSpan? timeLeft, ulong purgeFloor)
{
    /// <summary>Empty where there is none.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    public bool HasValue { get; } = hasValue;

    public Stamp? Stamp { get; } = stamp;

    public TimeSpan? TimeLeft { get; } = timeLeft;

    public ulong PurgeFloor { get; } = purgeFloor;

    public GetReply ToReply(ulong server) => new(HasValue ? Value.ToArray() : null, Stamp, server, TimeLeft, PurgeFloor);
}
