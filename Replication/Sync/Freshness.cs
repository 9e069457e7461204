namespace Cmud.Replication.Sync;

/// <summary>How fresh a local query grain is, once it has merged what was delivered to it so far.</summary>
/// <param name="Delivery">The number of the last message to it that this speaks of; see <see cref="Deliver"/>.</param>
/// <param name="Servers">The other members.</param>
public sealed record Freshness(ulong Delivery, IReadOnlyList<HeldAsOf> Servers)
{
    /// <summary>Of nobody anything is known.</summary>
    public static readonly Freshness None = new(0, []);
}

/// <summary>All writes that a server acknowledged before a time are held here, or newer ones.</summary>
/// <param name="Server">Which server.</param>
/// <param name="Time">On the monotonic clock of this server; null where nothing is known yet.</param>
public readonly record struct HeldAsOf(ServerId Server, TimeSpan? Time);
