using System.Net;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Cmud.Silo.Resp;

/// <summary>The thin gateway: turns RESP, the protocol of Redis, into calls of the query grain behind a port.</summary>
internal sealed class RespGateway(IGrainFactory grains, StoreServer server, TokenTable tokens, WriteTurns turns, Admission admission, StoreMetrics metrics, IAuditTrail audit, ILogger<RespGateway> logger)
{
    private readonly ServerFacts _server = new(server.Me.Name, server.Journal is IBackupJournal, server.Time);
    private long _connections;

    /// <summary>Serves a connection that was accepted on the port of query grain <paramref name="index"/>.</summary>
    public async Task Serve(ConnectionContext connection, int index)
    {
        var id = Interlocked.Increment(ref _connections);
        var stop = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? connection.ConnectionClosed;
        try
        {
            var address = $"{(connection.RemoteEndPoint as IPEndPoint)?.Address}";
            var grain = new GuardedGrain(grains.GetGrain<IQueryGrain>(index), index, tokens, turns, admission, metrics, address, tokens.Initial);
            await RespConnection.Serve(grain, _server, id, connection.Transport, connection.Abort, stop, new(tokens, grain, admission, audit, $"{connection.RemoteEndPoint}", address));
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // A client may hang up at any moment; what it had not been answered, nobody waits for.
            logger.LogDebug("RESP connection {Id} from {Client} broke: {Reason}", id, connection.RemoteEndPoint, gone.Message);
        }
    }
}
