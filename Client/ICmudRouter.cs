using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>Says before every call which query grain of which server to ask. It may answer differently each time.</summary>
/// <remarks>
/// Asked by many threads at once. Asked again where the call could not be made or failed and may be repeated. An
/// unreachable server may be named: the call then waits for it, or for a better answer, as long as calls may take.
/// </remarks>
public interface ICmudRouter
{
    /// <summary>Whom to ask next.</summary>
    /// <param name="servers">The servers in the order they were given to the client; at least one is reachable.</param>
    Route Next(IReadOnlyList<ServerView> servers);
}

/// <summary>One query grain of one server.</summary>
/// <param name="Server">The place of the server in the list of servers.</param>
/// <param name="Grain">The key of the grain, 0 and up.</param>
public readonly record struct Route(int Server, int Grain);

/// <summary>A server as the client sees it now.</summary>
/// <param name="Address">Where its gateway was looked for.</param>
/// <param name="Reachable">Whether it is connected and answers; also of a silent one while none answers.</param>
/// <param name="QueryGrains">How many query grains it has; 0 until it was first reached.</param>
/// <param name="RoundTrip">How long it takes to answer; zero until it was first reached.</param>
/// <param name="Id">Who it is; <see cref="ServerId.None"/> until it was first reached.</param>
/// <param name="Name">Its label; empty until it was first reached.</param>
public sealed record ServerView(ServerAddress Address, bool Reachable, int QueryGrains, TimeSpan RoundTrip, ServerId Id, string Name);
