using System.Globalization;
using System.Runtime.InteropServices;

namespace Cmud.Benchmarks.Compare;

/// <summary>Our server and those that a user might take instead, each given the same work in turn, round after round, on one machine.</summary>
internal static class CompareRun
{
    private const int Keys = 100_000;

    /// <summary>Of those that are two: Akka.NET tells as many a second at most, and slows down from there.</summary>
    private const int PairKeys = 10_000;

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
            await using var rivals = await Rivals.StartAsync(directory.FullName, options.IsSmoke ? null : PairKeys);
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
            if (Report.Find() is not { } report) return 0;
            if (!options.IsSmoke)
            {
                report.Replace("compare", table);
                return 0;
            }

            var (recorded, isFarOff) = (report.Read("compare"), false);
            foreach (var sentence in rows.SelectMany(row => row.FarOff(recorded)))
            {
                isFarOff = true;
                Console.WriteLine(sentence);
            }

            return isFarOff ? 1 : 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Row[] Rows(Rivals rivals, CompareOptions options)
    {
        // A pipeline of redis-benchmark is many outstanding calls of few connections. It fills no keys of its own accord: PUT comes first.
        Row[] many = [Rate("PUT, many outstanding", LoadOp.Put, "set"), Rate("GET, many outstanding", LoadOp.Get, "get")];
        Row synced = new("PUT with fsync, many outstanding", "1/s", Row.Better.More,
        [
            new("CmudOrleans", "512 awaited calls", async () => (await LoadAsync(rivals.Synced, LoadOp.Put, Many)).OpsPerS, null),
            new("Redis", "-c 50 -P 1", rivals.RedisSynced is { } redisSynced ? async () => (await new RedisLoad(redisSynced.Port).RunAsync("set", 50, 1, options.Requests(8_000), Keys)).OpsPerS : null, 3.0),
        ]);
        if (rivals is not { Akka: { } akka, Pair: { } pair }) return [.. many, synced];

        return
        [
            .. many,
            Alone("GET, one at a time: p50", LoadOp.Get, "get"),
            Alone("PUT, one at a time: p50", LoadOp.Put, "set"),
            Resp("SET by RESP, 50 connections, pipelines of 16", "set", 16, 400_000, 1.0),
            Resp("GET by RESP, 50 connections, pipelines of 16", "get", 16, 400_000, 1.0),
            Resp("SET by RESP, 50 connections", "set", 1, 60_000, 0.65),
            Resp("GET by RESP, 50 connections", "get", 1, 60_000, 0.65),
            synced,
            new("PUT on one of two servers, many outstanding", "1/s", Row.Better.More,
            [
                new("CmudOrleans", "another process", () => pair.PutsPerSecondAsync(Many, options.Seconds, PairKeys), null),
                new("Akka.NET", "in process", () => akka.PutsPerSecondAsync(Many, options.Seconds, PairKeys), null),
            ]),
            new("acknowledged on one, shown on the other: p50", "ms", Row.Better.Less,
            [
                new("CmudOrleans", "at rest", () => MedianAsync(pair.ShownAsync), null),
                new("Akka.NET", "at rest", () => MedianAsync(akka.ShownAsync), null),
            ]),
        ];

        Row Rate(string what, LoadOp op, string test) => new(what, "1/s", Row.Better.More,
        [
            new("CmudOrleans", "512 awaited calls", async () => (await LoadAsync(rivals.Memory, op, Many)).OpsPerS, null),
            new("Redis", "-c 50 -P 16", rivals.Redis is { } redis ? async () => (await new RedisLoad(redis.Port).RunAsync(test, 50, 16, options.Requests(450_000), Keys)).OpsPerS : null, 2.0),
            new("Garnet", "-c 16 -P 100", rivals.Garnet is { } garnet ? async () => (await new RedisLoad(garnet.Port).RunAsync(test, 16, 100, options.Requests(900_000), Keys)).OpsPerS : null, 1.0),
        ]);

        // The same work for all three, through the gateway of one of our query grains.
        Row Resp(string what, string test, int pipeline, int perSecond, double target) => new(what, "1/s", Row.Better.More,
        [
            new("CmudOrleans", $"-c 50 -P {pipeline}", RunningServer.Find("redis-benchmark") is null ? null : () => RespAsync(rivals.Memory.Port + 1, test, pipeline, perSecond), null),
            new("Redis", $"-c 50 -P {pipeline}", rivals.Redis is { } redis ? () => RespAsync(redis.Port, test, pipeline, perSecond) : null, target),
            new("Garnet", $"-c 50 -P {pipeline}", rivals.Garnet is { } garnet ? () => RespAsync(garnet.Port, test, pipeline, perSecond) : null, 1.0),
        ]);

        async Task<double> RespAsync(int port, string test, int pipeline, int perSecond) => (await new RedisLoad(port).RunAsync(test, 50, pipeline, options.Requests(perSecond), Keys)).OpsPerS;

        Row Alone(string what, LoadOp op, string test) => new(what, "us", Row.Better.Less,
        [
            new("CmudOrleans", "1 awaited call", async () => (await LoadAsync(rivals.Memory, op, 1)).P50Us, null),
            new("Redis", "-c 1 -P 1", rivals.Redis is { } redis ? async () => (await new RedisLoad(redis.Port).RunAsync(test, 1, 1, options.Requests(15_000), Keys)).P50Us : null, 1.0),
            new("Garnet", "-c 1 -P 1", rivals.Garnet is { } garnet ? async () => (await new RedisLoad(garnet.Port).RunAsync(test, 1, 1, options.Requests(15_000), Keys)).P50Us : null, null),
        ]);

        // As many as there is time for; the median of few is good enough for what differs by a power of ten.
        async Task<double> MedianAsync(Func<string, Task<double>> shown)
        {
            var (began, all) = (TimeProvider.System.GetTimestamp(), new List<double>());
            for (var number = 0; TimeProvider.System.GetElapsedTime(began).TotalSeconds < options.Seconds; number++) all.Add(await shown(LoadKeys.Key(number)));
            return all.Order().ElementAt(all.Count / 2);
        }

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
        };
        foreach (var table in rows.GroupBy(static row => string.Join(" | ", row.Names.Skip(1).Select(static name => $"{name} | ratio | target"))))
        {
            lines.AddRange(["", $"| what | CmudOrleans | {table.Key} |", $"|---|---|{string.Concat(Enumerable.Repeat("---|", table.Key.Split('|').Length))}"]);
            lines.AddRange(table.Select(static row => row.ToMarkdown()));
        }

        lines.AddRange(rivals.Missing.Select(static missing => $"\nSkipped: {missing}"));
        return string.Join('\n', lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
