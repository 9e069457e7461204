using System.Globalization;
using System.Runtime.InteropServices;

namespace Cmud.Benchmarks.Compare;

/// <summary>Our server and those that a user might take instead, each given the same work in turn, round after round, on one machine.</summary>
internal static class CompareRun
{
    private const int Keys = 100_000;

    /// <summary>Calls that are awaited at a time where there are many.</summary>
    private const int Many = 512;

    /// <summary>The verb: prints a table, and puts it into the documents where they are found.</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        CompareOptions options;
        try
        {
            options = CompareOptions.Parse(args);
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        var directory = Directory.CreateTempSubdirectory("compare-");
        try
        {
            await using var rivals = await Rivals.StartAsync(directory.FullName);
            foreach (var missing in rivals.Missing) Console.WriteLine($"Skipped: {missing}");
            var rows = Rows(rivals, options);
            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var row in rows)
                {
                    await row.MeasureAsync();
                    Console.WriteLine($"round {round}: {row.Latest}");
                }
            }

            var table = Table(rows, rivals, options);
            Console.WriteLine(table);
            if (Report.Find() is { } report) report.Replace("compare", table);
            return rows.All(static row => row.IsMet) || !options.Asserts ? 0 : 1;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Row[] Rows(Rivals rivals, CompareOptions options)
    {
        // A pipeline of redis-benchmark is many outstanding calls of few connections.
        return
        [
            Rate("GET, many outstanding", LoadOp.Get, "get"),
            Rate("PUT, many outstanding", LoadOp.Put, "set"),
            Alone("GET, one at a time: p50", LoadOp.Get, "get"),
            Alone("PUT, one at a time: p50", LoadOp.Put, "set"),
            new("PUT with fsync, many outstanding", "1/s", Row.Better.More,
            [
                new("CmudOrleans", "512 awaited calls", async () => (await LoadAsync(rivals.Synced, LoadOp.Put, Many)).OpsPerS, null),
                new("Redis", "-c 50 -P 1", rivals.RedisSynced is { } synced ? async () => (await new RedisLoad(synced.Port).RunAsync("set", 50, 1, options.Requests(8_000), Keys)).OpsPerS : null, 3.0),
            ]),
        ];

        Row Rate(string what, LoadOp op, string test) => new(what, "1/s", Row.Better.More,
        [
            new("CmudOrleans", "512 awaited calls", async () => (await LoadAsync(rivals.Memory, op, Many)).OpsPerS, null),
            new("Redis", "-c 50 -P 16", rivals.Redis is { } redis ? async () => (await new RedisLoad(redis.Port).RunAsync(test, 50, 16, options.Requests(450_000), Keys)).OpsPerS : null, 2.0),
            new("Garnet", "-c 16 -P 100", rivals.Garnet is { } garnet ? async () => (await new RedisLoad(garnet.Port).RunAsync(test, 16, 100, options.Requests(900_000), Keys)).OpsPerS : null, 1.0),
        ]);

        Row Alone(string what, LoadOp op, string test) => new(what, "us", Row.Better.Less,
        [
            new("CmudOrleans", "1 awaited call", async () => (await LoadAsync(rivals.Memory, op, 1)).P50Us, null),
            new("Redis", "-c 1 -P 1", rivals.Redis is { } redis ? async () => (await new RedisLoad(redis.Port).RunAsync(test, 1, 1, options.Requests(15_000), Keys)).P50Us : null, 1.0),
            new("Garnet", "-c 1 -P 1", rivals.Garnet is { } garnet ? async () => (await new RedisLoad(garnet.Port).RunAsync(test, 1, 1, options.Requests(15_000), Keys)).P50Us : null, null),
        ]);

        async Task<LoadResult> LoadAsync(RunningServer server, LoadOp op, int outstanding)
        {
            var result = await LoadRun.Run(new LoadOptions { Server = server.Address, Op = op, Keys = Keys, Outstanding = outstanding, Seconds = options.Seconds });
            return result.Misses + result.Failures == 0 ? result : throw new InvalidOperationException($"{result.Misses} Gets found nothing, {result.Failures} calls failed.");
        }
    }

    private static string Table(Row[] rows, Rivals rivals, CompareOptions options)
    {
        var lines = new List<string>
        {
            Text($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors shared by server and load, {RuntimeInformation.OSDescription}. {options.Rounds} rounds of {options.Seconds} s, each in turn; medians, and medians of the ratios of each round."),
            $"{Keys} keys of 16 bytes, values of 64. Two query grains with full local sync. {string.Join("; ", rivals.Versions)}.",
            "",
            "| what | CmudOrleans | Redis | ratio | target | Garnet | ratio | target |",
            "|---|---|---|---|---|---|---|---|",
        };
        lines.AddRange(rows.Select(static row => row.ToMarkdown()));
        lines.AddRange(rivals.Missing.Select(static missing => $"\nSkipped: {missing}"));
        return string.Join('\n', lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
