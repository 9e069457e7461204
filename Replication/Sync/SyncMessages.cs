using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>Something that happened, for the sync machine.</summary>
public abstract record SyncInput;

/// <summary>The journal committed own writes.</summary>
/// <param name="Slice">One contiguous interval, following the last one.</param>
public sealed record Committed(JournalSlice Slice) : SyncInput;

/// <summary>The server starts: the first input of a machine whose journal kept something.</summary>
/// <param name="Contents">What former lives left.</param>
public sealed record Recovered(JournalContents Contents) : SyncInput;

/// <summary>The journal has kept changes, and all before them: they may be told.</summary>
/// <param name="Number">Of the <see cref="Keep"/>.</param>
public sealed record Kept(ulong Number) : SyncInput;

/// <summary>The journal takes nothing below a floor any more.</summary>
/// <param name="Floor">Of the <see cref="Promise"/>.</param>
/// <param name="UpTo">The sequence up to which lower stamps were taken.</param>
public sealed record Promised(HybridTimestamp Floor, ulong UpTo) : SyncInput;

/// <summary>A frame came from a peer.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Bytes">Its encoded size, for the counters.</param>
/// <param name="ReturnPath">A handle of the connection that the peer dialled, where frames may go back over it. Only ever handed back, in <see cref="SendFrame"/>.</param>
/// <param name="CameBack">The address of our own link, where the frame came back over that.</param>
public sealed record FrameArrived(Frame Frame, int Bytes, object? ReturnPath = null, string? CameBack = null) : SyncInput;

/// <summary>The link to an address can carry frames now, or no longer can.</summary>
/// <param name="Address">host:port, as given to <see cref="OpenLink"/>.</param>
/// <param name="IsUp">Whether it can.</param>
public sealed record LinkChanged(string Address, bool IsUp) : SyncInput;

/// <summary>The link to an address turned out to lead to a server.</summary>
/// <param name="Address">host:port, as given to <see cref="OpenLink"/>.</param>
/// <param name="Member">The server there.</param>
public sealed record LinkIdentified(string Address, Member Member) : SyncInput;

/// <summary>An operator's word: a server never returns. What it alone held is lost; what waits for it waits no more.</summary>
public sealed record ForgetServer(ServerId Server) : SyncInput;

/// <summary>The disk has no room any more for what others send, or has it again.</summary>
public sealed record RoomChanged(bool HasRoom) : SyncInput;

/// <summary>Time has passed.</summary>
public sealed record Tick : SyncInput;

/// <summary>Something to do, for the host of the sync machine.</summary>
public abstract record SyncOutput;

/// <summary>Give changes to the journal, in the order of these outputs, and say <see cref="Kept"/> when they are durable.</summary>
/// <param name="Number">Counts up from 1.</param>
/// <param name="Changes">What to keep.</param>
public sealed record Keep(ulong Number, JournalChanges Changes) : SyncOutput;

/// <summary>Send a frame; drop it where what should carry it is gone.</summary>
/// <param name="Address">The peer's, and its link's.</param>
/// <param name="Frame">The frame.</param>
/// <param name="ReturnPath">Carries the frame while the link is not up; null where the link does.</param>
public sealed record SendFrame(string Address, Frame Frame, object? ReturnPath = null) : SyncOutput;

/// <summary>Open a link, and keep trying with back-off.</summary>
public sealed record OpenLink(string Address) : SyncOutput;

/// <summary>Dispose the link with all that it queues, and open a new one, with back-off.</summary>
public sealed record ResetLink(string Address) : SyncOutput;

/// <summary>Dispose the link for good: another one leads to the same server, or it leads here.</summary>
public sealed record CloseLink(string Address) : SyncOutput;

/// <summary>Hand entries to a local query grain, as one one-way message, and say <see cref="SyncMachine.Merged"/> when it has taken them in.</summary>
/// <param name="Grain">Its key.</param>
/// <param name="Entries">To merge.</param>
/// <param name="Purged">To forget, after that; see <see cref="Replica.Purge"/>.</param>
/// <param name="PurgeFloor">For its replica.</param>
/// <param name="Number">Counts the messages to that grain, slices of loads included.</param>
public sealed record Deliver(int Grain, IReadOnlyList<Entry> Entries, IReadOnlyList<Entry> Purged, HybridTimestamp PurgeFloor, ulong Number) : SyncOutput;

/// <summary>Let a local query grain know how fresh it is; not as a message, which would count as one.</summary>
/// <param name="Grain">Its key.</param>
/// <param name="Freshness">From the time on at which it has merged the delivery that this names.</param>
public sealed record Freshen(int Grain, Freshness Freshness) : SyncOutput;

/// <summary>Let the journal promise that nothing is stamped below any more, and say <see cref="Promised"/>.</summary>
public sealed record Promise(HybridTimestamp Floor) : SyncOutput;

/// <summary>
/// The peers know a later life of this server: the clock was later when that one began. They take no frames of this one, so it
/// must end, and begin again with an incarnation above.
/// </summary>
/// <param name="Incarnation">The later life's.</param>
public sealed record Outlived(ulong Incarnation) : SyncOutput;

/// <summary>
/// The others turned this server away: it was forgotten, or its disk is older than what they have purged. It must end, put its data aside, and begin
/// anew, empty and under a new id.
/// </summary>
/// <param name="Held">What they hold: all else that its disk has, nobody else may have.</param>
public sealed record Fenced(IReadOnlyList<Holding> Held) : SyncOutput;

/// <summary>Something an operator should read.</summary>
public sealed record Notice(string Sentence) : SyncOutput;

/// <summary>A clock is wrong, or no longer: something an operator should read, and act upon.</summary>
/// <param name="Sentence">What.</param>
/// <param name="IsOver">Whether it ends what an earlier one began.</param>
public sealed record Alarm(string Sentence, bool IsOver) : SyncOutput;

/// <summary>A part of a load: what the sync machine holds, for a replica that wakes.</summary>
/// <param name="Entries">Entries in the order of keys.</param>
/// <param name="Cursor">The key to go on after; null when this was the last slice.</param>
/// <param name="Clock">The greatest timestamp that was seen: of writes, too, that are no longer there.</param>
/// <param name="PurgeFloor">For the replica; see <see cref="Replica.PurgeFloor"/>.</param>
public sealed record LoadSlice(IReadOnlyList<Entry> Entries, byte[]? Cursor, HybridTimestamp Clock, HybridTimestamp PurgeFloor);

/// <summary>An address where an existing server may be: make it a peer.</summary>
/// <param name="Address">host:port of its gateway.</param>
public sealed record JoinServer(string Address) : SyncInput;
