namespace Cmud.Replication.Frames;

/// <summary>The bytes of one entry; its origin is said before. Time and sequence as differences to the entry before, so that neighbours are short.</summary>
internal static class EntryCodec
{
    /// <summary>An entry that has no neighbour.</summary>
    public static void WriteAlone(ref ByteWriter writer, Entry entry)
    {
        var (time, sequence) = (0UL, 0UL);
        Write(ref writer, entry, ref time, ref sequence);
    }

    /// <inheritdoc cref="WriteAlone"/>
    public static Entry ReadAlone(ref ByteReader reader, Origin origin)
    {
        var (time, sequence) = (0UL, 0UL);
        return Read(ref reader, origin, ref time, ref sequence);
    }

    public static void Write(ref ByteWriter writer, Entry entry, ref ulong time, ref ulong sequence)
    {
        writer.Number(entry.Sequence - sequence);
        writer.Difference(entry.Stamp.Time.Value - time);
        // The grain in the upper bits; the lowest says whether an expiry follows.
        writer.Number(((ulong)entry.Stamp.Grain << 1) | (entry.Expiry == Entry.Never ? 0UL : 1UL));
        if (entry.Expiry != Entry.Never) writer.Number((ulong)entry.Expiry);
        writer.Blob(entry.Key);
        writer.Number(entry.Value is null ? 0UL : (ulong)entry.Value.Length + 1);
        writer.Raw(entry.Value);
        (time, sequence) = (entry.Stamp.Time.Value, entry.Sequence);
    }

    public static Entry Read(ref ByteReader reader, Origin origin, ref ulong time, ref ulong sequence)
    {
        var step = reader.Number();
        if (step == 0) throw new InvalidDataException("two entries share a sequence");

        sequence = FrameCodec.Sum(sequence, step);
        time += reader.Difference();
        var grain = reader.Number((ushort.MaxValue << 1) | 1);
        var expiry = (grain & 1) == 0 ? Entry.Never : (long)reader.Number(long.MaxValue);
        var key = reader.Blob();
        if (key.Length is 0 or > Door.MaxKeyBytes) throw new InvalidDataException("a key is empty or too long");

        var length = reader.Number(Door.MaxValueBytes + 1);
        var value = length == 0 ? null : reader.Raw((int)length - 1).ToArray();
        return new(key.ToArray(), value, new(new(time), origin, (ushort)(grain >> 1)), sequence, expiry);
    }
}
