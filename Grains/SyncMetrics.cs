using System.Diagnostics.Metrics;
using Cmud.Grains.Interfaces;
using Cmud.Replication.Sync;

namespace Cmud.Grains;

/// <summary>What the sync grain counts, for who watches the server: looked at once a second at most, and shown from there, as exporters read on threads of their own.</summary>
internal sealed class SyncMetrics
{
    /// <summary>Messages from and to a grain or a peer. Tags: server, receiver (as cmud pairs has it), direction (sent, received).</summary>
    public const string Messages = "cmud.sync.messages";

    /// <summary>Bytes of frames from and to a peer. Tags: as above.</summary>
    public const string Bytes = "cmud.sync.bytes";

    /// <summary>Entries from and to a grain or a peer. Tags: as above; the direction known counts those of the received ones that were known already.</summary>
    public const string Entries = "cmud.sync.entries";

    /// <summary>Entries that a peer sent and that lost to a later write of another server. Tags: server.</summary>
    public const string Conflicts = "cmud.conflicts";

    /// <summary>Whether the link to a peer is up, 0 or 1. Tags: server, peer (its address).</summary>
    public const string PeerUp = "cmud.peer.up";

    /// <summary>Entries held here that a peer has not confirmed to hold too. Tags: server, peer.</summary>
    public const string PeerBehind = "cmud.peer.behind";

    /// <summary>How far this server may be behind a peer. Tags: server, peer.</summary>
    public const string PeerLag = "cmud.peer.lag";

    /// <summary>How long a peer takes to answer. Tags: server, peer.</summary>
    public const string PeerRoundTrip = "cmud.peer.roundtrip";

    private readonly StoreServer _server;
    private readonly ObservableCounter<long> _messages;
    private Seen _seen = new([], [], 0);

    /// <summary>The instruments of one server.</summary>
    public SyncMetrics(IMeterFactory meters, StoreServer server)
    {
        _server = server;
        var meter = meters.Create(StoreMetrics.MeterName);
        _messages = meter.CreateObservableCounter(Messages, () => OfPairs(static pair => [("sent", pair.Messages), ("received", pair.ReceivedMessages)]), "messages", "Messages from and to a grain or a peer.");
        meter.CreateObservableCounter(Bytes, () => OfPairs(static pair => [("sent", pair.Bytes), ("received", pair.ReceivedBytes)]), "By", "Bytes of frames from and to a peer.");
        meter.CreateObservableCounter(Entries, () => OfPairs(static pair => [("sent", pair.Entries), ("received", pair.ReceivedEntries), ("known", pair.KnownEntries)]), "entries", "Entries from and to a grain or a peer.");
        meter.CreateObservableCounter(Conflicts, () => new Measurement<long>(_seen.Conflicts, Server), "entries", "Entries that a peer sent and that lost to a later write of another server.");
        meter.CreateObservableGauge(PeerUp, () => OfPeers(static peer => peer.IsUp ? 1 : 0), null, "Whether the link to a peer is up.");
        meter.CreateObservableGauge(PeerBehind, () => OfPeers(static peer => peer.Behind), "entries", "Entries held here that a peer has not confirmed to hold too.");
        meter.CreateObservableGauge(PeerRoundTrip, () => OfPeers(static peer => peer.RoundTrip?.TotalMilliseconds), "ms", "How long a peer takes to answer.");
        meter.CreateObservableGauge(PeerLag, () => OfPeers(LagOf), "ms", "How far this server may be behind a peer.");
    }

    private KeyValuePair<string, object?> Server => new("server", _server.Me.Name);

    /// <summary>Takes note of what there is to see, where anybody looks. Called by the sync grain only.</summary>
    public void Look(SyncMachine machine, Func<PairStatus[]> pairs)
    {
        if (!_messages.Enabled) return;

        var others = MemberTable.Of(machine, _server).Members.Where(member => member.Server != _server.Me.Id.Value);
        Volatile.Write(ref _seen, new(pairs(), [.. others], machine.Conflicts));
    }

    /// <summary>Of the first query grain: the others are delivered to at the same pace.</summary>
    private double? LagOf(MemberState peer)
    {
        foreach (var held in _server.FreshnessOf(0).Servers)
        {
            if (held.Server.Value == peer.Server) return (_server.Now - held.Time)?.TotalMilliseconds;
        }

        return null;
    }

    private IEnumerable<Measurement<long>> OfPairs(Func<PairStatus, (string Direction, long Count)[]> counts)
    {
        foreach (var pair in Volatile.Read(ref _seen).Pairs)
        {
            foreach (var (direction, count) in counts(pair)) yield return new(count, Server, new("receiver", pair.Receiver), new("direction", direction));
        }
    }

    /// <summary>What is not known of a peer is left out.</summary>
    private IEnumerable<Measurement<double>> OfPeers(Func<MemberState, double?> figure)
    {
        foreach (var peer in Volatile.Read(ref _seen).Peers)
        {
            if (figure(peer) is { } known) yield return new(known, Server, new("peer", peer.Address));
        }
    }

    /// <summary>One look.</summary>
    private sealed record Seen(PairStatus[] Pairs, MemberState[] Peers, long Conflicts);
}
