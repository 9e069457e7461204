using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

/// <summary>Asks what changed under a prefix since the last answer, and waits for it where nothing has.</summary>
/// <param name="Prefix">The prefix; empty watches all.</param>
/// <param name="Position">That of the last answer, of whatever query grain of whatever server; null for the first: all that is there is told then, and what changes after it.</param>
/// <param name="IsFromNow">Where there is no position: only what changes from now on is told.</param>
/// <param name="Limit">Most changes, 1 to <see cref="Door.MaxPageEntries"/>; 0 means that maximum.</param>
/// <param name="Wait">How long to wait for a change before the answer is empty; at most 10 s.</param>
[GenerateSerializer, Immutable, Alias("cmud.WatchRequest")]
public readonly record struct WatchRequest(
    [property: Id(0)] byte[] Prefix,
    [property: Id(1)] byte[]? Position,
    [property: Id(2)] bool IsFromNow,
    [property: Id(3)] int Limit,
    [property: Id(4)] TimeSpan Wait);

/// <summary>What changed, newest per key.</summary>
/// <param name="Items">In the order in which it came, or where <paramref name="IsReset"/> in that of the keys; may be empty.</param>
/// <param name="Position">What to ask with next: good at any query grain of any server.</param>
/// <param name="IsReset">Before the items: forget all, for all that is there follows, in this answer and the next ones until one <paramref name="IsCurrent"/>.</param>
/// <param name="IsCurrent">After the items, the watcher knows all that the replica shows.</param>
[GenerateSerializer, Immutable, Alias("cmud.WatchReply")]
public readonly record struct WatchReply(
    [property: Id(0)] WatchItem[] Items, [property: Id(1)] byte[] Position, [property: Id(2)] bool IsReset, [property: Id(3)] bool IsCurrent);

/// <summary>What became of a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value; null where it was deleted or has expired.</param>
/// <param name="Stamp">The stamp of its entry; null where that is not known any more.</param>
/// <param name="TimeLeft">How long the value is still shown, by the clock of the server that answered; null where it never expires.</param>
[GenerateSerializer, Immutable, Alias("cmud.WatchItem")]
public readonly record struct WatchItem(
    [property: Id(0)] byte[] Key, [property: Id(1)] byte[]? Value, [property: Id(2)] Stamp? Stamp, [property: Id(3)] TimeSpan? TimeLeft = null);
