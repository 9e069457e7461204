using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Three servers as processes with data directories, under load: killed, frozen, stopped, robbed of their data. Nothing acknowledged is lost.</summary>
public sealed class ProcessFaults(ThreeServers servers, ITestOutputHelper output) : IClassFixture<ThreeServers>
{
    [Fact]
    public async Task Row_1_a_server_killed_with_9_under_load_comes_back_with_all_that_it_acknowledged()
    {
        var run = await servers.ForAsync("Row 1, kill -9 of one server of 3", output);
        var slowest = TimeSpan.Zero;

        for (var round = 0; round < FaultRun.Rounds; round++)
        {
            var victim = run.Servers[round % run.Servers.Count];
            await servers.Load.AcknowledgedAsync(300);
            await victim.KillAsync();
            await servers.Load.AcknowledgedAsync(300);
            slowest = Later(slowest, await victim.StartAsync());
            FaultRun.AssertWasReady(victim);
        }

        await servers.Load.AcknowledgedAsync(100);
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(FaultRun.Rounds, FaultRun.Rounds, Seconds("slowest start until ready", slowest));
    }

    [Fact]
    public async Task Row_2_all_servers_killed_with_9_at_once_come_back_with_all_that_they_acknowledged()
    {
        var run = await servers.ForAsync("Row 2, kill -9 of all 3 servers at once", output);

        for (var round = 0; round < FaultRun.Rounds / 2; round++)
        {
            servers.Load.Resume();
            await servers.Load.AcknowledgedAsync(500);
            await Task.WhenAll(run.Servers.Select(server => server.KillAsync()));
            await servers.Load.PauseAsync();
            await Task.WhenAll(run.Servers.Select(server => server.StartAsync()));
            await run.ConvergeAsync();
        }

        await run.CheckAsync(FaultRun.Rounds / 2, FaultRun.Rounds / 2 * run.Servers.Count);
    }

    [Fact]
    public async Task Row_22_a_frozen_server_thaws_and_is_still_one_of_them()
    {
        var lasting = FaultRun.Lasting(seconds: 8, inFull: 30);
        var run = await servers.ForAsync($"Row 22, SIGSTOP for {lasting.TotalSeconds} s", output);
        await servers.Load.AcknowledgedAsync(300);

        await run.Servers[1].FreezeAsync();
        await Task.Delay(lasting, TimeProvider.System);
        await servers.Load.PauseAsync();
        await run.Servers[1].ThawAsync();
        await run.ConvergeAsync();

        // Who was expelled would take no part in this.
        servers.Load.Resume();
        await servers.Load.AcknowledgedAsync(300);
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 1);
    }

    [Fact]
    public async Task Row_24_a_server_that_lost_its_data_gets_all_of_it_back()
    {
        var run = await servers.ForAsync("Row 24, a start with an empty directory", output);
        await servers.Load.AcknowledgedAsync(500);
        // What only the directory had would be lost with it.
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();

        await run.Servers[2].KillAsync();
        run.Servers[2].LoseData();
        servers.Load.Resume();
        await servers.Load.AcknowledgedAsync(200);
        // It knows nobody any more, and is another server to the others: it must be told.
        await run.Servers[2].StartAsync("--join", $"{run.Servers[0].Address}");
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 1);
    }

    [Fact]
    public async Task Row_45_a_server_that_is_told_to_stop_under_load_ends_well_and_starts_at_once()
    {
        var run = await servers.ForAsync("Row 45, SIGTERM of one server of 3", output);
        var (end, start) = (TimeSpan.Zero, TimeSpan.Zero);

        for (var round = 0; round < FaultRun.Rounds / 2; round++)
        {
            var victim = run.Servers[round % run.Servers.Count];
            await servers.Load.AcknowledgedAsync(300);
            end = Later(end, await victim.TerminateAsync());
            start = Later(start, await victim.StartAsync());
            FaultRun.AssertWasReady(victim);
        }

        await servers.Load.AcknowledgedAsync(200);
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(FaultRun.Rounds / 2, FaultRun.Rounds / 2, Seconds("slowest end", end) + Seconds("slowest start until ready", start));
    }

    /// <summary>Where nothing was purged since, it catches up under its own id: see BackupTests.</summary>
    [LongFact(FaultRun.RoundsVariable)]
    public async Task Row_23_a_server_restored_from_before_deletes_that_were_purged_begins_anew_and_gets_all_of_it()
    {
        var run = await servers.ForAsync("Row 23, a restored backup", output);
        var (victim, backup) = (run.Servers[1], run.NewPath("backup"));
        await servers.Load.AcknowledgedAsync(300);
        await victim.BackUpAsync(backup);
        await servers.Load.AcknowledgedAsync(500);
        // What only the directory had would be lost with it.
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.PurgedAsync();

        servers.Load.Resume();
        await victim.KillAsync();
        victim.Restore(backup);
        await victim.StartAsync();
        while (!victim.Output.Contains("was turned away by the others", StringComparison.Ordinal) || victim.Output.Split('\n').Count(line => line.Contains(" ready on ", StringComparison.Ordinal)) < 2)
            await servers.Load.AcknowledgedAsync(20);
        await victim.ReopenAsync();
        await servers.Load.AcknowledgedAsync(300);
        await servers.Load.PauseAsync();
        await run.ConvergeAsync();
        await run.CheckAsync(runs: 1, faults: 1);
    }

    /// <summary>Of one build; frames of two versions meet as soon as there are two.</summary>
    [LongFact(FaultRun.RoundsVariable)]
    public async Task Row_42_servers_are_restarted_one_after_the_other_and_no_request_fails()
    {
        var run = await servers.ForAsync("Row 42, all 3 servers stopped and started, one at a time", output);
        await servers.Load.PauseAsync();
        await using var load = await FaultLoad.StartAsync(run.History, [.. run.Servers.Select(server => server.Address)], new() { Tries = 3 });

        for (var round = 0; round < FaultRun.Rounds / 2; round++)
        {
            foreach (var server in run.Servers)
            {
                await load.AcknowledgedAsync(200);
                await server.TerminateAsync();
                await load.AcknowledgedAsync(100);
                await server.StartAsync();
            }
        }

        await load.AcknowledgedAsync(200);
        await load.PauseAsync();
        await run.ConvergeAsync();
        var (triedAgain, givenUp) = load.Retries;
        await run.CheckAsync(FaultRun.Rounds / 2, FaultRun.Rounds / 2 * run.Servers.Count, $", {triedAgain} calls were tried again, {givenUp} requests failed");
        Assert.Equal(0, givenUp);
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string Seconds(string what, TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $", {what} {time.TotalSeconds:0.00} s");
}
