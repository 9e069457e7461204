using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Cmud.Grains;

/// <summary>The links to the peers, by address: each an Orleans client of its own, pinned to that peer's gateway.</summary>
/// <remarks>
/// Not one cluster stretched over the world: in a partition Orleans' membership makes one side stop itself, and a server that
/// restarts then could not join. Clients of single-silo clusters keep every server answering.
/// </remarks>
internal sealed class PeerLinks(StoreServer server, IGrainFactory grains, ILogger<PeerLinks> logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, PeerLink> _links = new();

    /// <summary>Opens the link to an address, unless there is one.</summary>
    public void Open(string address) => _links.GetOrAdd(address, Start);

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

    private PeerLink Start(string address)
    {
        var link = new PeerLink(address, server, grains.GetGrain<ILocalSync>(0), logger);
        link.Start();
        return link;
    }
}
