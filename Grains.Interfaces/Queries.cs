using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

// Keys, prefixes and values travel as UTF-8; `Seen` is the greatest hybrid timestamp the client has met (0: none), which the
// grain observes before it stamps a write: writes follow reads, also when the client roams to another server.

/// <summary>Asks for the value of a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Seen">The greatest hybrid timestamp the client has met.</param>
/// <param name="AsksLags">Whether the reply is to tell how far the replica may be behind.</param>
[GenerateSerializer, Immutable, Alias("cmud.GetRequest")]
public readonly record struct GetRequest([property: Id(0)] byte[] Key, [property: Id(1)] ulong Seen, [property: Id(2)] bool AsksLags = false);

/// <summary>How far a replica may be behind a server: every write that this acknowledged longer ago is in what was answered, or a newer one of its key, unless it was overwritten since.</summary>
/// <remarks>An upper bound, by the clock of the server that answers alone; no clocks are compared.</remarks>
/// <param name="Server">Its id.</param>
/// <param name="Lag">How long; null where nothing is known, as of a member that was not heard yet.</param>
[GenerateSerializer, Immutable, Alias("cmud.ServerLag")]
public readonly record struct ServerLag([property: Id(0)] ulong Server, [property: Id(1)] TimeSpan? Lag);

/// <summary>What a key holds here and now.</summary>
/// <param name="Value">The value; null where the key is absent (never written, deleted or expired).</param>
/// <param name="Stamp">The stamp of the entry, also of one that deleted the key; null where none was ever merged.</param>
/// <param name="Server">The id of the server that answered.</param>
/// <param name="TimeLeft">How long the value is still shown, by that server's clock; null where it never expires, or is not shown.</param>
/// <param name="PurgeFloor">Where there is no stamp: an entry below this timestamp, seen elsewhere, was deleted or has expired; 0 says nothing.</param>
/// <param name="Lags">How far the replica may be behind each other server, where that was asked; else null.</param>
[GenerateSerializer, Immutable, Alias("cmud.GetReply")]
public readonly record struct GetReply(
    [property: Id(0)] byte[]? Value,
    [property: Id(1)] Stamp? Stamp,
    [property: Id(2)] ulong Server,
    [property: Id(3)] TimeSpan? TimeLeft = null,
    [property: Id(4)] ulong PurgeFloor = 0,
    [property: Id(5)] ServerLag[]? Lags = null);

/// <summary>Sets a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Seen">The greatest hybrid timestamp the client has met.</param>
/// <param name="TimeToLive">How long from its acceptance, by the clock of the server that accepts it, the value is shown; null for ever.</param>
[GenerateSerializer, Immutable, Alias("cmud.PutRequest")]
public readonly record struct PutRequest(
    [property: Id(0)] byte[] Key, [property: Id(1)] byte[] Value, [property: Id(2)] ulong Seen, [property: Id(3)] TimeSpan? TimeToLive = null);

/// <summary>Deletes a key.</summary>
[GenerateSerializer, Immutable, Alias("cmud.DeleteRequest")]
public readonly record struct DeleteRequest([property: Id(0)] byte[] Key, [property: Id(1)] ulong Seen);

/// <summary>A write, Put or Delete, was accepted and committed.</summary>
/// <param name="Stamp">Its place in the total order of writes; holds its origin.</param>
/// <param name="Sequence">Its number in that origin.</param>
/// <param name="Server">The id of the server that answered.</param>
/// <param name="Expiry">Milliseconds since 1970 at which it expires, or <see cref="Entry.Never"/>.</param>
[GenerateSerializer, Immutable, Alias("cmud.PutReply")]
public readonly record struct PutReply(
    [property: Id(0)] Stamp Stamp, [property: Id(1)] ulong Sequence, [property: Id(2)] ulong Server, [property: Id(3)] long Expiry = Entry.Never);

/// <summary>Asks for one page of the keys that start with a prefix.</summary>
/// <param name="Prefix">The prefix; empty lists all.</param>
/// <param name="After">Only keys above this one; null for the first page.</param>
/// <param name="Limit">Most results, 1 to <see cref="Door.MaxPageEntries"/>; 0 means that maximum.</param>
/// <param name="Seen">The greatest hybrid timestamp the client has met.</param>
/// <param name="Known">Keys of which the client knows a value: where they are not shown here, it wants to know why. At most <see cref="Door.MaxKnownKeys"/>; null for none.</param>
/// <param name="AsksLags">Whether the reply is to tell how far the replica may be behind.</param>
[GenerateSerializer, Immutable, Alias("cmud.ListRequest")]
public readonly record struct ListRequest(
    [property: Id(0)] byte[] Prefix,
    [property: Id(1)] byte[]? After,
    [property: Id(2)] int Limit,
    [property: Id(3)] ulong Seen,
    [property: Id(4)] byte[][]? Known = null,
    [property: Id(5)] bool AsksLags = false);

/// <summary>One page of a List.</summary>
/// <param name="Items">Live keys in the order of their UTF-8 bytes; never null.</param>
/// <param name="More">Whether another page may follow, after the last key of this one.</param>
/// <param name="Server">The id of the server that answered.</param>
/// <param name="Hidden">Those of the keys that the request named whose entry here is a tombstone or has expired, in the page or not; null for none.</param>
/// <param name="PurgeFloor">A key in the range of the page that is neither listed nor hidden was deleted or has expired, if an entry below this timestamp was seen elsewhere; 0 says nothing.</param>
/// <param name="Lags">How far the replica may be behind each other server, where that was asked; else null.</param>
[GenerateSerializer, Immutable, Alias("cmud.ListReply")]
public readonly record struct ListReply(
    [property: Id(0)] ListItem[] Items,
    [property: Id(1)] bool More,
    [property: Id(2)] ulong Server,
    [property: Id(3)] HiddenKey[]? Hidden = null,
    [property: Id(4)] ulong PurgeFloor = 0,
    [property: Id(5)] ServerLag[]? Lags = null);

/// <summary>One result of a List.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Stamp">The stamp of its entry.</param>
/// <param name="TimeLeft">How long it is still shown, by the clock of the server that answered; null where it never expires.</param>
[GenerateSerializer, Immutable, Alias("cmud.ListItem")]
public readonly record struct ListItem(
    [property: Id(0)] byte[] Key, [property: Id(1)] byte[] Value, [property: Id(2)] Stamp Stamp, [property: Id(3)] TimeSpan? TimeLeft = null);

/// <summary>A key that has an entry, which is not shown: a tombstone, or an expired one.</summary>
[GenerateSerializer, Immutable, Alias("cmud.HiddenKey")]
public readonly record struct HiddenKey([property: Id(0)] byte[] Key, [property: Id(1)] Stamp Stamp);

/// <summary>What an operation of a batch does.</summary>
public enum OperationKind
{
    /// <summary>Get; reads <see cref="Operation.Key"/>.</summary>
    Get,

    /// <summary>Put; sets <see cref="Operation.Key"/> to <see cref="Operation.Value"/>, for TimeToLive where that is given.</summary>
    Put,

    /// <summary>List; pages <see cref="Operation.Key"/> as a prefix, with After and Limit.</summary>
    List,

    /// <summary>Delete; deletes <see cref="Operation.Key"/>.</summary>
    Delete,
}

/// <summary>One operation of a batch.</summary>
public readonly record struct Operation(OperationKind Kind, byte[] Key, byte[]? Value = null, byte[]? After = null, int Limit = 0, TimeSpan? TimeToLive = null);

/// <summary>Operations to carry out in order, as one call. A batch with a refused operation is refused whole; nothing of it is stored.</summary>
/// <param name="Operations">1 to <see cref="Door.MaxBatch"/> operations.</param>
/// <param name="Seen">The greatest hybrid timestamp the client has met.</param>
/// <param name="AsksLags">Whether the reply is to tell how far the replica may be behind.</param>
/// <param name="IsBrief">Whether it is to be refused where its Gets find more than <see cref="Door.MaxBriefReadBytes"/>, and not only beyond <see cref="Door.MaxReadBytes"/>: for who keeps the answers of many.</param>
/// <remarks>Travels as <see cref="PackedRequest"/>.</remarks>
public readonly record struct ExecuteRequest(Operation[] Operations, ulong Seen, bool AsksLags = false, bool IsBrief = false);

/// <summary>The result of one operation: the member of its kind is set, that of Put for a Delete.</summary>
public readonly record struct OperationResult(GetReply? Get = null, PutReply? Put = null, ListReply? List = null);

/// <summary>The results of a batch, in its order.</summary>
/// <param name="Results">One for each operation.</param>
/// <param name="Lags">How far the replica may be behind each other server, where that was asked; else null.</param>
/// <remarks>Travels as <see cref="PackedReply"/>. The lags of single results do not travel.</remarks>
public readonly record struct ExecuteReply(OperationResult[] Results, ServerLag[]? Lags = null);

/// <summary>A server as its clients see it.</summary>
/// <param name="Server">Its id.</param>
/// <param name="Name">Its label.</param>
/// <param name="Address">The advertised host:port of its gateway.</param>
/// <param name="QueryGrains">How many query grains it has: keys 0 to QueryGrains - 1.</param>
[GenerateSerializer, Immutable, Alias("cmud.ServerDescription")]
public sealed record ServerDescription(
    [property: Id(0)] ulong Server, [property: Id(1)] string Name, [property: Id(2)] string Address, [property: Id(3)] int QueryGrains);
