using System.Diagnostics;
using System.Globalization;

namespace Cmud.Benchmarks.Compare;

/// <summary>redis-benchmark on a server that speaks RESP.</summary>
/// <param name="Port">Where it listens.</param>
internal sealed record RedisLoad(int Port)
{
    /// <summary>Runs one test.</summary>
    /// <param name="test">set or get.</param>
    /// <param name="clients">Connections.</param>
    /// <param name="pipeline">Requests in one message.</param>
    /// <param name="requests">How many in all.</param>
    /// <param name="keys">Among how many keys, of 16 bytes, at random; values have 64 bytes.</param>
    public async Task<RivalResult> RunAsync(string test, int clients, int pipeline, int requests, int keys)
    {
        string[] arguments =
        [
            "-p", $"{Port}", "-t", test, "-c", $"{clients}", "-P", $"{pipeline}", "-n", $"{requests}", "-r", $"{keys}", "-d", "64", "--csv",
        ];
        using var process = Process.Start(new ProcessStartInfo("redis-benchmark", arguments) { RedirectStandardOutput = true })!;
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
        var columns = lines[^1].Split(',').Select(static column => column.Trim('"')).ToArray();
        if (process.ExitCode != 0 || columns.Length < 8) throw new InvalidOperationException($"redis-benchmark {string.Join(' ', arguments)} ended with {process.ExitCode}: {string.Join(' ', lines)}");

        return new(Number(columns[1]), Number(columns[4]) * 1_000, Number(columns[6]) * 1_000);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>What came of a load on a rival.</summary>
/// <param name="OpsPerS">Operations a second.</param>
/// <param name="P50Us">Microseconds; of a pipeline, until its last answer.</param>
/// <param name="P99Us">99 of 100.</param>
internal sealed record RivalResult(double OpsPerS, double P50Us, double P99Us);
