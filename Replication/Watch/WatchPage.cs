namespace Cmud.Replication.Watch;

/// <summary>What a watcher is told next.</summary>
/// <param name="Changes">At most the limit; newest per key.</param>
/// <param name="Position">Where it is then.</param>
/// <param name="IsReset">Before these: forget all, for all that is there follows.</param>
/// <param name="IsCurrent">After these, it knows all that the replica shows.</param>
public sealed record WatchPage(IReadOnlyList<Change> Changes, WatchPosition Position, bool IsReset, bool IsCurrent);

/// <summary>What became of a key.</summary>
/// <param name="Key">UTF-8.</param>
/// <param name="Entry">Its entry now; null where it was deleted or has expired, and was purged since.</param>
public readonly record struct Change(byte[] Key, Entry? Entry);
