namespace Cmud.Replication.Frames;

/// <summary>The bytes of <see cref="DigestParts"/>: a part is there where its bit is set. Decoding trusts nothing, as <see cref="FrameCodec"/>.</summary>
internal static class DigestCodec
{
    private const byte HasRoot = 1, HasGroups = 2, HasBuckets = 4, HasListing = 8, HasRepairs = 16;

    private const int GroupBytes = Digest.GroupSize * Digest.SumBytes;

    /// <summary>Encodes parts; no bytes where there is nothing to say.</summary>
    public static byte[] Encode(DigestParts parts)
    {
        if (parts.IsEmpty) return [];

        var origins = new OriginTable();
        var body = new ByteWriter();
        if (parts.Buckets.Count > 0) body.Number((ulong)parts.Buckets.Count);
        foreach (var (group, sums, settled) in parts.Buckets)
        {
            body.Byte(group);
            body.Raw(sums);
            body.Raw(settled);
        }

        if (parts.Listing is { } listing) Write(ref body, listing, origins);
        if (parts.Repairs.Count > 0) Write(ref body, parts.Repairs, origins);

        var head = new ByteWriter();
        head.Byte((byte)((parts.Root is null ? 0 : HasRoot) | (parts.Groups.Length == 0 ? 0 : HasGroups) | (parts.Buckets.Count == 0 ? 0 : HasBuckets)
            | (parts.Listing is null ? 0 : HasListing) | (parts.Repairs.Count == 0 ? 0 : HasRepairs)));
        if (parts.Root is { } root)
        {
            head.Fixed((ulong)root);
            head.Fixed((ulong)(root >> 64));
        }

        head.Raw(parts.Groups);
        origins.Write(ref head);
        return [.. head.Written, .. body.Written];
    }

    /// <summary>Decodes parts; throws <see cref="InvalidDataException"/> where the bytes are none.</summary>
    public static DigestParts Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return DigestParts.None;

        var reader = new ByteReader(bytes);
        var has = reader.Raw(1)[0];
        UInt128? root = (has & HasRoot) == 0 ? null : reader.Fixed() | ((UInt128)reader.Fixed() << 64);
        byte[] groups = (has & HasGroups) == 0 ? [] : reader.Raw(GroupBytes).ToArray();
        var origins = OriginTable.Read(ref reader);
        var parts = new DigestParts
        {
            Root = root,
            Groups = groups,
            Buckets = (has & HasBuckets) == 0 ? [] : ReadBuckets(ref reader),
            Listing = (has & HasListing) == 0 ? null : ReadListing(ref reader, origins),
            Repairs = (has & HasRepairs) == 0 ? [] : ReadRepairs(ref reader, origins),
        };
        return reader.AtEnd ? parts : throw new InvalidDataException("bytes of a digest are left over");
    }

    private static BucketSums[] ReadBuckets(ref ByteReader reader)
    {
        var buckets = new BucketSums[reader.Count(1 + GroupBytes + (Digest.GroupSize / 8))];
        for (var i = 0; i < buckets.Length; i++) buckets[i] = new(reader.Raw(1)[0], reader.Raw(GroupBytes).ToArray(), reader.Raw(Digest.GroupSize / 8).ToArray());
        return buckets;
    }

    private static void Write(ref ByteWriter writer, BucketListing listing, OriginTable origins)
    {
        writer.Byte((byte)((listing.WantsAnswer ? 1 : 0) | (listing.UpTo is null ? 0 : 2)));
        if (listing.UpTo is { } last) writer.Blob(last);
        writer.Number((ulong)listing.Buckets.Count);
        foreach (var bucket in listing.Buckets) writer.Number(bucket);
        writer.Number((ulong)listing.Keys.Count);
        foreach (var (key, stamp, hash) in listing.Keys)
        {
            writer.Blob(key);
            writer.Fixed(stamp.Time.Value);
            writer.Number(origins.IndexOf(stamp.Origin));
            writer.Number(stamp.Grain);
            writer.Fixed(hash);
        }
    }

    private static BucketListing ReadListing(ref ByteReader reader, Origin[] origins)
    {
        var flags = reader.Raw(1)[0];
        var last = (flags & 2) == 0 ? null : reader.Blob().ToArray();
        var buckets = new ushort[reader.Count(1)];
        for (var i = 0; i < buckets.Length; i++) buckets[i] = (ushort)reader.Number(ushort.MaxValue);
        var keys = new ListedKey[reader.Count(1 + 8 + 1 + 1 + 8)];
        for (var i = 0; i < keys.Length; i++)
        {
            var key = reader.Blob().ToArray();
            var time = reader.Fixed();
            var origin = OriginTable.Pick(ref reader, origins);
            keys[i] = new(key, new(new(time), origin, (ushort)reader.Number(ushort.MaxValue)), reader.Fixed());
        }

        return new(buckets, (flags & 1) != 0, last, keys);
    }

    private static void Write(ref ByteWriter writer, IReadOnlyList<Entry> repairs, OriginTable origins)
    {
        writer.Number((ulong)repairs.Count);
        foreach (var entry in repairs)
        {
            writer.Number(origins.IndexOf(entry.Origin));
            EntryCodec.WriteAlone(ref writer, entry);
        }
    }

    private static Entry[] ReadRepairs(ref ByteReader reader, Origin[] origins)
    {
        var repairs = new Entry[reader.Count(8)];
        for (var i = 0; i < repairs.Length; i++) repairs[i] = EntryCodec.ReadAlone(ref reader, OriginTable.Pick(ref reader, origins));
        return repairs;
    }
}
