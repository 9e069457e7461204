using System.Globalization;
using Cmud.Replication;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Faults;

/// <summary>A write that a query grain has merged, which another one took.</summary>
/// <param name="Grain">Where.</param>
/// <param name="Key">The key.</param>
/// <param name="Stamp">The write.</param>
/// <param name="IsLocal">Whether a grain of the same server took it.</param>
/// <param name="Age">From its stamp until it was merged, by the clock of the machine, which all servers share.</param>
internal readonly record struct Arrived(string Grain, string Key, Stamp Stamp, bool IsLocal, TimeSpan Age);

/// <summary>Asks servers while they are under load when what they show came to them, and how much they sent for that.</summary>
/// <remarks>A sample of what was written since the watch began: what is overwritten between two looks is not met.</remarks>
internal sealed class ArrivalWatch : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<FaultServer> _servers;
    private readonly HashSet<Arrived> _arrived = [];
    private readonly CancellationTokenSource _end = new();
    private readonly DateTimeOffset _began = TimeProvider.System.GetUtcNow();
    private readonly Traffic _before;
    private readonly Task _watching;

    private ArrivalWatch(IReadOnlyList<FaultServer> servers, Traffic before)
    {
        (_servers, _before) = (servers, before);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Watches from now on.</summary>
    public static async Task<ArrivalWatch> BeginAsync(IReadOnlyList<FaultServer> servers) => new(servers, await TrafficAsync(servers));

    /// <summary>Ends the watch, and gives what was met, and a line of figures of it.</summary>
    /// <param name="mostKnown">The share of entries that may have been known where they came.</param>
    public async Task<(IReadOnlyList<Arrived> Local, IReadOnlyList<Arrived> Remote, string Figures)> EndAsync(double mostKnown)
    {
        await DisposeAsync();
        var (local, remote) = (_arrived.Where(one => one.IsLocal).ToArray(), _arrived.Where(one => !one.IsLocal).ToArray());
        var traffic = await TrafficAsync(_servers);
        traffic.AssertPace();
        var (entries, ofThem) = (traffic.Received.Entries - _before.Received.Entries, traffic.Received.Known - _before.Received.Known);
        var known = (double)ofThem / entries;
        Assert.True(known <= mostKnown, $"{known:P1} of {entries} entries were known already where they came, but at most {mostKnown:P0} may be.");
        return (local, remote, string.Create(
            CultureInfo.InvariantCulture,
            $", {VisibilityProbe.Figures("local", local.Select(one => one.Age))}, {VisibilityProbe.Figures("remote", remote.Select(one => one.Age))}, {ofThem} of {entries} entries known already, busiest second of a pair {traffic.Busiest} messages"));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
    }

    private static async Task<Traffic> TrafficAsync(IReadOnlyList<FaultServer> servers)
    {
        var traffic = new Traffic();
        foreach (var server in servers) traffic.Add($"{server.Address}", await server.StatusAsync());
        return traffic;
    }

    private async Task WatchAsync()
    {
        for (var look = 0; !_end.IsCancellationRequested; look++)
        {
            foreach (var arrived in await Task.WhenAll(_servers.Select(server => server.ArrivedAsync(look)))) _arrived.UnionWith(arrived.Where(one => one.Stamp.Time.Wall >= _began));
            await Task.Delay(BetweenLooks, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
