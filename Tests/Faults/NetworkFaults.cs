using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Three servers in three network namespaces, parted by the kernel's packet filter. The clients reach all of them, always.</summary>
public sealed class NetworkFaults(ThreeServers servers, ITestOutputHelper output) : IClassFixture<ThreeServers>
{
    private const int A = 0;
    private const int B = 1;
    private const int C = 2;

    [NetworkFact]
    public async Task Row_15_both_sides_of_a_partition_take_writes_and_are_equal_after_it()
    {
        var lasting = FaultRun.Lasting(seconds: 10, inFull: 60);
        var run = await servers.ForAsync($"Row 15, {{A, B}} parted from C for {lasting.TotalSeconds} s", output, isNetwork: true);
        var network = servers.Network!;
        await servers.Load.AcknowledgedAsync(100);

        network.Part(A, C);
        network.Part(B, C);
        await Task.Delay(lasting, TimeProvider.System);
        await servers.Load.PauseAsync();
        // Without this nothing was tried: each side has what the other lacks.
        Assert.NotEmpty(await run.DifferencesAsync());
        network.Heal();

        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 2);
        AssertNothingWasRefused(run);
    }

    [NetworkFact]
    public async Task Row_16_servers_of_which_one_does_not_hear_the_other_are_repaired_through_the_third()
    {
        var lasting = FaultRun.Lasting(seconds: 5, inFull: 60);
        var run = await servers.ForAsync($"Row 16, B does not hear A for {lasting.TotalSeconds} s, then neither the other", output, isNetwork: true);
        var network = servers.Network!;
        await servers.Load.AcknowledgedAsync(100);

        network.Deafen(B, A);
        await Task.Delay(lasting, TimeProvider.System);
        network.Part(A, B);
        await servers.Load.AcknowledgedAsync(500);
        await servers.Load.PauseAsync();

        // Still cut.
        await run.ConvergeAsync();
        network.Heal();
        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 2);
        AssertNothingWasRefused(run);
    }

    [LongNetworkFact("CMUD_FLAP_SECONDS")]
    public async Task Row_17_over_a_link_that_comes_and_goes_every_phase_brings_something()
    {
        var lasting = TimeSpan.FromSeconds(LongNetworkFactAttribute.Read("CMUD_FLAP_SECONDS"));
        var run = await servers.ForAsync($"Row 17, C reached for 2 s and not for 2 s in turn, for {lasting.TotalSeconds} s", output, isNetwork: true);
        var network = servers.Network!;
        await servers.Load.AcknowledgedAsync(2_000);
        var (began, flaps, idle) = (run.History.Now, 0, 0);
        var memory = run.Servers.Select(server => server.Memory).ToArray();

        while (run.History.Now - began < lasting)
        {
            network.Part(A, C);
            network.Part(B, C);
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            var before = await ReceivedAsync();
            network.Heal();
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            flaps++;
            if (await ReceivedAsync() == before) idle++;
        }

        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        var growth = run.Servers.Select((server, i) => (server.Memory - memory[i]) >> 20).ToArray();
        await run.CheckAsync(runs: 1, flaps, $", {idle} phases without progress, memory grew by {string.Join(", ", growth)} MiB");
        AssertNothingWasRefused(run);
        Assert.Equal(0, idle);
        Assert.All(growth, grown => Assert.True(grown < 64));

        async Task<long> ReceivedAsync() => (await run.Servers[C].StatusAsync()).Pairs.Sum(pair => pair.ReceivedEntries);
    }

    private static void AssertNothingWasRefused(FaultRun run) => Assert.Empty(
        run.Calls.Where(call => call.Outcome != Outcome.Ok).Select(call => string.Create(CultureInfo.InvariantCulture, $"{call.Completed.TotalSeconds:0.000} s: {call.Kind} {call.Outcome}: {call.Trouble}")));
}
