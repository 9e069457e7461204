using System.Buffers;
using System.Buffers.Binary;

namespace Cmud.Replication.Frames;

/// <summary>Appends numbers and bytes.</summary>
internal readonly ref struct ByteWriter
{
    private const int MaxNumberBytes = 10;

    private readonly ArrayBufferWriter<byte> _buffer;

    /// <summary>Into a buffer of its own.</summary>
    /// <param name="capacity">Bytes to begin with; it grows.</param>
    public ByteWriter(int capacity)
        : this(new ArrayBufferWriter<byte>(capacity))
    {
    }

    public ByteWriter()
        : this(256)
    {
    }

    /// <summary>After what a buffer has already.</summary>
    public ByteWriter(ArrayBufferWriter<byte> buffer) => _buffer = buffer;

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>LEB128: 7 bits a byte, least first.</summary>
    public void Number(ulong value) => _buffer.Advance(Number(_buffer.GetSpan(MaxNumberBytes), value));

    /// <summary>The same into a span; gives how many bytes it took.</summary>
    public static int Number(Span<byte> span, ulong value)
    {
        var used = 0;
        for (; value >= 0x80; value >>= 7) span[used++] = (byte)(value | 0x80);
        span[used++] = (byte)value;
        return used;
    }

    /// <summary>A difference modulo 2^64, short where it is small in either direction (zigzag).</summary>
    public void Difference(ulong value) => Number((value << 1) ^ (ulong)((long)value >> 63));

    /// <summary>Eight bytes, least first: for what is random and would only grow as LEB128.</summary>
    public void Fixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void Blob(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        Raw(bytes);
    }

    public void Raw(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);
}

/// <summary>Reads what <see cref="ByteWriter"/> wrote; throws <see cref="InvalidDataException"/> on anything else.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public readonly bool AtEnd => _left.IsEmpty;

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _left.Length;

    public byte Byte() => Raw(1)[0];

    public ulong Number(ulong max = ulong.MaxValue)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Raw(1)[0];
            if (shift == 63 && next > 1) throw new InvalidDataException("a number has more than 64 bits");

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) break;
        }

        return value <= max ? value : throw new InvalidDataException("a number is out of its range");
    }

    public ulong Difference()
    {
        var zigzag = Number();
        return (zigzag >> 1) ^ (0UL - (zigzag & 1));
    }

    public ulong Fixed() => BinaryPrimitives.ReadUInt64LittleEndian(Raw(8));

    /// <summary>How many things follow, of which each takes at least <paramref name="least"/> bytes: never more than can be there.</summary>
    public int Count(int least)
    {
        var count = Number();
        return count <= (ulong)(_left.Length / least) ? (int)count : throw new InvalidDataException("a count exceeds the frame");
    }

    public ReadOnlySpan<byte> Blob() => Raw(Count(1));

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > _left.Length) throw new InvalidDataException("it ends too early");

        var taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
