namespace Cmud.Replication.Frames;

/// <summary>What a frame says so that two servers find out whether they hold the same, and mend what differs. Each part answers the one before.</summary>
public sealed record DigestParts
{
    /// <summary>Nothing to say.</summary>
    public static readonly DigestParts None = new();

    /// <summary>The sum of all that the sender holds; null where it is not said.</summary>
    public UInt128? Root { get; init; }

    /// <summary>Since the roots differ: the sums of all groups (<see cref="Digest.GroupSums"/>), or nothing.</summary>
    public byte[] Groups { get; init; } = [];

    /// <summary>Since sums of groups differ: the sums of the buckets of some of them.</summary>
    public IReadOnlyList<BucketSums> Buckets { get; init; } = [];

    /// <summary>Since buckets differ that rest at both sides: their keys.</summary>
    public BucketListing? Listing { get; init; }

    /// <summary>What the receiver lacks of the keys that it listed, or has older; with their original stamps and sequences.</summary>
    public IReadOnlyList<Entry> Repairs { get; init; } = [];

    /// <summary>Whether there is nothing to say.</summary>
    public bool IsEmpty => Root is null && Groups.Length == 0 && Buckets.Count == 0 && Listing is null && Repairs.Count == 0;
}

/// <summary>The buckets of one group.</summary>
/// <param name="Group">Which.</param>
/// <param name="Sums">See <see cref="Digest.BucketSums"/>.</param>
/// <param name="Settled">Which of them rest: a bit each, least first.</param>
public sealed record BucketSums(byte Group, byte[] Sums, byte[] Settled);

/// <summary>All keys of some buckets, tombstones and expiring ones too.</summary>
/// <param name="Buckets">Which.</param>
/// <param name="WantsAnswer">Whether the receiver is to list its own as well.</param>
/// <param name="UpTo">Nothing is said of keys above this one; null where all are listed.</param>
/// <param name="Keys">In order.</param>
public sealed record BucketListing(IReadOnlyList<ushort> Buckets, bool WantsAnswer, byte[]? UpTo, IReadOnlyList<ListedKey> Keys);

/// <summary>What a server shows of a key.</summary>
/// <param name="Key">UTF-8.</param>
/// <param name="Stamp">Of the newest entry there.</param>
/// <param name="Hash">64 bits of the hash of key, stamp and value.</param>
public readonly record struct ListedKey(byte[] Key, Stamp Stamp, ulong Hash);
