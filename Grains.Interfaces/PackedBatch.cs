using System.Buffers;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Grains.Interfaces;

// Batches travel packed: one blob for all operations, and one for all results. With a field and its header for each member of each
// of them a batch of 100 took several times as long to write and to read. Format 1, in the numbers and blobs of the frames:
//
// request: format, flags (1: asks for lags, 2: brief), Seen, count, then of each operation: kind + flags (16: value, 32: after, 64: time to live),
//          key, and what the flags announce; of a List the limit.
// reply:   format, server, count, then the results, then the lags of the whole. Result: kind + flags, then
//          Get: stamp (32) or else purge floor (64); value (16), time left (128).
//          Put: stamp, sequence, expiry (128).
//          List: page (flags: 16 more, 32 hidden), items, hidden keys, purge floor.
// A stamp names its origin by its place in a table that grows as origins are met.

/// <summary>The operations of a batch as they travel.</summary>
[GenerateSerializer, Immutable, Alias("cmud.PackedRequest")]
public readonly record struct PackedRequest([property: Id(0)] byte[] Bytes);

/// <summary>The results of a batch as they travel.</summary>
[GenerateSerializer, Immutable, Alias("cmud.PackedReply")]
public readonly record struct PackedReply([property: Id(0)] byte[] Bytes);

/// <summary>Operations that gather until they leave as one request, packed one after the other. For one thread at a time.</summary>
internal sealed class OperationBuffer
{
    /// <summary>Bytes that an operation takes beside its own, at most but for its lengths.</summary>
    public const int Overhead = 16;

    internal const byte Format = 1, KindBits = 0x0f, HasValue = 0x10, HasAfter = 0x20, HasTimeToLive = 0x40;
    internal const byte AsksLags = 1, IsBrief = 2;

    /// <summary>What stands before the operations, at most.</summary>
    private const int HeadBytes = 32;

    /// <summary>A buffer that has grown beyond this for large operations is not kept for small ones.</summary>
    private const int KeptBytes = 64 * 1_024;

    private ArrayBufferWriter<byte> _buffer;

    /// <summary>An empty one.</summary>
    /// <param name="bytes">About how many bytes it will hold.</param>
    public OperationBuffer(int bytes = 256) => _buffer = new(Math.Max(bytes, Overhead));

    /// <summary>How many operations there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes they take.</summary>
    public int Bytes => _buffer.WrittenCount;

    /// <summary>Adds a Get.</summary>
    public void Get(ReadOnlySpan<byte> key) => Begin(OperationKind.Get, key);

    /// <summary>Adds a Delete.</summary>
    public void Delete(ReadOnlySpan<byte> key) => Begin(OperationKind.Delete, key);

    /// <summary>Adds a Put.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TimeSpan? timeToLive = null)
    {
        var writer = Begin(OperationKind.Put, key, (byte)(HasValue | (timeToLive is null ? 0 : HasTimeToLive)));
        writer.Blob(value);
        if (timeToLive is { } left) writer.Difference((ulong)left.Ticks);
    }

    /// <summary>Adds whatever operation.</summary>
    public void Add(in Operation operation)
    {
        // In the bits of its flags a kind would be read as another.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)operation.Kind, KindBits, nameof(operation));
        var writer = Begin(operation.Kind, operation.Key, (byte)((operation.Value is null ? 0 : HasValue) | (operation.After is null ? 0 : HasAfter) | (operation.TimeToLive is null ? 0 : HasTimeToLive)));
        if (operation.Value is not null) writer.Blob(operation.Value);
        if (operation.After is not null) writer.Blob(operation.After);
        if (operation.TimeToLive is { } timeToLive) writer.Difference((ulong)timeToLive.Ticks);
        if (operation.Kind == OperationKind.List) writer.Difference((ulong)operation.Limit);
    }

    /// <summary>All of them as a request.</summary>
    /// <param name="seen">The greatest hybrid timestamp the client has met.</param>
    /// <param name="asksLags">Whether the reply is to tell how far the replica may be behind.</param>
    /// <param name="isBrief">Whether it is to be refused where its Gets find more than a little.</param>
    public PackedRequest Request(ulong seen = 0, bool asksLags = false, bool isBrief = false) => Request(0, Bytes, Count, seen, asksLags, isBrief);

    /// <summary>Some neighbours as a request.</summary>
    /// <param name="from">How many <see cref="Bytes"/> there were before the first was added.</param>
    /// <param name="to">How many there were once the last was.</param>
    /// <param name="operations">How many these are.</param>
    /// <param name="seen">The greatest hybrid timestamp the client has met.</param>
    /// <param name="asksLags">Whether the reply is to tell how far the replica may be behind.</param>
    /// <param name="isBrief">Whether it is to be refused where its Gets find more than a little.</param>
    public PackedRequest Request(int from, int to, int operations, ulong seen = 0, bool asksLags = false, bool isBrief = false)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        var used = 0;
        head[used++] = Format;
        head[used++] = (byte)((asksLags ? AsksLags : 0) | (isBrief ? IsBrief : 0));
        used += ByteWriter.Number(head[used..], seen);
        used += ByteWriter.Number(head[used..], (ulong)operations);
        var bytes = GC.AllocateUninitializedArray<byte>(used + to - from);
        head[..used].CopyTo(bytes);
        _buffer.WrittenSpan[from..to].CopyTo(bytes.AsSpan(used));
        return new(bytes);
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Count = 0;
        if (_buffer.Capacity > KeptBytes) _buffer = new(KeptBytes);
        else _buffer.ResetWrittenCount();
    }

    private ByteWriter Begin(OperationKind kind, ReadOnlySpan<byte> key, byte flags = 0)
    {
        var writer = new ByteWriter(_buffer);
        writer.Byte((byte)((byte)kind | flags));
        writer.Blob(key);
        Count++;
        return writer;
    }
}

/// <summary>Reads the operations of a batch where they lie, in their order; throws <see cref="InvalidDataException"/> on what cannot be read, and allocates nothing.</summary>
internal ref struct RequestReader
{
    /// <summary>Fewest bytes of an operation: its kind, and the length of its key.</summary>
    private const int LeastOperation = 2;

    private ByteReader _reader;

    public RequestReader(PackedRequest request)
    {
        _reader = new(request.Bytes);
        if (_reader.Byte() != OperationBuffer.Format) throw new InvalidDataException("the batch is of a format that this server does not know");

        var flags = _reader.Byte();
        (AsksLags, IsBrief) = ((flags & OperationBuffer.AsksLags) != 0, (flags & OperationBuffer.IsBrief) != 0);
        Seen = _reader.Number();
        Count = _reader.Count(LeastOperation);
    }

    public bool AsksLags { get; }

    /// <summary>Whether it is refused where its Gets find more than a little.</summary>
    public bool IsBrief { get; }

    public ulong Seen { get; }

    /// <summary>How many operations there are.</summary>
    public int Count { get; }

    public PackedOperation Next()
    {
        var tag = _reader.Byte();
        var kind = (OperationKind)(tag & OperationBuffer.KindBits);
        var key = _reader.Blob();
        var (hasValue, hasAfter) = ((tag & OperationBuffer.HasValue) != 0, (tag & OperationBuffer.HasAfter) != 0);
        var value = hasValue ? _reader.Blob() : default;
        var after = hasAfter ? _reader.Blob() : default;
        TimeSpan? timeToLive = (tag & OperationBuffer.HasTimeToLive) == 0 ? null : TimeSpan.FromTicks((long)_reader.Difference());
        return new(kind, key, value, hasValue, after, hasAfter, kind == OperationKind.List ? (int)(long)_reader.Difference() : 0, timeToLive);
    }
}

/// <summary>An <see cref="Operation"/> that lies in a packed request.</summary>
internal readonly ref struct PackedOperation(
    OperationKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, ReadOnlySpan<byte> after, bool hasAfter, int limit, TimeSpan? timeToLive)
{
    public OperationKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>Empty where there is none.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    public bool HasValue { get; } = hasValue;

    public ReadOnlySpan<byte> After { get; } = after;

    public bool HasAfter { get; } = hasAfter;

    public int Limit { get; } = limit;

    public TimeSpan? TimeToLive { get; } = timeToLive;

    public bool IsWrite => Kind is OperationKind.Put or OperationKind.Delete;

    /// <summary>Of arrays of its own.</summary>
    public Operation ToOperation() => new(Kind, Key.ToArray(), HasValue ? Value.ToArray() : null, HasAfter ? After.ToArray() : null, Limit, TimeToLive);
}

/// <summary>Packs results one by one.</summary>
internal ref struct ReplyWriter
{
    internal const byte Format = 1, Get = 0, Put = 1, List = 2, KindBits = 0x0f, HasValue = 0x10, HasStamp = 0x20, HasFloor = 0x40, HasTime = 0x80;
    internal const byte More = 0x10, HasHidden = 0x20;

    /// <summary>What a result takes, where values are short.</summary>
    private const int Usual = 128;

    /// <summary>A larger buffer is not kept.</summary>
    private const int KeptBytes = 256 * 1_024;

    /// <summary>Grown to what replies take, one for each thread: a reply is written in one go.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _kept;

    private readonly OriginsMet _origins = new();
    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly ByteWriter _writer;

    /// <summary>Begins a reply.</summary>
    /// <param name="server">Who answers.</param>
    /// <param name="results">How many results follow.</param>
    public ReplyWriter(ulong server, int results)
    {
        (_buffer, _kept) = (_kept ?? new(Usual * (results + 1)), null);
        _buffer.ResetWrittenCount();
        _writer = new(_buffer);
        _writer.Byte(Format);
        _writer.Fixed(server);
        _writer.Number((ulong)results);
    }

    /// <summary>How many bytes were written.</summary>
    public readonly int Bytes => _buffer.WrittenCount;

    /// <summary>What was written; the lags come last.</summary>
    public PackedReply Finish(ServerLag[]? lags)
    {
        // Null as 0, else one more than how many there are.
        _writer.Number(lags is null ? 0 : (ulong)lags.Length + 1);
        foreach (var lag in lags ?? [])
        {
            _writer.Fixed(lag.Server);
            _writer.Number(lag.Lag is { } known ? (ulong)Math.Max(0, known.Ticks) + 1 : 0);
        }

        var bytes = GC.AllocateUninitializedArray<byte>(_buffer.WrittenCount);
        _buffer.WrittenSpan.CopyTo(bytes);
        if (_buffer.Capacity <= KeptBytes) _kept = _buffer;
        return new(bytes);
    }

    public void Write(in GetReply reply)
    {
        _writer.Byte((byte)(Get | (reply.Value is null ? 0 : HasValue) | (reply.Stamp is null ? 0 : HasStamp) | (reply.PurgeFloor == 0 ? 0 : HasFloor) | (reply.TimeLeft is null ? 0 : HasTime)));
        if (reply.Stamp is { } stamp) Write(stamp);
        if (reply.PurgeFloor != 0) _writer.Fixed(reply.PurgeFloor);
        if (reply.Value is not null) _writer.Blob(reply.Value);
        if (reply.TimeLeft is { } left) _writer.Difference((ulong)left.Ticks);
    }

    public void Write(in PutReply reply)
    {
        _writer.Byte((byte)(Put | (reply.Expiry == Entry.Never ? 0 : HasTime)));
        Write(reply.Stamp);
        _writer.Number(reply.Sequence);
        if (reply.Expiry != Entry.Never) _writer.Number((ulong)reply.Expiry);
    }

    public void Write(in ListReply reply)
    {
        _writer.Byte((byte)(List | (reply.More ? More : 0) | (reply.Hidden is null ? 0 : HasHidden)));
        _writer.Fixed(reply.PurgeFloor);
        _writer.Number((ulong)reply.Items.Length);
        foreach (ref readonly var item in reply.Items.AsSpan())
        {
            _writer.Byte(item.TimeLeft is null ? (byte)0 : HasTime);
            _writer.Blob(item.Key);
            _writer.Blob(item.Value);
            Write(item.Stamp);
            if (item.TimeLeft is { } left) _writer.Difference((ulong)left.Ticks);
        }

        if (reply.Hidden is null) return;

        _writer.Number((ulong)reply.Hidden.Length);
        foreach (var hidden in reply.Hidden)
        {
            _writer.Blob(hidden.Key);
            Write(hidden.Stamp);
        }
    }

    private void Write(Stamp stamp)
    {
        var place = _origins.PlaceOf(stamp.Origin);
        _writer.Number((ulong)place);
        if (place == _origins.Count)
        {
            _writer.Fixed(stamp.Origin.Server.Value);
            _writer.Fixed(stamp.Origin.Incarnation);
            _origins.Add(stamp.Origin);
        }

        _writer.Fixed(stamp.Time.Value);
        _writer.Number(stamp.Grain);
    }
}
