using System.Net;
using Cmud.Grains.Interfaces.Tls;
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

    /// <summary>Speaks over TLS; called after <see cref="PinTo"/>, so that a refusal ends the connection too.</summary>
    /// <param name="client">The client to be.</param>
    /// <param name="tls">What is shown and trusted.</param>
    /// <param name="host">The name or address that is dialled, which the server's certificate must be for.</param>
    /// <param name="refused">Told why the server is not spoken with.</param>
    public static void Secure(this IClientBuilder client, MutualTls tls, string host, Action<string> refused) =>
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.Use(next => tls.Dial(host, next, refused))));
}
