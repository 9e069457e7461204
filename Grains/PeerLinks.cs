using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cmud.Grains;

/// <summary>The links to the peers, by address: each an Orleans client of its own, pinned to that peer's gateway.</summary>
/// <remarks>
/// Not one cluster stretched over the world: in a partition Orleans' membership makes one side stop itself, and a server that
/// restarts then could not join. Clients of single-silo clusters keep every server answering.
/// </remarks>
internal sealed class PeerLinks(StoreServer server, IGrainFactory grains, ILogger<PeerLinks> logger) : IHostedLifecycleService, IDisposable
{
    private readonly ConcurrentDictionary<string, PeerLink> _links = new();

    /// <summary>Dials the servers to join while the silo starts: the round trips of both then pass at the same time.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var address in server.Options.Join.Where(address => address != server.Me.Address)) _links.GetOrAdd(address, Dial);
        return Task.CompletedTask;
    }

    /// <summary>Opens the link to an address, unless there is one.</summary>
    public void Open(string address) => _links.GetOrAdd(address, Dial).Open();

    /// <summary>Disposes the link with all that it queues, and opens a new one.</summary>
    public void Reset(string address)
    {
        Close(address);
        Open(address);
    }

    /// <summary>Disposes the link.</summary>
    public void Close(string address)
    {
        if (_links.TryRemove(address, out var link)) link.Dispose();
    }

    /// <summary>Sends a frame; where the link is not up, drops it: the sync machine sends again what is not acknowledged.</summary>
    public void Send(string address, byte[] frame)
    {
        if (_links.TryGetValue(address, out var link)) link.Send(frame);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var address in _links.Keys) Close(address);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private PeerLink Dial(string address)
    {
        var link = new PeerLink(address, server, grains, logger);
        link.Start();
        return link;
    }
}
