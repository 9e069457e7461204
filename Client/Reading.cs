using Cmud.Replication;

namespace Cmud.Client;

/// <summary>What a key holds, and how old that may be.</summary>
/// <param name="Value">The newest value known to the replica that answered or to this client; null where the key is absent.</param>
/// <param name="Server">The server that answered.</param>
/// <param name="Lags">How far its replica may be behind each other member; one that the client is not told of is the server itself.</param>
public sealed record Reading(string? Value, ServerId Server, IReadOnlyList<ServerLag> Lags)
{
    /// <summary>
    /// Every write that any other server acknowledged longer ago than this, before the answer, was known to the replica, or a newer one of its key, unless it
    /// was overwritten since; null where of some member nothing is known yet. An upper bound: the exact age is less by at least the way from that server.
    /// </summary>
    public TimeSpan? Staleness => Lags.Any(static lag => lag.Lag is null) ? null : Lags.Select(static lag => lag.Lag!.Value).DefaultIfEmpty().Max();
}

/// <summary>How far a replica may be behind a server.</summary>
/// <param name="Server">Which server.</param>
/// <param name="Lag">All that it acknowledged longer ago, and that stands, is known; null where nothing is known yet.</param>
public sealed record ServerLag(ServerId Server, TimeSpan? Lag);
