using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Orleans.Concurrency;

namespace Cmud.Grains;

// What grains of one server say to one another. Entries are immutable and shared: within a silo nothing is copied.

/// <summary>How long a grain may take to wake, which is how long its server may take to read its disk: 10^9 keys at 10^6 a second are a quarter of an hour. A start that hangs is its operator's to end.</summary>
internal static class WakeTime
{
    /// <summary>As an attribute has it.</summary>
    public const string Text = "23:59:59";

    /// <summary>The same.</summary>
    public static readonly TimeSpan Value = TimeSpan.Parse(Text, CultureInfo.InvariantCulture);
}

/// <summary>The sync grain, as its own server sees it.</summary>
[Alias("cmud.ILocalSync")]
internal interface ILocalSync : IGrainWithIntegerKey
{
    /// <summary>Activates it; called once, as the silo starts.</summary>
    [Alias("Start"), ResponseTimeout(WakeTime.Text)]
    ValueTask Start();

    /// <summary>Own writes that the journal committed.</summary>
    [Alias("Commit"), OneWay]
    ValueTask Commit(CommitMessage message);

    /// <summary>A link to a peer came up or went down.</summary>
    [Alias("LinkChanged"), OneWay]
    ValueTask LinkChanged(string address, bool isUp);

    /// <summary>Who is at the other end of a link.</summary>
    [Alias("LinkIdentified"), OneWay]
    ValueTask LinkIdentified(string address, ulong server, string advertised, string name);

    /// <summary>The journal has no room any more for what peers send, or has it again.</summary>
    [Alias("RoomChanged"), OneWay]
    ValueTask RoomChanged(bool hasRoom);

    /// <summary>A frame that came back over the link to an address.</summary>
    [Alias("CameBack"), OneWay]
    ValueTask CameBack(string address, FramePayload frame);

    /// <summary>A slice of all that the server holds, for a query grain that wakes; comes as soon as the pace allows.</summary>
    [Alias("Load"), ResponseTimeout(WakeTime.Text)]
    ValueTask<LoadReply> Load(LoadRequest request);

    /// <summary>Completes when the peers hold all that was accepted here, or after a bounded time.</summary>
    [Alias("HandOver")]
    ValueTask HandOver();

    /// <summary>The state of the sync, to look at.</summary>
    [Alias("Status")]
    ValueTask<SyncStatus> Status();

    /// <summary>The servers that this one knows.</summary>
    [Alias("Members")]
    ValueTask<MembersReply> Members();

    /// <summary>What went from grain to grain.</summary>
    [Alias("Pairs")]
    ValueTask<PairsReply> Pairs();

    /// <summary>A server never returns.</summary>
    [Alias("Forget")]
    ValueTask Forget(ulong server);
}

/// <summary>A query grain, as the sync grain sees it.</summary>
[Alias("cmud.IReplicaGrain")]
internal interface IReplicaGrain : IGrainWithIntegerKey
{
    /// <summary>Activates it; answered when it holds what the server holds.</summary>
    [Alias("Start"), ResponseTimeout(WakeTime.Text)]
    ValueTask Start();

    /// <summary>Takes entries in. One-way: the sync grain never waits for a query grain.</summary>
    [Alias("Merge"), OneWay]
    ValueTask Merge(DeltaMessage delta);
}

/// <summary>One contiguous interval of the journal.</summary>
[GenerateSerializer, Immutable, Alias("cmud.CommitMessage")]
internal sealed record CommitMessage([property: Id(0)] ulong After, [property: Id(1)] ulong UpTo, [property: Id(2)] Entry[] Entries);

/// <summary>Entries that are news to the receiver, and tombstones that it is to forget.</summary>
[GenerateSerializer, Immutable, Alias("cmud.DeltaMessage")]
internal sealed record DeltaMessage([property: Id(0)] IReadOnlyList<Entry> Entries, [property: Id(1)] IReadOnlyList<Entry> Purged, [property: Id(2)] ulong PurgeFloor, [property: Id(3)] ulong Number);

/// <summary>Asks for a slice.</summary>
/// <param name="Grain">Who asks.</param>
/// <param name="JournalHead">The journal's last sequence as it woke.</param>
/// <param name="After">The cursor of the slice before; null for the first.</param>
[GenerateSerializer, Immutable, Alias("cmud.LoadRequest")]
internal sealed record LoadRequest([property: Id(0)] int Grain, [property: Id(1)] ulong JournalHead, [property: Id(2)] byte[]? After);

/// <summary>A slice; the cursor is null when it was the last. The clock is the greatest timestamp that the server has seen.</summary>
[GenerateSerializer, Immutable, Alias("cmud.LoadReply")]
internal sealed record LoadReply([property: Id(0)] IReadOnlyList<Entry> Entries, [property: Id(1)] byte[]? Cursor, [property: Id(2)] ulong Clock, [property: Id(3)] ulong PurgeFloor, [property: Id(4)] ulong Number);

/// <summary>The state of a server's sync.</summary>
/// <param name="Server">Its name.</param>
/// <param name="Members">Name and address of every server it knows, itself included.</param>
/// <param name="Held">Per origin, the sequences it holds, as text.</param>
/// <param name="Pairs">The counters of every ordered pair in which it sends.</param>
/// <param name="Unproved">Claims that left the bounds of their proof.</param>
/// <param name="Dead">Tombstones and expired entries that are not yet purged.</param>
[GenerateSerializer, Immutable, Alias("cmud.SyncStatus")]
public sealed record SyncStatus(
    [property: Id(0)] string Server,
    [property: Id(1)] IReadOnlyList<string> Members,
    [property: Id(2)] IReadOnlyDictionary<string, string> Held,
    [property: Id(3)] IReadOnlyList<PairStatus> Pairs,
    [property: Id(4)] long Unproved,
    [property: Id(5)] int Dead);
