using Cmud.Client;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Any query grain of any server that answers.</summary>
internal sealed class RandomRouter(Random chance) : ICmudRouter
{
    private readonly Lock _gate = new();

    public Route Next(IReadOnlyList<ServerView> servers)
    {
        var reachable = Enumerable.Range(0, servers.Count).Where(server => servers[server].Reachable).ToArray();
        lock (_gate)
        {
            var server = reachable[chance.Next(reachable.Length)];
            return new(server, chance.Next(servers[server].QueryGrains));
        }
    }
}
