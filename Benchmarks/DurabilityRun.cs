using System.Globalization;

namespace Cmud.Benchmarks;

/// <summary>What an fsync costs a Put from end to end: awaited Puts on a server that syncs and on one that keeps all in memory, in turn, from another process.</summary>
internal static class DurabilityRun
{
    private const int Outstanding = 512, Rounds = 5;

    private const double Seconds = 4;

    /// <summary>Runs in a directory on the disk in question.</summary>
    public static async Task Run(string parent)
    {
        var directory = Path.Combine(parent, $"durability-{Environment.ProcessId}");
        try
        {
            await using var synced = await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--data", directory, "--durability", "fsync");
            await using var memory = await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--durability", "memory");
            var ratios = new List<double>();
            for (var round = 1; round <= Rounds; round++)
            {
                var disk = JournalRun.SyncedWrite(parent);
                var (fsync, none) = (await Put(synced), await Put(memory));
                ratios.Add(fsync.OpsPerS / none.OpsPerS);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: fsync {Text(fsync)}; memory {Text(none)}; ratio {ratios[^1]:0.00}; write and sync of 4 KiB p50 {disk:0.00} ms; load average {LoadAverage()}"));
            }

            ratios.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio: median {ratios[Rounds / 2]:0.00}, best {ratios[^1]:0.00}, worst {ratios[0]:0.00}"));
        }
        finally
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
    }

    private static Task<LoadResult> Put(RunningServer server) =>
        LoadRun.Run(new LoadOptions { Server = server.Address, Op = LoadOp.Put, Outstanding = Outstanding, Seconds = Seconds });

    private static string Text(LoadResult result) => string.Create(CultureInfo.InvariantCulture, $"{result.OpsPerS:0} Puts/s (p50 {result.P50Us / 1_000:0.0} ms, p99 {result.P99Us / 1_000:0.0} ms)");

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
