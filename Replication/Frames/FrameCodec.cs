using System.Text;

namespace Cmud.Replication.Frames;

/// <summary>The bytes of a frame: a version, a table of origins, then the fields in order; numbers as LEB128.</summary>
/// <remarks>
/// An entry costs key + value + about 9 bytes: lengths, and time and sequence as differences to the entry before.
/// Decoding trusts nothing: every count is checked against the bytes that are left before anything is allocated.
/// A field is never given another meaning; new ones go to the end, under a new version.
/// </remarks>
public static class FrameCodec
{
    /// <summary>The version this code writes, and the only one it reads yet.</summary>
    public const byte Version = 2;

    /// <summary>Largest frame that is read: the budget of 2 MiB, one entry more, and the riders.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Most intervals of one set: adding them is quadratic. Held sets have 16; what is lacked of several peers' sets has not many more.</summary>
    private const int MaxIntervals = 4_096;

    /// <summary>The last microsecond of the year 9999.</summary>
    private static readonly ulong MaxWall = (ulong)((DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>What an entry costs beside its key and value, at most in the common case; for budgets.</summary>
    public const int EntryOverhead = 16;

    /// <summary>Encodes a frame.</summary>
    public static byte[] Encode(Frame frame)
    {
        var origins = new OriginTable();
        var body = new ByteWriter();
        WriteBody(ref body, frame, origins);

        var head = new ByteWriter();
        head.Byte(Version);
        origins.Write(ref head);
        return [.. head.Written, .. body.Written];
    }

    /// <summary>Decodes a frame; false, with one sentence, where the bytes are not one.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Frame? frame, out string? error)
    {
        frame = null;
        if (bytes.Length > MaxBytes)
        {
            error = $"A frame of {bytes.Length} bytes came, but at most {MaxBytes} are taken.";
            return false;
        }

        if (bytes.IsEmpty || bytes[0] != Version)
        {
            error = $"A frame of version {(bytes.IsEmpty ? "(none)" : bytes[0])} came, but this server reads version {Version}; upgrade the older one.";
            return false;
        }

        try
        {
            frame = ReadFrame(bytes);
            error = null;
            return true;
        }
        catch (InvalidDataException malformed)
        {
            error = $"A malformed frame came: {malformed.Message}";
            return false;
        }
    }

    private static void WriteBody(ref ByteWriter writer, Frame frame, OriginTable origins)
    {
        writer.Number(origins.IndexOf(frame.From));
        writer.Number(origins.IndexOf(frame.To));
        writer.Number((ulong)frame.Flags);
        writer.Number(frame.Number);
        writer.Number(frame.Echo);
        writer.Number((ulong)(frame.EchoHeld < Frame.MaxEchoHeld ? frame.EchoHeld : Frame.MaxEchoHeld).TotalMicroseconds);
        writer.Number(frame.Wall is { } wall ? (ulong)(wall - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0);
        writer.Fixed(frame.ClockFloor.Value);
        writer.Number(frame.Head);
        writer.Number(frame.Credit);
        WriteHoldings(ref writer, frame.Have, origins);
        writer.Number((ulong)frame.Visible.Count);
        foreach (var mark in frame.Visible)
        {
            writer.Number(origins.IndexOf(mark.Origin));
            writer.Number(mark.Sequence);
        }

        WriteHoldings(ref writer, frame.Deferred, origins);
        WriteHoldings(ref writer, frame.Want, origins);
        writer.Blob(DigestCodec.Encode(frame.Digest));
        writer.Number((ulong)frame.Members.Count);
        foreach (var member in frame.Members)
        {
            writer.Fixed(member.Id.Value);
            writer.Blob(Encoding.UTF8.GetBytes(member.Address));
            writer.Blob(Encoding.UTF8.GetBytes(member.Name));
        }

        writer.Number((ulong)frame.Push.Count);
        foreach (var section in frame.Push) WriteSection(ref writer, section, origins);
    }

    private static Frame ReadFrame(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes[1..]);
        var origins = OriginTable.Read(ref reader);
        var frame = new Frame
        {
            From = OriginTable.Pick(ref reader, origins),
            To = OriginTable.Pick(ref reader, origins),
            Flags = (FrameFlags)reader.Number(),
            Number = reader.Number(),
            Echo = reader.Number(),
            EchoHeld = TimeSpan.FromMicroseconds(reader.Number(uint.MaxValue)),
            Wall = ReadWall(ref reader),
            ClockFloor = new(reader.Fixed()),
            Head = reader.Number(),
            Credit = (uint)reader.Number(uint.MaxValue),
            Have = ReadHoldings(ref reader, origins),
            Visible = ReadMarks(ref reader, origins),
            Deferred = ReadHoldings(ref reader, origins),
            Want = ReadHoldings(ref reader, origins),
            Digest = DigestCodec.Decode(reader.Blob()),
            Members = ReadMembers(ref reader),
            Push = ReadSections(ref reader, origins),
        };
        return reader.AtEnd ? frame : throw new InvalidDataException("bytes are left over");
    }

    /// <summary>Microseconds since 1970; 0 for none.</summary>
    private static DateTimeOffset? ReadWall(ref ByteReader reader)
    {
        var microseconds = reader.Number(MaxWall);
        return microseconds == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond);
    }

    private static void WriteHoldings(ref ByteWriter writer, IReadOnlyList<Holding> holdings, OriginTable origins)
    {
        writer.Number((ulong)holdings.Count);
        foreach (var holding in holdings)
        {
            writer.Number(origins.IndexOf(holding.Origin));
            writer.Number(((ulong)holding.Sequences.Count << 1) | (holding.IsWhole ? 0UL : 1UL));
            var last = 0UL;
            foreach (var interval in holding.Sequences)
            {
                writer.Number(interval.After - last);
                writer.Number(interval.UpTo - interval.After);
                last = interval.UpTo;
            }
        }
    }

    private static Holding[] ReadHoldings(ref ByteReader reader, Origin[] origins)
    {
        var holdings = new Holding[reader.Count(2)];
        for (var i = 0; i < holdings.Length; i++)
        {
            var origin = OriginTable.Pick(ref reader, origins);
            var set = new IntervalSet();
            var last = 0UL;
            var (left, isWhole) = Split(reader.Number());
            if (left > MaxIntervals) throw new InvalidDataException("a set has too many intervals");

            for (; left > 0; left--)
            {
                var after = Sum(last, reader.Number());
                last = Sum(after, reader.Number());
                if (last == after) throw new InvalidDataException("an interval is empty");
                set.Add(new(after, last));
            }

            holdings[i] = new(origin, set, isWhole);
        }

        return holdings;
    }

    /// <summary>A count of intervals, and in its lowest bit whether there are more.</summary>
    private static (ulong Count, bool IsWhole) Split(ulong number) => (number >> 1, (number & 1) == 0);

    private static Mark[] ReadMarks(ref ByteReader reader, Origin[] origins)
    {
        var marks = new Mark[reader.Count(2)];
        for (var i = 0; i < marks.Length; i++) marks[i] = new(OriginTable.Pick(ref reader, origins), reader.Number());
        return marks;
    }

    private static Member[] ReadMembers(ref ByteReader reader)
    {
        var members = new Member[reader.Count(10)];
        for (var i = 0; i < members.Length; i++) members[i] = new(new(reader.Fixed()), Text(reader.Blob()), Text(reader.Blob()));
        return members;
    }

    private static void WriteSection(ref ByteWriter writer, Section section, OriginTable origins)
    {
        writer.Number(origins.IndexOf(section.Origin));
        writer.Number(section.After);
        writer.Number(section.UpTo - section.After);
        writer.Number((ulong)section.Entries.Count);
        var (time, sequence) = (0UL, section.After);
        foreach (var entry in section.Entries) EntryCodec.Write(ref writer, entry, ref time, ref sequence);

        writer.Number((ulong)section.Riders.Count);
        foreach (var rider in section.Riders)
        {
            writer.Number(rider.First);
            writer.Number(rider.Last - rider.First);
            // A winner that is in the section already is named by its place there, plus one; another one is written out.
            var place = Section.PlaceOf(section.Entries, rider.Winner);
            writer.Number((ulong)(place + 1));
            if (place >= 0) continue;

            writer.Number(origins.IndexOf(rider.Winner.Origin));
            EntryCodec.WriteAlone(ref writer, rider.Winner);
        }
    }

    private static Section[] ReadSections(ref ByteReader reader, Origin[] origins)
    {
        var sections = new Section[reader.Count(5)];
        for (var i = 0; i < sections.Length; i++)
        {
            var origin = OriginTable.Pick(ref reader, origins);
            var after = reader.Number();
            var upTo = Sum(after, reader.Number());
            var entries = new Entry[reader.Count(7)];
            var (time, sequence) = (0UL, after);
            for (var e = 0; e < entries.Length; e++) entries[e] = EntryCodec.Read(ref reader, origin, ref time, ref sequence);
            if (sequence > upTo) throw new InvalidDataException("an entry lies beyond its section");

            var riders = new Rider[reader.Count(3)];
            for (var r = 0; r < riders.Length; r++) riders[r] = ReadRider(ref reader, origins, entries);
            sections[i] = new(origin, after, upTo, entries, riders);
        }

        return sections;
    }

    private static Rider ReadRider(ref ByteReader reader, Origin[] origins, Entry[] entries)
    {
        var first = reader.Number();
        var last = Sum(first, reader.Number());
        var place = reader.Number((ulong)entries.Length);
        if (place > 0) return new(entries[place - 1], first, last);

        return new(EntryCodec.ReadAlone(ref reader, OriginTable.Pick(ref reader, origins)), first, last);
    }

    internal static ulong Sum(ulong a, ulong b) => a + b >= a ? a + b : throw new InvalidDataException("a sequence overflows");

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
