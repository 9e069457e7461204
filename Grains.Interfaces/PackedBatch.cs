using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Grains.Interfaces;

// Batches travel packed: one blob for all operations, and one for all results. With a field and its header for each member of each
// of them a batch of 100 took several times as long to write and to read. Format 1, in the numbers and blobs of the frames:
//
// request: format, flags (1: asks for lags), Seen, count, then of each operation: kind + flags (16: value, 32: after, 64: time to live),
//          key, and what the flags announce; of a List the limit.
// reply:   format, server, count, then the results, then the lags of the whole. Result: kind + flags, then
//          Get: stamp (32) or else purge floor (64); value (16), time left (128).
//          Put: stamp, sequence, expiry (128).
//          List: page (flags: 16 more, 32 hidden), items, hidden keys, purge floor.
// A stamp names its origin by its place in a table that grows as origins are met.

/// <summary>An <see cref="ExecuteRequest"/> as it travels.</summary>
[GenerateSerializer, Immutable, Alias("cmud.PackedRequest")]
public readonly record struct PackedRequest([property: Id(0)] byte[] Bytes);

/// <summary>An <see cref="ExecuteReply"/> as it travels.</summary>
[GenerateSerializer, Immutable, Alias("cmud.PackedReply")]
public readonly record struct PackedReply([property: Id(0)] byte[] Bytes);

/// <summary>Packs requests. What cannot be read throws <see cref="InvalidDataException"/>; nothing is allocated that is not there.</summary>
[RegisterConverter]
public sealed class RequestPacker : IConverter<ExecuteRequest, PackedRequest>
{
    private const byte Format = 1, KindBits = 0x0f, HasValue = 0x10, HasAfter = 0x20, HasTimeToLive = 0x40;

    /// <summary>Fewest bytes of an operation: its kind, and the length of its key.</summary>
    private const int LeastOperation = 2;

    /// <inheritdoc/>
    public PackedRequest ConvertToSurrogate(in ExecuteRequest value)
    {
        var writer = new ByteWriter();
        writer.Byte(Format);
        writer.Byte(value.AsksLags ? (byte)1 : (byte)0);
        writer.Number(value.Seen);
        writer.Number((ulong)(value.Operations?.Length ?? 0));
        foreach (ref readonly var operation in value.Operations.AsSpan())
        {
            writer.Byte((byte)((byte)operation.Kind | (operation.Value is null ? 0 : HasValue) | (operation.After is null ? 0 : HasAfter) | (operation.TimeToLive is null ? 0 : HasTimeToLive)));
            writer.Blob(operation.Key);
            if (operation.Value is not null) writer.Blob(operation.Value);
            if (operation.After is not null) writer.Blob(operation.After);
            if (operation.TimeToLive is { } timeToLive) writer.Difference((ulong)timeToLive.Ticks);
            if (operation.Kind == OperationKind.List) writer.Difference((ulong)operation.Limit);
        }

        return new(writer.Written.ToArray());
    }

    /// <inheritdoc/>
    public ExecuteRequest ConvertFromSurrogate(in PackedRequest surrogate)
    {
        var reader = new ByteReader(surrogate.Bytes);
        if (reader.Byte() != Format) throw new InvalidDataException("the batch is of a format that this server does not know");

        var asksLags = reader.Byte() != 0;
        var seen = reader.Number();
        var operations = new Operation[reader.Count(LeastOperation)];
        for (var i = 0; i < operations.Length; i++)
        {
            var tag = reader.Byte();
            var kind = (OperationKind)(tag & KindBits);
            operations[i] = new(
                kind,
                reader.Blob().ToArray(),
                (tag & HasValue) == 0 ? null : reader.Blob().ToArray(),
                (tag & HasAfter) == 0 ? null : reader.Blob().ToArray(),
                TimeToLive: (tag & HasTimeToLive) == 0 ? null : TimeSpan.FromTicks((long)reader.Difference()));
            if (kind == OperationKind.List) operations[i] = operations[i] with { Limit = (int)(long)reader.Difference() };
        }

        return new(operations, seen, asksLags);
    }
}

/// <summary>Packs replies.</summary>
[RegisterConverter]
public sealed class ReplyPacker : IConverter<ExecuteReply, PackedReply>
{
    private const byte Format = 1, Get = 0, Put = 1, List = 2, KindBits = 0x0f, HasValue = 0x10, HasStamp = 0x20, HasFloor = 0x40, HasTime = 0x80;
    private const byte More = 0x10, HasHidden = 0x20;

    /// <summary>As many servers as one may know, and one more.</summary>
    private const ulong MaxLags = 1_025;

    /// <inheritdoc/>
    public PackedReply ConvertToSurrogate(in ExecuteReply value)
    {
        var writer = new ByteWriter();
        var origins = new OriginsMet();
        writer.Byte(Format);
        writer.Fixed(ServerOf(value.Results));
        writer.Number((ulong)(value.Results?.Length ?? 0));
        foreach (ref readonly var result in value.Results.AsSpan())
        {
            if (result.Put is { } put) WritePut(ref writer, put, origins);
            else if (result.List is { } list) WriteList(ref writer, list, origins);
            else WriteGet(ref writer, result.Get ?? default, origins);
        }

        WriteLags(ref writer, value.Lags);
        return new(writer.Written.ToArray());
    }

    /// <inheritdoc/>
    public ExecuteReply ConvertFromSurrogate(in PackedReply surrogate)
    {
        var reader = new ByteReader(surrogate.Bytes);
        var origins = new OriginsMet();
        if (reader.Byte() != Format) throw new InvalidDataException("the answer to a batch is of a format that this client does not know");

        var server = reader.Fixed();
        var results = new OperationResult[reader.Count(least: 1)];
        for (var i = 0; i < results.Length; i++)
        {
            var tag = reader.Byte();
            results[i] = (tag & KindBits) switch
            {
                Get => new(Get: ReadGet(ref reader, tag, server, origins)),
                Put => new(Put: ReadPut(ref reader, tag, server, origins)),
                List => new(List: ReadList(ref reader, tag, server, origins)),
                var other => throw new InvalidDataException($"there is no result of kind {other}"),
            };
        }

        return new(results, ReadLags(ref reader));
    }

    /// <summary>All results of a batch are of the server that answered it.</summary>
    private static ulong ServerOf(OperationResult[]? results) =>
        results is [var first, ..] ? first.Get?.Server ?? first.Put?.Server ?? first.List?.Server ?? 0 : 0;

    private static void WriteGet(ref ByteWriter writer, in GetReply reply, OriginsMet origins)
    {
        writer.Byte((byte)(Get | (reply.Value is null ? 0 : HasValue) | (reply.Stamp is null ? 0 : HasStamp) | (reply.PurgeFloor == 0 ? 0 : HasFloor) | (reply.TimeLeft is null ? 0 : HasTime)));
        if (reply.Stamp is { } stamp) WriteStamp(ref writer, stamp, origins);
        if (reply.PurgeFloor != 0) writer.Fixed(reply.PurgeFloor);
        if (reply.Value is not null) writer.Blob(reply.Value);
        if (reply.TimeLeft is { } left) writer.Difference((ulong)left.Ticks);
    }

    private static GetReply ReadGet(ref ByteReader reader, byte tag, ulong server, OriginsMet origins)
    {
        Stamp? stamp = (tag & HasStamp) == 0 ? null : ReadStamp(ref reader, origins);
        var floor = (tag & HasFloor) == 0 ? 0 : reader.Fixed();
        var value = (tag & HasValue) == 0 ? null : reader.Blob().ToArray();
        return new(value, stamp, server, (tag & HasTime) == 0 ? null : TimeSpan.FromTicks((long)reader.Difference()), floor);
    }

    private static void WritePut(ref ByteWriter writer, in PutReply reply, OriginsMet origins)
    {
        writer.Byte((byte)(Put | (reply.Expiry == Entry.Never ? 0 : HasTime)));
        WriteStamp(ref writer, reply.Stamp, origins);
        writer.Number(reply.Sequence);
        if (reply.Expiry != Entry.Never) writer.Number((ulong)reply.Expiry);
    }

    private static PutReply ReadPut(ref ByteReader reader, byte tag, ulong server, OriginsMet origins)
    {
        var stamp = ReadStamp(ref reader, origins);
        return new(stamp, reader.Number(), server, (tag & HasTime) == 0 ? Entry.Never : (long)reader.Number(long.MaxValue));
    }

    private static void WriteList(ref ByteWriter writer, in ListReply reply, OriginsMet origins)
    {
        writer.Byte((byte)(List | (reply.More ? More : 0) | (reply.Hidden is null ? 0 : HasHidden)));
        writer.Fixed(reply.PurgeFloor);
        writer.Number((ulong)reply.Items.Length);
        foreach (ref readonly var item in reply.Items.AsSpan())
        {
            writer.Byte(item.TimeLeft is null ? (byte)0 : HasTime);
            writer.Blob(item.Key);
            writer.Blob(item.Value);
            WriteStamp(ref writer, item.Stamp, origins);
            if (item.TimeLeft is { } left) writer.Difference((ulong)left.Ticks);
        }

        if (reply.Hidden is null) return;

        writer.Number((ulong)reply.Hidden.Length);
        foreach (var hidden in reply.Hidden)
        {
            writer.Blob(hidden.Key);
            WriteStamp(ref writer, hidden.Stamp, origins);
        }
    }

    private static ListReply ReadList(ref ByteReader reader, byte tag, ulong server, OriginsMet origins)
    {
        var floor = reader.Fixed();
        var items = new ListItem[reader.Count(least: 4)];
        for (var i = 0; i < items.Length; i++)
        {
            var expires = reader.Byte() != 0;
            var (key, value) = (reader.Blob().ToArray(), reader.Blob().ToArray());
            items[i] = new(key, value, ReadStamp(ref reader, origins), expires ? TimeSpan.FromTicks((long)reader.Difference()) : null);
        }

        HiddenKey[]? hidden = null;
        if ((tag & HasHidden) != 0)
        {
            hidden = new HiddenKey[reader.Count(least: 3)];
            for (var i = 0; i < hidden.Length; i++) hidden[i] = new(reader.Blob().ToArray(), ReadStamp(ref reader, origins));
        }

        return new(items, (tag & More) != 0, server, hidden, floor);
    }

    /// <summary>Null as 0, else one more than how many there are.</summary>
    private static void WriteLags(ref ByteWriter writer, ServerLag[]? lags)
    {
        writer.Number(lags is null ? 0 : (ulong)lags.Length + 1);
        foreach (var lag in lags ?? [])
        {
            writer.Fixed(lag.Server);
            writer.Number(lag.Lag is { } known ? (ulong)Math.Max(0, known.Ticks) + 1 : 0);
        }
    }

    private static ServerLag[]? ReadLags(ref ByteReader reader)
    {
        var count = reader.Number(MaxLags);
        if (count == 0) return null;

        var lags = new ServerLag[count - 1];
        for (var i = 0; i < lags.Length; i++)
        {
            var server = reader.Fixed();
            lags[i] = new(server, reader.Number((ulong)long.MaxValue + 1) is > 0 and var ticks ? TimeSpan.FromTicks((long)(ticks - 1)) : null);
        }

        return lags;
    }

    private static void WriteStamp(ref ByteWriter writer, Stamp stamp, OriginsMet origins)
    {
        var place = origins.PlaceOf(stamp.Origin);
        writer.Number((ulong)place);
        if (place == origins.Count)
        {
            writer.Fixed(stamp.Origin.Server.Value);
            writer.Fixed(stamp.Origin.Incarnation);
            origins.Add(stamp.Origin);
        }

        writer.Fixed(stamp.Time.Value);
        writer.Number(stamp.Grain);
    }

    private static Stamp ReadStamp(ref ByteReader reader, OriginsMet origins)
    {
        var place = (int)reader.Number((ulong)origins.Count);
        if (place == origins.Count) origins.Add(new(new(reader.Fixed()), reader.Fixed()));
        return new(new(reader.Fixed()), origins[place], (ushort)reader.Number(ushort.MaxValue));
    }

    /// <summary>The origins of one reply, in the order in which they are met: nearly always one or two.</summary>
    private sealed class OriginsMet
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
}
