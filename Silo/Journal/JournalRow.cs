using System.Buffers.Binary;
using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Silo.Journal;

/// <summary>What a row of the journal is: the first byte of its key. Never given another meaning; the order is that of reading.</summary>
internal enum RowKind : byte
{
    /// <summary>A number about the journal itself: <see cref="Fact"/>.</summary>
    Fact = 1,

    /// <summary>A server, by id.</summary>
    Member = 2,

    /// <summary>A held set, by origin.</summary>
    Held = 3,

    /// <summary>A shade, by origin and key.</summary>
    Shade = 4,

    /// <summary>The greatest purged sequence, by origin.</summary>
    Purged = 5,

    /// <summary>A server that held all that was purged, by id.</summary>
    Caught = 6,

    /// <summary>An entry, by origin and sequence.</summary>
    Entry = 16,
}

/// <summary>A number about the journal itself: the second byte of its key.</summary>
internal enum Fact : byte
{
    /// <summary>The layout of the rows.</summary>
    Format = 1,

    /// <summary>The id of the server that the journal belongs to.</summary>
    Server = 2,

    /// <summary>The greatest timestamp seen.</summary>
    Clock = 3,

    /// <summary>The incarnation of the last life that began.</summary>
    Life = 4,

    /// <summary>Below it, what is not there was deleted or has expired, and was purged.</summary>
    PurgeFloor = 5,
}

/// <summary>The bytes of rows. Numbers in keys are big-endian, so that the order of keys is that of origin and sequence; in values little-endian.</summary>
/// <remarks>
/// A value begins with the version of its kind. There is no checksum in it: RocksDB keeps one over every block of its tables and every record of its log,
/// and they are verified as they are read.
/// </remarks>
internal static class JournalRow
{
    /// <summary>Bytes of a key that names an origin.</summary>
    public const int OriginKeyLength = 1 + 8 + 8;

    /// <summary>Bytes of the key of an entry.</summary>
    public const int EntryKeyLength = OriginKeyLength + 8;

    /// <summary>Longest key: that of a shade.</summary>
    public const int MaxKeyLength = OriginKeyLength + Door.MaxKeyBytes;

    /// <summary>What an entry costs in the log beside its key and value: its own key, the head of its value, lengths.</summary>
    public const int EntryOverhead = 64;

    private const byte Version = 1;

    [Flags]
    private enum EntryParts : byte
    {
        None = 0,
        Value = 1,
        Expiry = 2,
    }

    public static int WriteOriginKey(Span<byte> to, RowKind kind, Origin origin)
    {
        to[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64BigEndian(to[1..], origin.Server.Value);
        BinaryPrimitives.WriteUInt64BigEndian(to[9..], origin.Incarnation);
        return OriginKeyLength;
    }

    public static int WriteEntryKey(Span<byte> to, Origin origin, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to[WriteOriginKey(to, RowKind.Entry, origin)..], sequence);
        return EntryKeyLength;
    }

    public static int WriteShadeKey(Span<byte> to, Shade shade)
    {
        shade.Key.CopyTo(to[WriteOriginKey(to, RowKind.Shade, shade.Origin)..]);
        return OriginKeyLength + shade.Key.Length;
    }

    public static int WriteServerKey(Span<byte> to, RowKind kind, ServerId server)
    {
        to[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64BigEndian(to[1..], server.Value);
        return 9;
    }

    public static int WriteFactKey(Span<byte> to, Fact fact)
    {
        (to[0], to[1]) = ((byte)RowKind.Fact, (byte)fact);
        return 2;
    }

    public static Origin ReadOrigin(ReadOnlySpan<byte> key) =>
        key.Length >= OriginKeyLength
            ? new(new(BinaryPrimitives.ReadUInt64BigEndian(key[1..])), BinaryPrimitives.ReadUInt64BigEndian(key[9..]))
            : throw new InvalidDataException("a key names no origin");

    public static Mark ReadMark(ReadOnlySpan<byte> key) =>
        key.Length == EntryKeyLength ? new(ReadOrigin(key), BinaryPrimitives.ReadUInt64BigEndian(key[OriginKeyLength..])) : throw new InvalidDataException("a key names no sequence");

    /// <summary>Bytes that an entry's value takes at most.</summary>
    public static int EntryLength(Entry entry) => 1 + 1 + 8 + 2 + 8 + 2 + entry.Size;

    public static int WriteEntry(Span<byte> to, Entry entry)
    {
        var parts = (entry.Value is null ? EntryParts.None : EntryParts.Value) | (entry.Expiry == Entry.Never ? EntryParts.None : EntryParts.Expiry);
        (to[0], to[1]) = (Version, (byte)parts);
        BinaryPrimitives.WriteUInt64LittleEndian(to[2..], entry.Stamp.Time.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(to[10..], entry.Stamp.Grain);
        var at = 12;
        if ((parts & EntryParts.Expiry) != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(to[at..], entry.Expiry);
            at += 8;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(to[at..], (ushort)entry.Key.Length);
        entry.Key.CopyTo(to[(at + 2)..]);
        at += 2 + entry.Key.Length;
        entry.Value?.CopyTo(to[at..]);
        return at + (entry.Value?.Length ?? 0);
    }

    public static Entry ReadEntry(Mark mark, ReadOnlySpan<byte> row)
    {
        var left = Versioned(row);
        var parts = (EntryParts)Take(ref left, 1)[0];
        var time = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref left, 8));
        var grain = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref left, 2));
        var expiry = (parts & EntryParts.Expiry) == 0 ? Entry.Never : BinaryPrimitives.ReadInt64LittleEndian(Take(ref left, 8));
        var key = Take(ref left, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref left, 2))).ToArray();
        var value = (parts & EntryParts.Value) == 0 ? null : left.ToArray();
        return new(key, value, new(new(time), mark.Origin, grain), mark.Sequence, expiry);
    }

    public static int HeldLength(IntervalSet held) => 1 + (held.Count * 16);

    public static int WriteHeld(Span<byte> to, IntervalSet held)
    {
        to[0] = Version;
        var at = 1;
        foreach (var interval in held) at += WriteInterval(to[at..], interval);
        return at;
    }

    public static IntervalSet ReadHeld(ReadOnlySpan<byte> row)
    {
        var held = new IntervalSet();
        for (var left = Versioned(row); !left.IsEmpty;) held.Add(ReadInterval(ref left));
        return held;
    }

    public static int WriteHull(Span<byte> to, Interval hull)
    {
        to[0] = Version;
        return 1 + WriteInterval(to[1..], hull);
    }

    public static Shade ReadShade(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var left = Versioned(row);
        return new(ReadOrigin(key), key[OriginKeyLength..].ToArray(), ReadInterval(ref left));
    }

    public static byte[] MemberRow(Member member) => [Version, .. Text(member.Address), .. Text(member.Name)];

    public static Member ReadMember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var left = Versioned(row);
        var address = Text(ref left);
        return new(ReadServer(key), address, Text(ref left));
    }

    public static ServerId ReadServer(ReadOnlySpan<byte> key) =>
        key.Length == 9 ? new(BinaryPrimitives.ReadUInt64BigEndian(key[1..])) : throw new InvalidDataException("a key names no server");

    public static int WriteNumber(Span<byte> to, ulong number)
    {
        to[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(to[1..], number);
        return 9;
    }

    public static ulong ReadNumber(ReadOnlySpan<byte> row)
    {
        var left = Versioned(row);
        return BinaryPrimitives.ReadUInt64LittleEndian(Take(ref left, 8));
    }

    private static ReadOnlySpan<byte> Versioned(ReadOnlySpan<byte> row) =>
        row is [Version, .. var rest] ? rest : throw new InvalidDataException($"a row has version {(row.IsEmpty ? "(none)" : row[0])}");

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> left, int length)
    {
        if (length > left.Length) throw new InvalidDataException("a row ends too early");

        var taken = left[..length];
        left = left[length..];
        return taken;
    }

    private static int WriteInterval(Span<byte> to, Interval interval)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, interval.After);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], interval.UpTo);
        return 16;
    }

    private static Interval ReadInterval(ref ReadOnlySpan<byte> left)
    {
        var after = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref left, 8));
        return new(after, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref left, 8)));
    }

    private static byte[] Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return [(byte)utf8.Length, (byte)(utf8.Length >> 8), .. utf8];
    }

    private static string Text(ref ReadOnlySpan<byte> left) => Encoding.UTF8.GetString(Take(ref left, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref left, 2))));
}
