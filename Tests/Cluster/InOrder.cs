using Cmud.Client;

namespace Cmud.Tests.Cluster;

/// <summary>The first reachable server, so that tests know where calls go.</summary>
internal sealed class InOrder : ICmudRouter
{
    public Route Next(IReadOnlyList<ServerView> servers) => new(servers.TakeWhile(server => !server.Reachable).Count(), 0);
}
