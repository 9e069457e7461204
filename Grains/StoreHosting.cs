using Cmud.Replication.Sync;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;

namespace Cmud.Grains;

/// <summary>Puts a server of the store into a silo.</summary>
public static class StoreHosting
{
    /// <summary>Adds the query grains, the sync grain and the links to the peers, and wakes them as the silo starts.</summary>
    public static ISiloBuilder AddStore(this ISiloBuilder silo, Action<StoreOptions> configure)
    {
        silo.Services.Configure(configure);
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddMetrics();
        silo.Services.AddSingleton<SyncSettings>();
        silo.Services.AddSingleton<StoreServer>();
        silo.Services.AddSingleton<StoreMetrics>();
        silo.Services.TryAddSingleton<IAuditTrail, NoAuditTrail>();
        silo.Services.AddSingleton<SyncMetrics>();
        silo.Services.AddSingleton<PeerLinks>();
        silo.Services.AddHostedService(services => services.GetRequiredService<PeerLinks>());
        silo.Services.AddSingleton<JournalFeed>();
        silo.Services.AddHostedService(services => services.GetRequiredService<JournalFeed>());
        silo.Services.AddHostedService<RoomWatch>();
        silo.Services.AddHostedService<Farewell>();
        silo.Services.AddGrainDirectory<LocalGrainDirectory>(LocalGrainDirectory.Name, (_, _) => new LocalGrainDirectory());
        // Memory shedding would override KeepAlive, and a replica that is shed is loaded again at once.
        silo.Configure<GrainCollectionOptions>(options => (options.EnableActivationSheddingOnMemoryPressure, options.ActivationTimeout) = (false, WakeTime.Value));
        // A server is its silo's whole cluster. Otherwise a clock that is stepped ahead by 5 minutes while it starts makes it declare itself dead (10.4.2, ClusterHealthMonitor).
        silo.Configure<ClusterMembershipOptions>(static options => options.EvictWhenMaxJoinAttemptTimeExceeded = false);
        silo.AddStartupTask(Wake);
        return silo;
    }

    /// <summary>Activates the sync grain, then every query grain, so that a server that says ready answers at once.</summary>
    private static async Task Wake(IServiceProvider services, CancellationToken cancellationToken)
    {
        var grains = services.GetRequiredService<IGrainFactory>();
        await grains.GetGrain<ILocalSync>(0).Start();
        var count = services.GetRequiredService<StoreServer>().Options.QueryGrains;
        await Task.WhenAll(Enumerable.Range(0, count).Select(grain => grains.GetGrain<IReplicaGrain>(grain).Start().AsTask()));
    }
}
