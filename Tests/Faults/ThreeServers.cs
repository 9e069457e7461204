using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Three servers and a load on them that the rows of a class share, one after the other: starting them takes longer than most faults. Made anew after a row that failed.</summary>
public sealed class ThreeServers : IAsyncLifetime
{
    private FaultRun? _run;
    private FaultLoad? _load;

    /// <summary>The network that they are on; null on loopback.</summary>
    internal NamespaceNetwork? Network { get; private set; }

    internal FaultLoad Load => _load!;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => EndAsync();

    /// <summary>The servers for a row, with the load running.</summary>
    /// <param name="row">What the row is, for its line of figures.</param>
    /// <param name="output">Where that goes.</param>
    /// <param name="isNetwork">Whether each is in a network namespace of its own.</param>
    /// <param name="oneWay">How far they are from one another there.</param>
    /// <param name="load">How hard the load is; null for the usual one.</param>
    internal async Task<FaultRun> ForAsync(string row, ITestOutputHelper output, bool isNetwork = false, TimeSpan oneWay = default, LoadOptions? load = null)
    {
        if (_run is { IsSpoilt: true }) await EndAsync();
        if (_run is null)
        {
            Network = isNetwork ? new(3, oneWay) : null;
            _run = await FaultRun.StartAsync(load ?? new(), Network?.Places ?? [Place.Loopback, Place.Loopback, Place.Loopback]);
            // What is deleted before all have heard of one another may come back; see docs/known-gaps.md.
            await _run.MeetAsync();
            _load = await _run.LoadAsync();
        }

        _run.Begin(row, output);
        Load.Resume();
        return _run;
    }

    private async Task EndAsync()
    {
        if (_load is not null) await _load.DisposeAsync();
        if (_run is not null) await _run.DisposeAsync();
        if (Network is not null) await Network.DisposeAsync();
        (_load, _run, Network) = (null, null, null);
    }
}
