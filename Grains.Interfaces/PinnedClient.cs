using System.Net;
using Orleans.Configuration;

namespace Cmud.Grains.Interfaces;

/// <summary>An Orleans client that sees one gateway: Orleans spreads grains over all that a client knows, and who asks a server means that one.</summary>
public static class PinnedClient
{
    /// <summary>Shows the client this gateway and no other, without retries of Orleans' own.</summary>
    /// <param name="client">The client to be.</param>
    /// <param name="gateway">Of a server of the store.</param>
    /// <param name="onLost">
    /// Called whenever a connection has ended, also one that was refused; it should return at once. Orleans' own word for it (its handler of a lost cluster) does
    /// not come where a message was sent at that moment: then a new connection takes the place of the old one, and the calls under way wait for their time limit.
    /// </param>
    public static void PinTo(this IClientBuilder client, IPEndPoint gateway, Action onLost)
    {
        client.UseStaticClustering(gateway);
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (StoreCluster.ClusterId, StoreCluster.ServiceId));
        // Who pins a client retries by itself: Orleans would try 15 times, and say nothing meanwhile.
        client.UseConnectionRetryFilter(static (_, _) => Task.FromResult(false));
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.Use(next => async context =>
        {
            try
            {
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                onLost();
            }
        })));
    }
}
