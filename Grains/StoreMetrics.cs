using System.Diagnostics.Metrics;
using Cmud.Replication;
using Cmud.Replication.Sync;

namespace Cmud.Grains;

/// <summary>What the store measures about itself.</summary>
public sealed class StoreMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Cmud.Store";

    /// <summary>Milliseconds from a write's stamp to its merge in another replica. Tags: server, grain, scope (local: accepted on the same server; remote).</summary>
    public const string Visibility = "cmud.visibility";

    /// <summary>Entries that a comparison of digests found missing here. Tags: server. 0, but for faults.</summary>
    public const string Repairs = "cmud.reconcile.repairs";

    /// <summary>How far the wall of a peer's machine is ahead of this server's clock. Tags: server, peer (its address).</summary>
    public const string PeerClockOffset = "cmud.peer.clock.offset";

    /// <summary>How far the wall of this machine is ahead of the time that its server goes by: 0, unless the servers find it wrong. Tags: server.</summary>
    public const string ClockError = "cmud.clock.error";

    /// <summary>Entries that came with stamps too far ahead of this server's clock. Tags: server.</summary>
    public const string Deferred = "cmud.deferred";

    /// <summary>Sequences that wait now for this server's clock to come near their stamps. Tags: server.</summary>
    public const string DeferredNow = "cmud.deferred.now";

    /// <summary>Operations that query grains carried out. Tags: server, grain, operation (get, list, watch, put, delete).</summary>
    public const string Operations = "cmud.operations";

    /// <summary>Milliseconds that a write waited for the journal. Tags: server, grain.</summary>
    public const string CommitTime = "cmud.commit";

    /// <summary>Milliseconds that a gateway waited for a query grain, from a client's request until its answer. Tags: server, grain.</summary>
    public const string AnswerTime = "cmud.answer";

    private readonly Histogram<double> _answerTime;
    private readonly Histogram<double> _commitTime;
    private readonly Gauge<double> _peerClockOffset;
    private readonly Gauge<double> _clockError;
    private readonly Gauge<long> _deferredNow;
    private readonly Counter<long> _deferred;
    private long _deferredSoFar;
    private readonly Histogram<double> _visibility;
    private readonly Counter<long> _repairs;
    private readonly StoreServer _server;

    /// <summary>The instruments of one server.</summary>
    public StoreMetrics(IMeterFactory meters, StoreServer server)
    {
        _server = server;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(Operations, Counts, "operations", "Operations that query grains carried out.");
        _answerTime = meter.CreateHistogram<double>(AnswerTime, "ms", "Time that a gateway waited for the answer of a query grain.");
        _commitTime = meter.CreateHistogram<double>(CommitTime, "ms", "Time that a write waited for the journal.");
        _repairs = meter.CreateCounter<long>(Repairs, "entries", "Entries that a comparison of digests found missing here.");
        _peerClockOffset = meter.CreateGauge<double>(PeerClockOffset, "ms", "How far the wall of a peer's machine is ahead of this server's clock.");
        _clockError = meter.CreateGauge<double>(ClockError, "ms", "How far the wall of this machine is ahead of the time that its server goes by.");
        _deferred = meter.CreateCounter<long>(Deferred, "entries", "Entries that came with stamps too far ahead of this server's clock.");
        _deferredNow = meter.CreateGauge<long>(DeferredNow, "entries", "Entries that wait now for this server's clock to come near their stamps.");
        _visibility = meter.CreateHistogram<double>(Visibility, "ms", "Time from a write's stamp to its merge in another replica.");
    }

    /// <summary>Takes note of entries that were missing and are mended.</summary>
    internal void Repaired(long entries) => _repairs.Add(entries, new KeyValuePair<string, object?>("server", _server.Me.Name));

    /// <summary>Takes note of what the sync machine knows of clocks. Called by the sync grain only.</summary>
    internal void Clocks(SyncMachine machine)
    {
        var server = new KeyValuePair<string, object?>("server", _server.Me.Name);
        // Also nothing, so that whoever watches sees that nothing came.
        _deferred.Add(machine.DeferredInAll - _deferredSoFar, server);
        _repairs.Add(0, server);
        _deferredSoFar = machine.DeferredInAll;
        if (!_deferredNow.Enabled && !_clockError.Enabled && !_peerClockOffset.Enabled) return;

        _deferredNow.Record((long)machine.Deferred, server);
        _clockError.Record(_server.Time.Error.TotalMilliseconds, server);
        foreach (var peer in machine.Peers)
        {
            if (machine.ClockOffset(peer.Id, _server.Now) is { } offset) _peerClockOffset.Record(offset.TotalMilliseconds, server, new("peer", peer.Address));
        }
    }

    /// <summary>The answer of a query grain to a gateway, and how long it took.</summary>
    public ValueTask<T> Answered<T>(ValueTask<T> call, int grain) => _answerTime.Enabled ? Timed(call, grain) : call;

    /// <summary>Takes note of how long the journal took for writes of a grain.</summary>
    internal void Committed(TimeSpan time, int grain)
    {
        if (_commitTime.Enabled) _commitTime.Record(time.TotalMilliseconds, new("server", _server.Me.Name), new("grain", grain));
    }

    /// <summary>Takes note that an entry became visible in a replica now.</summary>
    internal void Visible(Entry entry, int grain)
    {
        if (!_visibility.Enabled) return;

        var age = (_server.Time.GetUtcNow() - entry.Stamp.Time.Wall).TotalMilliseconds;
        var scope = entry.Origin == _server.Journal.Origin ? "local" : "remote";
        _visibility.Record(age, new("server", _server.Me.Name), new("grain", grain), new("scope", scope));
    }

    private async ValueTask<T> Timed<T>(ValueTask<T> call, int grain)
    {
        var began = _server.Time.GetTimestamp();
        var answer = await call;
        _answerTime.Record(_server.Time.GetElapsedTime(began).TotalMilliseconds, new("server", _server.Me.Name), new("grain", grain));
        return answer;
    }

    /// <summary>Read by exporters on threads of their own: a count may be one behind.</summary>
    private IEnumerable<Measurement<long>> Counts()
    {
        var server = new KeyValuePair<string, object?>("server", _server.Me.Name);
        for (var i = 0; i < _server.OperationCounts.Count; i++)
        {
            var (counts, grain) = (_server.OperationCounts[i], new KeyValuePair<string, object?>("grain", i));
            yield return new(counts.Gets, server, grain, new("operation", "get"));
            yield return new(counts.Lists, server, grain, new("operation", "list"));
            yield return new(counts.Watches, server, grain, new("operation", "watch"));
            yield return new(counts.Puts, server, grain, new("operation", "put"));
            yield return new(counts.Deletes, server, grain, new("operation", "delete"));
        }
    }
}
