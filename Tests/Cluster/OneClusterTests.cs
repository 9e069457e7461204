using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Orleans.TestingHost;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Several silos in one Orleans cluster: each is a server with replicas of its own, and the same links carry the sync.</summary>
public sealed class OneClusterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Three_silos_of_one_cluster_sync_through_the_same_links()
    {
        var builder = new TestClusterBuilder(3);
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.Options.ClusterId = StoreCluster.ClusterId;
        builder.Options.ServiceId = StoreCluster.ServiceId;
        builder.AddSiloBuilderConfigurator<StoreConfigurator>();
        var cluster = builder.Build();
        await using var disposal = cluster;
        await cluster.DeployAsync();
        var silos = cluster.Silos.Cast<InProcessSiloHandle>().Select(silo => (IGrainFactory)silo.SiloHost.Services.GetService(typeof(IGrainFactory))!).ToArray();

        for (var silo = 0; silo < silos.Length; silo++) await silos[silo].GetGrain<IQueryGrain>(0).Put(new(Utf8($"from{silo}"), Utf8("value"), 0));

        var servers = new HashSet<ulong>();
        foreach (var silo in silos)
        {
            for (var grain = 0; grain < 2; grain++)
            {
                var replica = silo.GetGrain<IQueryGrain>(grain);
                await Until(async () => (await replica.List(new(Utf8("from"), null, 0, 0))).Items.Length == silos.Length, $"grain {grain} of a silo never showed all {silos.Length} writes");
            }

            servers.Add((await silo.GetGrain<IQueryGrain>(0).Describe()).Server);
        }

        // Each silo answered from grains of its own: nothing was forwarded to another one.
        Assert.Equal(silos.Length, servers.Count);
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static async Task Until(Func<Task<bool>> isTrue, string otherwise)
    {
        using var timeout = new CancellationTokenSource(Limit);
        while (!await isTrue())
        {
            if (timeout.IsCancellationRequested) Assert.Fail(otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class StoreConfigurator : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder) => siloBuilder.AddStore(store =>
        {
            store.QueryGrains = 2;
            // Every silo joins the first; it learns of the others from its frames.
            store.Join.Add($"127.0.0.1:{siloBuilder.Configuration[nameof(TestClusterOptions.BaseGatewayPort)]}");
        });
    }
}
