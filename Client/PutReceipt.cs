using Cmud.Replication;

namespace Cmud.Client;

/// <summary>A write, Put or Delete, was accepted and committed.</summary>
/// <param name="Key">What was set or deleted.</param>
/// <param name="Stamp">Its place in the total order of all writes.</param>
/// <param name="Sequence">Its number among the writes of its origin.</param>
/// <param name="Server">The server that accepted it.</param>
public sealed record PutReceipt(string Key, Stamp Stamp, ulong Sequence, ServerId Server)
{
    /// <summary>The server that accepted it, in the life it led then.</summary>
    public Origin Origin => Stamp.Origin;

    /// <summary>When the value expires, by the clock of the server that accepted it; null where it never does.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
