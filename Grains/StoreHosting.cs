using Microsoft.Extensions.DependencyInjection;

namespace Cmud.Grains;

/// <summary>Puts a server of the store into a silo.</summary>
public static class StoreHosting
{
    /// <summary>Adds the query grains, the sync grain and the links to the peers.</summary>
    public static ISiloBuilder AddStore(this ISiloBuilder silo, Action<StoreOptions> configure)
    {
        silo.Services.Configure(configure);
        return silo;
    }
}
