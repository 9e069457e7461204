using System.Globalization;
using Cmud.Client;
using Cmud.Replication.Sync;
using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Three servers in network namespaces, 250 ms one way from one another: how late writes come, by the store's own timestamps, and what packets that are lost do to that.</summary>
public sealed class DistanceFaults(ThreeServers servers, ITestOutputHelper output) : IClassFixture<ThreeServers>
{
    /// <summary>Seven of ten calls write: 500 writes a second.</summary>
    private static readonly LoadOptions Load = new() { Rate = 715 };

    private const int A = 0;
    private const int C = 2;

    /// <summary>By which a slow peer may let the memory of a sender grow.</summary>
    private const long MostMemory = 64 << 20;

    private static readonly SyncSettings SyncSettingsOfServers = new();

    /// <summary>What may have been known already where it came, where nothing is lost.</summary>
    private const double MostKnown = 0.01;

    /// <summary>Of the packets; with fewer next to nothing was tried.</summary>
    private const int FewestLost = 5;

    private static TimeSpan Lasting => FaultRun.Lasting(seconds: 6, inFull: 60);

    [NetworkFact]
    public async Task Row_12_250_ms_away_every_write_is_seen_within_2_seconds()
    {
        var run = await ForAsync("Row 12, 250 ms one way, 500 writes/s");
        await servers.Load.AcknowledgedAsync(200);

        var watch = await ArrivalWatch.BeginAsync(run.Servers);
        await Task.Delay(Lasting, TimeProvider.System);
        var (local, remote, figures) = await watch.EndAsync(MostKnown);

        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 0, figures);
        Assert.All(remote, one => Assert.True(one.Age <= VisibilityProbe.RemotePromise, $"{one} came late."));
        Assert.All(local, one => Assert.True(one.Age <= VisibilityProbe.LocalPromise, $"{one} came late."));
        // Nothing comes sooner than the way takes: else it took another one.
        Assert.All(remote, one => Assert.True(one.Age >= Network.FarAway - TimeSpan.FromMilliseconds(2), $"{one} did not come the long way."));
    }

    [LongNetworkFact(FaultRun.RoundsVariable)]
    public async Task Row_13_250_ms_away_with_1_percent_of_packets_lost_99_percent_are_seen_within_2_seconds()
    {
        var run = await ForAsync("Row 13, 250 ms one way, 1 % of packets lost, 500 writes/s");
        var emulator = servers.Network!.Emulator!;
        await servers.Load.AcknowledgedAsync(200);

        var before = emulator.Packets;
        emulator.Lose(share: 0.01, seed: 13);
        var watch = await ArrivalWatch.BeginAsync(run.Servers);
        await Task.Delay(Lasting, TimeProvider.System);
        // Writes share packets, so there are few of them.
        while (emulator.Packets.Lost - before.Lost < FewestLost) await servers.Load.AcknowledgedAsync(100);
        var (_, remote, figures) = await watch.EndAsync(mostKnown: 0.2);
        await servers.Load.PauseAsync();
        // Still with losses.
        await run.ConvergeAsync();
        emulator.Lose(share: 0, seed: 0);

        var lost = (int)(emulator.Packets.Lost - before.Lost);
        var late = remote.Count(one => one.Age > VisibilityProbe.RemotePromise);
        await run.CheckAsync(runs: 1, lost, string.Create(CultureInfo.InvariantCulture, $"{figures}, {late} later than 2 s; {lost} packets lost, {emulator.Packets.Carried - before.Carried} carried"), TimeSpan.FromSeconds(10));
        Assert.True(late <= remote.Count / 100, $"{late} of {remote.Count} writes were seen later than 2 s after their stamps.");
    }

    [NetworkFact]
    public async Task Row_14_after_a_rest_a_write_is_seen_as_soon_as_the_way_allows()
    {
        var run = await ForAsync("Row 14, isolated puts 250 ms away");
        await servers.Load.AcknowledgedAsync(400);
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await using var client = await CmudClient.ConnectAsync($"{run.Servers[0].Address}");
        var (session, ages) = (run.History.Enter(1), new List<Arrived>());

        foreach (var key in FaultLoad.KeysOf(Load).Take(FaultRun.Rounds * 3))
        {
            // Longer than a send interval: every pair may send at once.
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);
            var receipt = await client.PutAsync(key, $"isolated {key}");
            run.History.Add(new Call(session, CallKind.Put, key, $"isolated {key}", Outcome.Ok, run.History.Now, run.History.Now, receipt.Stamp, receipt.Sequence));
            await client.WaitVisibleAsync(receipt, Visibility.Everywhere, TimeSpan.FromSeconds(5));
            foreach (var look in Enumerable.Range(0, 4))
            {
                foreach (var server in run.Servers) ages.AddRange((await server.ArrivedAsync(look)).Where(one => one.Stamp == receipt.Stamp));
            }
        }

        var (local, remote) = (ages.Where(one => one.IsLocal).Select(one => one.Age).ToArray(), ages.Where(one => !one.IsLocal).Select(one => one.Age).ToArray());
        await run.CheckAsync(runs: 1, faults: 0, $", {VisibilityProbe.Figures("local", local)}, {VisibilityProbe.Figures("remote", remote)}");
        Assert.Equal((FaultRun.Rounds * 3, FaultRun.Rounds * 3 * 4), (local.Length, remote.Length));
        Assert.All(local, age => Assert.True(age <= VisibilityProbe.LocalPromise));
        Assert.All(remote, age => Assert.True(age <= VisibilityProbe.RemotePromise));
    }

    /// <summary>Newest per key is all that waits for it: what it misses it never needs.</summary>
    [LongNetworkFact(FaultRun.RoundsVariable)]
    public async Task Row_28_a_peer_that_reads_10_KB_a_second_costs_little_memory_and_comes_to_the_newest()
    {
        var run = await ForAsync("Row 28, one of 3 servers reads 10 KB/s");
        var (emulator, sender) = (servers.Network!.Emulator!, run.Servers[A]);
        await using var heavy = await FaultLoad.StartAsync(run.History, [sender.Address], new() { Clients = 1, Workers = 48, Rate = 2_900, Keys = 100 });
        // What the load itself costs in memory is there before.
        await heavy.AcknowledgedAsync(3_000);
        var (before, most, began) = (sender.Memory, 0L, run.History.Acknowledged);

        emulator.Narrow(C, bytesPerSecond: 10_000);
        var watch = await ArrivalWatch.BeginAsync([.. run.Servers.Take(2)]);
        var since = run.History.Now;
        while (run.History.Now - since < Lasting)
        {
            await heavy.AcknowledgedAsync(200);
            most = Math.Max(most, sender.Memory);
        }

        var (_, remote, figures) = await watch.EndAsync(mostKnown: 0.2);
        // Of what it writes itself, the confirmations come to it as slowly as all else, and TCP waits for them.
        var (slow, others) = (AgesOf(isSlow: true), AgesOf(isSlow: false));
        var rate = (run.History.Acknowledged - began) / (run.History.Now - since).TotalSeconds;
        await heavy.PauseAsync();
        await servers.Load.PauseAsync();
        // Still as slow.
        await run.ConvergeAsync();
        emulator.Narrow(C, bytesPerSecond: null);

        figures += $", {VisibilityProbe.Figures("between the two others", others)}, {VisibilityProbe.Figures("from the slow one", slow)}";
        await run.CheckAsync(runs: 1, faults: 1, $"{figures}, {rate:0} writes/s, sender's memory {Mebibytes(before)} MiB, then at most {Mebibytes(most)} MiB", FaultRun.Patience);
        Assert.True(most - before < MostMemory, $"The sender's memory grew from {Mebibytes(before)} to {Mebibytes(most)} MiB.");
        Assert.True(others.Max() <= VisibilityProbe.RemotePromise, $"Between the two others a write was seen only {others.Max()} after its stamp.");

        TimeSpan[] AgesOf(bool isSlow) => [.. remote.Where(one => one.Stamp.Origin.Server.Value == run.Servers[C].Id == isSlow).Select(one => one.Age)];
    }

    /// <summary>Stopped, it still takes connections and what the kernel holds for it, and reads and confirms nothing.</summary>
    [LongNetworkFact(FaultRun.RoundsVariable)]
    public async Task Row_29_to_a_peer_that_never_reads_nothing_more_is_sent_once_the_window_is_full_or_it_is_silent()
    {
        const int values = 300;
        var run = await ForAsync("Row 29, one of 3 servers takes connections and never reads");
        var (sender, silent) = (run.Servers[A], run.Servers[C]);
        await using var client = await CmudClient.ConnectAsync($"{sender.Address}");
        await servers.Load.AcknowledgedAsync(400);
        var (memory, sent) = (sender.Memory, await SentAsync());

        await silent.FreezeAsync();
        // 2.4 MB: more than the window, and than all frames until the peer counts as silent. To the other one it takes some seconds, too.
        await Task.WhenAll(Enumerable.Range(0, values).Select(value => client.PutAsync($"big/{value}", new string('v', 8_192)).AsTask()));
        await Task.Delay(SyncSettingsOfServers.Silence + TimeSpan.FromSeconds(1), TimeProvider.System);
        var untilSilent = await SentAsync() - sent;
        var watch = await ArrivalWatch.BeginAsync([.. run.Servers.Take(2)]);
        await servers.Load.AcknowledgedAsync(600);
        var afterwards = await SentAsync() - sent;
        var (_, remote, figures) = await watch.EndAsync(mostKnown: 0.2);
        var most = sender.Memory;
        await servers.Load.PauseAsync();
        await silent.ThawAsync();
        await run.ConvergeAsync();
        // Of the large ones, too.
        await using var operators = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = [.. run.Servers.Select(server => server.Address)] });
        Assert.True((await operators.VerifyAsync(FaultRun.Patience)).IsEqual);

        await run.CheckAsync(runs: 1, faults: 1, $"{figures}, {values * 8} KiB written, {untilSilent >> 10} KiB sent to it until it was silent, sender's memory {Mebibytes(memory)} MiB, then {Mebibytes(most)} MiB", TimeSpan.FromSeconds(10));
        // The window, and once more what of it was sent again before it was silent.
        Assert.InRange(untilSilent, 1, 2 * SyncSettingsOfServers.MinWindow);
        Assert.Equal(untilSilent, afterwards);
        Assert.True(most - memory < MostMemory, $"The sender's memory grew from {Mebibytes(memory)} to {Mebibytes(most)} MiB.");
        Assert.All(remote, one => Assert.True(one.Age <= VisibilityProbe.RemotePromise, $"{one} came late."));

        async Task<long> SentAsync() => (await sender.StatusAsync()).Pairs.Single(pair => pair.Receiver == $"{silent.Address}").DataBytes;
    }

    private static long Mebibytes(long bytes) => bytes >> 20;

    private Task<FaultRun> ForAsync(string row) => servers.ForAsync(row, output, isNetwork: true, Network.FarAway, Load);
}
