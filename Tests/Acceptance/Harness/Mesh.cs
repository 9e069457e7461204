using Cmud.Replication.Sync;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Servers that know one another, over one network.</summary>
internal sealed class Mesh : IAsyncDisposable
{
    private readonly List<TestServer> _servers = [];

    private readonly Action<ISiloBuilder>? _configureSilo;

    private Mesh(Network? network, Action<ISiloBuilder>? configureSilo) => (Network, _configureSilo) = (network, configureSilo);

    /// <summary>Lies between the servers; null for loopback as it is.</summary>
    public Network? Network { get; }

    public IReadOnlyList<TestServer> Servers => _servers;

    /// <summary>All query grains of all servers.</summary>
    public IReadOnlyList<TestGrain> Grains => [.. _servers.SelectMany(server => server.Grains)];

    /// <summary>No servers yet.</summary>
    public static Mesh Empty(Network? network = null, Action<ISiloBuilder>? configureSilo = null) => new(network, configureSilo);

    /// <summary>Starts servers with so many query grains each, and waits until each pair hears one another.</summary>
    public static Task<Mesh> StartAsync(Network? network, params int[] counts) => Empty(network).WithAsync(counts);

    /// <inheritdoc cref="StartAsync"/>
    public async Task<Mesh> WithAsync(params int[] counts)
    {
        foreach (var count in counts) await AddAsync(count);
        await IsWhole();
        return this;
    }

    /// <summary>Starts one more server, which knows of the last one only; does not wait until they hear one another.</summary>
    public async Task<TestServer> AddAsync(int count)
    {
        var server = await TestServer.StartAsync(count, _servers.TakeLast(1), Network, _configureSilo);
        _servers.Add(server);
        return server;
    }

    /// <summary>Waits until every server has heard every other, and told it something.</summary>
    public async Task IsWhole()
    {
        foreach (var server in _servers)
        {
            await Eventually.NothingIsMissing(async () =>
            {
                var heard = (await server.StatusAsync()).Pairs.Count(pair => pair is { IsUp: true, ReceivedMessages: > 0, Messages: > 0 } && pair.Receiver.Contains(':', StringComparison.Ordinal));
                return heard == _servers.Count - 1 ? null : $"{server} hears {heard} of {_servers.Count - 1} servers.";
            });
        }
    }

    /// <summary>Waits until all hold the same, and nothing that is data went anywhere for several send intervals: all buffers are long empty.</summary>
    public async Task Rests()
    {
        const int intervals = 5;
        var (last, since) = ("", TimeProvider.System.GetTimestamp());
        await Eventually.NothingIsMissing(async () =>
        {
            var statuses = await Task.WhenAll(_servers.Select(server => server.StatusAsync().AsTask()));
            var held = statuses.Select(status => string.Join("; ", status.Held.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))).ToArray();
            var state = $"{string.Join(" | ", held)} after {statuses.Sum(status => status.Pairs.Sum(pair => pair.Entries))} entries sent";
            if (state != last) (last, since) = (state, TimeProvider.System.GetTimestamp());
            var isAtRest = held.Distinct().Count() == 1 && TimeProvider.System.GetElapsedTime(since) > intervals * new SyncSettings().SendInterval;
            return isAtRest ? null : $"the servers do not come to rest: {state}.";
        });
    }

    /// <summary>The counters of all pairs now.</summary>
    public Task<Traffic> TrafficAsync() => Traffic.OfAsync(_servers);

    public async ValueTask DisposeAsync() => await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));
}
