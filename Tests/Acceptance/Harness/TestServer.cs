using Cmud.Client;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>One server as `dotnet run --project Silo` starts it, but in this process: a cell of its own, on real loopback ports.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly FatalErrors _fatal;
    private readonly ILocalSync _sync;
    private readonly IGrainFactory _grains;

    private TestServer(WebApplication host, FatalErrors fatal, ServerOptions options)
    {
        (_host, _fatal) = (host, fatal);
        Name = options.Name;
        Address = new(options.Host.ToString(), options.Port);
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        _grains = grains;
        _sync = grains.GetGrain<ILocalSync>(0);
        Grains = [.. Enumerable.Range(0, options.QueryGrains).Select(grain => new TestGrain(this, grain, grains.GetGrain<IQueryGrain>(grain)))];
    }

    /// <summary>Its label; tags its measurements too.</summary>
    public string Name { get; }

    /// <summary>Its gateway.</summary>
    public ServerAddress Address { get; }

    /// <summary>Its query grains, asked directly: what they answer is what their replicas hold, no client's memory in between.</summary>
    public IReadOnlyList<TestGrain> Grains { get; }

    /// <summary>Starts a server; returns when it is ready.</summary>
    /// <param name="count">How many query grains.</param>
    /// <param name="join">Servers to join.</param>
    /// <param name="network">Lies under its links to peers; null leaves them as fast as loopback is.</param>
    /// <param name="configureSilo">More services, or others.</param>
    public static async Task<TestServer> StartAsync(
        int count = 1, IEnumerable<TestServer>? join = null, Network? network = null, Action<ISiloBuilder>? configureSilo = null)
    {
        var options = new ServerOptions
        {
            Port = TestPorts.Next(count),
            QueryGrains = count,
            Join = [.. (join ?? []).Select(peer => new ServerAddress(peer.Address.Host, peer.Address.Port))],
        };
        var fatal = new FatalErrors();
        var host = ServerHost.Build(
            options,
            silo =>
            {
                silo.Services.AddSingleton<IFatalErrorHandler>(fatal);
                configureSilo?.Invoke(silo);
            },
            store => store.ConfigureLink = network?.Under(options.Name));
        await host.StartAsync();
        return new(host, fatal, options);
    }

    /// <summary>A client, over the network, of one query grain.</summary>
    public Task<CmudClient> ConnectAsync(int grain = 0) => CmudClient.ConnectAsync(new CmudClientOptions { Servers = [Address], Router = new FixedRouter(0, grain) });

    /// <summary>What its sync grain says of itself.</summary>
    public ValueTask<SyncStatus> StatusAsync() => _sync.Status();

    /// <summary>The servers that it knows.</summary>
    public async Task<IReadOnlyList<MemberState>> MembersAsync() => (await _sync.Members()).Members;

    /// <summary>Gives one replica entries that no other has, behind the back of the sync.</summary>
    public ValueTask PlantAsync(int grain, params Entry[] entries) => _grains.GetGrain<IReplicaGrain>(grain).Merge(new(entries, [], 0, Number: 0));

    /// <summary>The same, and makes it forget an entry before.</summary>
    public async ValueTask ReplaceAsync(int grain, Entry purged, Entry entry)
    {
        await _grains.GetGrain<IReplicaGrain>(grain).Merge(new([], [purged], 0, Number: 0));
        await PlantAsync(grain, [entry]);
    }

    /// <summary>Stops it without a farewell; fails where anything fatal had happened before.</summary>
    public async ValueTask DisposeAsync()
    {
        var fatal = _fatal.Seen.ToArray();
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
        Assert.Empty(fatal);
    }

    public override string ToString() => Name;
}
