using Cmud.Replication.Watch;

namespace Cmud.Replication.Sync;

/// <summary>How fresh a local query grain is, once it has merged what was delivered to it so far.</summary>
/// <param name="Delivery">The number of the last message to it that this speaks of; see <see cref="Deliver"/>.</param>
/// <param name="Servers">The other members.</param>
/// <param name="Floors">What it has of each origin, where it shows all that it wrote itself; at most <see cref="Coverage.MaxOrigins"/>.</param>
public sealed record Freshness(ulong Delivery, IReadOnlyList<HeldAsOf> Servers, IReadOnlyList<OriginFloor> Floors)
{
    /// <summary>Of nobody anything is known.</summary>
    public static readonly Freshness None = new(0, [], []);
}

/// <summary>Every write that a server acknowledged before a time is held here, or a newer one of its key, unless it was overwritten since.</summary>
/// <remarks>Unless: who overwrites a write of its own before it was sent anywhere claims its sequence without it (see <see cref="Frames.Section"/>), and the winner may still be on its way.</remarks>
/// <param name="Server">Which server.</param>
/// <param name="Time">On the monotonic clock of this server; null where nothing is known yet.</param>
public readonly record struct HeldAsOf(ServerId Server, TimeSpan? Time);
