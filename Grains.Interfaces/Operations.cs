using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

/// <summary>Asks whether a write is shown.</summary>
[GenerateSerializer, Immutable, Alias("cmud.ShowsRequest")]
public readonly record struct ShowsRequest([property: Id(0)] byte[] Key, [property: Id(1)] Stamp Stamp);

/// <summary>Asks for sums; see <see cref="Digest"/>.</summary>
/// <param name="Seed">The seed of the hashes.</param>
/// <param name="Groups">The groups whose buckets are asked for, at most <see cref="MaxGroups"/>; null asks for the sums of all groups.</param>
[GenerateSerializer, Immutable, Alias("cmud.DigestRequest")]
public readonly record struct DigestRequest([property: Id(0)] ulong Seed, [property: Id(1)] byte[]? Groups)
{
    /// <summary>Most groups in one request: their sums are 1 MiB, as much as a page of a List.</summary>
    public const int MaxGroups = Digest.Groups;
}

/// <summary>Sums.</summary>
/// <param name="Keys">How many keys they cover.</param>
/// <param name="Root">The sum of all, 16 bytes, little-endian like the others.</param>
/// <param name="Sums">The 256 sums of the groups, or the 256 of each group that was asked for.</param>
[GenerateSerializer, Immutable, Alias("cmud.DigestReply")]
public readonly record struct DigestReply([property: Id(0)] long Keys, [property: Id(1)] byte[] Root, [property: Id(2)] byte[] Sums);

/// <summary>Asks for the keys of buckets, in their order.</summary>
/// <param name="Seed">The seed by which keys fall into buckets.</param>
/// <param name="Buckets">At most <see cref="MaxBuckets"/>.</param>
[GenerateSerializer, Immutable, Alias("cmud.KeysRequest")]
public readonly record struct KeysRequest([property: Id(0)] ulong Seed, [property: Id(1)] ushort[] Buckets)
{
    /// <summary>Most buckets in one request: of a million keys, they hold 4,000.</summary>
    public const int MaxBuckets = 256;

    /// <summary>Most keys in one reply: at the longest keys, 1 MiB.</summary>
    public const int MaxKeys = 1_000;
}

/// <summary>The first <see cref="KeysRequest.MaxKeys"/> keys of the buckets.</summary>
[GenerateSerializer, Immutable, Alias("cmud.KeysReply")]
public readonly record struct KeysReply([property: Id(0)] KeyState[] Keys, [property: Id(1)] bool More);

/// <summary>What a replica holds of a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Stamp">The stamp of its entry.</param>
/// <param name="Counts">Whether the digest covers it: no tombstone, and without an expiry.</param>
/// <param name="Hash">Half of the hash of key, stamp and value.</param>
[GenerateSerializer, Immutable, Alias("cmud.KeyState")]
public readonly record struct KeyState([property: Id(0)] byte[] Key, [property: Id(1)] Stamp Stamp, [property: Id(2)] bool Counts, [property: Id(3)] ulong Hash);

/// <summary>Asks for all that is known of a key.</summary>
[GenerateSerializer, Immutable, Alias("cmud.ExplainRequest")]
public readonly record struct ExplainRequest([property: Id(0)] byte[] Key)
{
    /// <summary>Most bytes of the value that are shown.</summary>
    public const int MaxValueBytes = 1_024;
}

/// <summary>What a replica knows of a key.</summary>
/// <param name="Stamp">The stamp of its entry; null where it holds none.</param>
/// <param name="Sequence">Its number in its origin; 0 where there is no entry.</param>
/// <param name="Value">The value, cut to <see cref="ExplainRequest.MaxValueBytes"/>; null for a tombstone, or no entry.</param>
/// <param name="ValueBytes">The length of the whole value.</param>
/// <param name="Expiry">Milliseconds since 1970 at which it expires, or <see cref="Entry.Never"/>.</param>
/// <param name="SeenAt">When it was merged here, in milliseconds since 1970; null where that is forgotten, or it was loaded and not merged.</param>
/// <param name="Replaced">The stamp of what it replaced here; null where the key was new, or that is forgotten.</param>
/// <param name="PurgeFloor">Without an entry: one below this timestamp was deleted or has expired, and was purged; 0 says nothing.</param>
/// <param name="Now">The clock of the server, in milliseconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("cmud.ExplainReply")]
public readonly record struct ExplainReply(
    [property: Id(0)] Stamp? Stamp,
    [property: Id(1)] ulong Sequence,
    [property: Id(2)] byte[]? Value,
    [property: Id(3)] int ValueBytes,
    [property: Id(4)] long Expiry,
    [property: Id(5)] long? SeenAt,
    [property: Id(6)] Stamp? Replaced,
    [property: Id(7)] ulong PurgeFloor,
    [property: Id(8)] long Now);

/// <summary>The servers that a server knows.</summary>
/// <param name="Server">Who answered.</param>
/// <param name="Members">All of them, the one that answered included.</param>
/// <param name="IsCaughtUp">Whether the one that answered holds all that the others held when it first heard them.</param>
[GenerateSerializer, Immutable, Alias("cmud.MembersReply")]
public readonly record struct MembersReply([property: Id(0)] ulong Server, [property: Id(1)] MemberState[] Members, [property: Id(2)] bool IsCaughtUp);

/// <summary>A server as another one sees it.</summary>
/// <param name="Server">Its id.</param>
/// <param name="Name">Its label.</param>
/// <param name="Address">The host:port that it advertises.</param>
/// <param name="IsUp">Whether the link to it is up; true of the one that answered itself.</param>
/// <param name="RoundTrip">How long an answer takes; null where that is not known.</param>
/// <param name="Behind">How many writes held there it has not yet confirmed to hold too, beaten ones counted.</param>
/// <param name="ClockOffset">How far the wall of its machine is ahead of the clock of the server that answered; null where that is not known.</param>
[GenerateSerializer, Immutable, Alias("cmud.MemberState")]
public readonly record struct MemberState(
    [property: Id(0)] ulong Server,
    [property: Id(1)] string Name,
    [property: Id(2)] string Address,
    [property: Id(3)] bool IsUp,
    [property: Id(4)] TimeSpan? RoundTrip,
    [property: Id(5)] ulong Behind,
    [property: Id(6)] TimeSpan? ClockOffset);

/// <summary>Says that a server never returns.</summary>
/// <param name="Server">Its id.</param>
[GenerateSerializer, Immutable, Alias("cmud.ForgetRequest")]
public readonly record struct ForgetRequest([property: Id(0)] ulong Server);

/// <summary>Asks for a backup.</summary>
/// <param name="Directory">A full path on the server's machine at which there is nothing yet.</param>
[GenerateSerializer, Immutable, Alias("cmud.BackupRequest")]
public readonly record struct BackupRequest([property: Id(0)] string Directory);

/// <summary>A backup was made.</summary>
/// <param name="Bytes">Its size.</param>
[GenerateSerializer, Immutable, Alias("cmud.BackupReply")]
public readonly record struct BackupReply([property: Id(0)] long Bytes);

/// <summary>Keeps a token, or revokes it.</summary>
/// <param name="Id">Its public half.</param>
/// <param name="Kept">What is kept of it, as <see cref="Access.Token.Pack"/> gives it; null revokes it.</param>
/// <param name="TimeToLive">How long; null for ever.</param>
[GenerateSerializer, Immutable, Alias("cmud.TokenRequest")]
public readonly record struct TokenRequest([property: Id(0)] string Id, [property: Id(1)] byte[]? Kept, [property: Id(2)] TimeSpan? TimeToLive);
