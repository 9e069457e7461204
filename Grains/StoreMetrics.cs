using System.Diagnostics.Metrics;
using Cmud.Replication;

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

    private readonly Histogram<double> _visibility;
    private readonly Counter<long> _repairs;
    private readonly StoreServer _server;

    /// <summary>The instruments of one server.</summary>
    public StoreMetrics(IMeterFactory meters, StoreServer server)
    {
        _server = server;
        var meter = meters.Create(MeterName);
        _repairs = meter.CreateCounter<long>(Repairs, "entries", "Entries that a comparison of digests found missing here.");
        _visibility = meter.CreateHistogram<double>(Visibility, "ms", "Time from a write's stamp to its merge in another replica.");
    }

    /// <summary>Takes note of entries that were missing and are mended.</summary>
    internal void Repaired(long entries) => _repairs.Add(entries, new KeyValuePair<string, object?>("server", _server.Me.Name));

    /// <summary>Takes note that an entry became visible in a replica now.</summary>
    internal void Visible(Entry entry, int grain)
    {
        if (!_visibility.Enabled) return;

        var age = (_server.Time.GetUtcNow() - entry.Stamp.Time.Wall).TotalMilliseconds;
        var scope = entry.Origin == _server.Journal.Origin ? "local" : "remote";
        _visibility.Record(age, new("server", _server.Me.Name), new("grain", grain), new("scope", scope));
    }
}
