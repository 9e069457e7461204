using System.Globalization;
using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Three servers 250 ms apart, for as long as one likes, with a fault every few seconds.</summary>
public sealed class SoakFaults(ThreeServers servers, ITestOutputHelper output) : IClassFixture<ThreeServers>
{
    private const int Seed = 43;

    /// <summary>What memory may grow by between the first looks and the last ones.</summary>
    private const long MostMemory = 64 << 20;

    /// <summary>The same of open files and sockets: those of a few links that are dialled at that moment.</summary>
    private const int MostHandles = 40;

    /// <summary>For some thousand small rows: two logs and the first tables of RocksDB.</summary>
    private const long MostData = 96 << 20;

    [LongNetworkFact("CMUD_SOAK_MINUTES")]
    public async Task Row_43_after_many_faults_of_all_kinds_nothing_is_lost_and_nothing_has_grown()
    {
        var lasting = TimeSpan.FromMinutes(LongNetworkFactAttribute.Read("CMUD_SOAK_MINUTES"));
        var run = await servers.ForAsync($"Row 43, kills, partitions, SIGSTOPs and slow peers for {lasting.TotalMinutes} min", output, isNetwork: true, Network.FarAway, new() { Rate = 150, Keys = 48 });
        var (chance, began, faults, sizes) = (new Random(Seed), run.History.Now, 0, new List<Size>());

        while (run.History.Now - began < lasting)
        {
            servers.Load.Resume();
            for (var i = 0; i < 6; i++, faults++)
            {
                await servers.Load.AcknowledgedAsync(100);
                await FaultAsync(run, chance);
            }

            await servers.Load.PauseAsync();
            await run.ConvergeAsync();
            sizes.Add(new(run.Servers.Max(server => server.Memory), run.Servers.Max(server => server.Handles), run.Servers.Max(server => server.DataBytes)));
        }

        foreach (var (look, size) in sizes.Index()) output.WriteLine($"after {(look + 1) * 6} faults the largest server has {size}");
        await run.CheckAsync(runs: 1, faults, string.Create(CultureInfo.InvariantCulture, $", {sizes[0]} at first, {sizes[^1]} at the end"), TimeSpan.FromSeconds(10));
        Assert.True(sizes[^1].Memory - sizes.Take(2).Max(size => size.Memory) < MostMemory);
        Assert.True(sizes[^1].Handles - sizes.Take(2).Max(size => size.Handles) < MostHandles);
        Assert.True(sizes[^1].Data < MostData);
    }

    private async Task FaultAsync(FaultRun run, Random chance)
    {
        var (victim, network) = (chance.Next(run.Servers.Count), servers.Network!);
        var (server, lasting) = (run.Servers[victim], TimeSpan.FromSeconds(chance.Next(1, 8)));
        switch (chance.Next(4))
        {
            case 0:
                await server.KillAsync();
                await server.StartAsync();
                break;
            case 1:
                foreach (var other in Enumerable.Range(0, run.Servers.Count).Where(other => other != victim)) network.Part(victim, other);
                await Task.Delay(lasting, TimeProvider.System);
                network.Heal();
                break;
            case 2:
                await server.FreezeAsync();
                await Task.Delay(lasting, TimeProvider.System);
                await server.ThawAsync();
                break;
            default:
                network.Emulator!.Narrow(victim, bytesPerSecond: 10_000);
                await Task.Delay(lasting, TimeProvider.System);
                network.Emulator.Narrow(victim, bytesPerSecond: null);
                break;
        }
    }

    private readonly record struct Size(long Memory, int Handles, long Data)
    {
        public override string ToString() => $"{Memory >> 20} MiB of memory, {Handles} handles, {Data >> 20} MiB on disk";
    }
}
