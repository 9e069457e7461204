using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Cmud.Client;

namespace Cmud.Benchmarks;

/// <summary>A load on a server, through the .NET client as programs use it: one awaited call per operation.</summary>
internal static class LoadRun
{
    /// <summary>Of the time that is measured, what goes before it unmeasured: the code is compiled, connections are warm.</summary>
    private const double WarmUp = 0.4;

    /// <summary>Results of a List.</summary>
    private const int ListResults = 100;

    /// <summary>A busy machine is to give a slow figure, not none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static long _values = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() << 20;

    /// <summary>The verb: runs a load and prints what came of it; 0, or 1 where a Get found nothing or a call failed.</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        LoadOptions options;
        try
        {
            options = LoadOptions.Parse(args);
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        LoadResult result;
        try
        {
            result = await Run(options);
        }
        catch (CmudException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        Console.WriteLine(options.Json ? JsonSerializer.Serialize(result, Format) : result.ToString());
        return result.Misses + result.Failures == 0 ? 0 : 1;
    }

    /// <summary>Runs a load.</summary>
    public static async Task<LoadResult> Run(LoadOptions options)
    {
        var clients = new List<CmudClient>();
        for (var i = 0; i < options.Connections; i++)
            clients.Add(await CmudClient.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(options.Server), CallTimeout = Patience, SilenceTimeout = Patience / 2 }));
        try
        {
            if (options.Op != LoadOp.Put) await Fill(clients, options);
            await Work(clients, options, TimeSpan.FromSeconds(options.Seconds * WarmUp));
            return await Work(clients, options, TimeSpan.FromSeconds(options.Seconds));
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    private static async Task Fill(List<CmudClient> clients, LoadOptions options)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Max(options.Outstanding, 256)).Select(worker => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < options.Keys;)
                await clients[worker % clients.Count].PutAsync(LoadKeys.Key(number), LoadKeys.Value(Interlocked.Increment(ref _values), options.Value));
        })));
        // Every query grain shows a write within half a second.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
    }

    private static async Task<LoadResult> Work(List<CmudClient> clients, LoadOptions options, TimeSpan span)
    {
        var (tally, keys) = (new Tally(), new LoadKeys(options.Keys, options.Zipf));
        var address = clients[0].Servers[0].Address;
        var probe = new ServerProbe(address.Port);
        var (worked, peers) = (probe.Worked, await SentToPeers(options));
        using var own = Process.GetCurrentProcess();
        var (ownWork, ownPauses) = (own.TotalProcessorTime, GC.GetTotalPauseDuration());
        var began = TimeProvider.System.GetTimestamp();
        var end = began + (long)(span.TotalSeconds * TimeProvider.System.TimestampFrequency);
        await Task.WhenAll(Enumerable.Range(0, options.Outstanding).Select(worker => Task.Run(() => Work(clients[worker % clients.Count], options, keys, new Random(worker), tally, end))));
        var took = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        own.Refresh();

        return new(
            options.Op.ToString().ToLowerInvariant(),
            tally.Latencies.Count / took,
            tally.Latencies.At(0.5),
            tally.Latencies.At(0.99),
            tally.Latencies.At(0.999),
            tally.Latencies.At(1),
            tally.Latencies.Count,
            tally.Misses,
            tally.Failures,
            took,
            probe.Worked - worked,
            probe.Memory,
            (own.TotalProcessorTime - ownWork).TotalSeconds,
            (GC.GetTotalPauseDuration() - ownPauses).TotalSeconds,
            tally.Bytes,
            await SentToPeers(options) - peers);
    }

    /// <summary>One call after the other until a timestamp of the clock. The end of one is the beginning of the next, and counts are shared once at the end: what the load does itself is work that the server's processors do not do.</summary>
    private static async Task Work(CmudClient client, LoadOptions options, LoadKeys keys, Random random, Tally tally, long end)
    {
        var (misses, bytes) = (0L, 0L);
        for (var began = TimeProvider.System.GetTimestamp(); began < end; began = tally.Latencies.Add(began))
        {
            var key = LoadKeys.Key(keys.Next(random));
            var isPut = options.Op == LoadOp.Put || (options.Op == LoadOp.Mixed && random.Next(2) == 0);
            var value = isPut ? LoadKeys.Value(Interlocked.Increment(ref _values), options.Value) : null;
            try
            {
                var found = true;
                if (value is not null) await client.PutAsync(key, value);
                else if (options.Op == LoadOp.List) found = await client.ListAsync(key[..^2]).Take(ListResults).AnyAsync();
                else found = await client.GetAsync(key) is { } got && got.Length == options.Value;
                if (!found) misses++;
            }
            catch (CmudException e)
            {
                if (Interlocked.Increment(ref tally.Failures) == 1) await Console.Error.WriteLineAsync(e.Message);
            }

            bytes += key.Length + (value?.Length ?? 0);
        }

        Interlocked.Add(ref tally.Misses, misses);
        Interlocked.Add(ref tally.Bytes, bytes);
    }

    /// <summary>Encoded bytes that the server sent to its peers, since it started.</summary>
    private static async Task<long> SentToPeers(LoadOptions options)
    {
        await using var server = await CmudOperator.ConnectAsync(new() { Servers = ServerList.Parse(options.Server) });
        return (await server.PairsAsync()).SelectMany(static reply => reply.Pairs).Sum(static pair => pair.Bytes);
    }

    private sealed class Tally
    {
        public readonly Latencies Latencies = new();
        public long Misses;
        public long Failures;
        public long Bytes;
    }
}

/// <summary>What came of a load.</summary>
/// <param name="Op">What was called.</param>
/// <param name="OpsPerS">Operations a second.</param>
/// <param name="P50Us">Microseconds from call to answer, as the program sees it.</param>
/// <param name="P99Us">99 of 100.</param>
/// <param name="P999Us">999 of 1,000.</param>
/// <param name="MaxUs">The longest.</param>
/// <param name="Ops">How many operations.</param>
/// <param name="Misses">Gets that found nothing, or a value of another length, and Lists without a result.</param>
/// <param name="Failures">Calls that failed.</param>
/// <param name="Seconds">How long it was.</param>
/// <param name="ServerCpuS">Processor time of the server meanwhile; null where it is on another machine.</param>
/// <param name="ServerRssMb">Its memory afterwards, in MiB.</param>
/// <param name="LoadCpuS">Processor time of the load itself.</param>
/// <param name="LoadGcS">How long the load stood still for its garbage collector.</param>
/// <param name="SentBytes">Keys and values in what the load sent.</param>
/// <param name="PeerBytes">Encoded bytes that the server sent to other servers meanwhile.</param>
internal sealed record LoadResult(
    string Op,
    double OpsPerS,
    double P50Us,
    double P99Us,
    double P999Us,
    double MaxUs,
    long Ops,
    long Misses,
    long Failures,
    double Seconds,
    double? ServerCpuS,
    double? ServerRssMb,
    double LoadCpuS,
    double LoadGcS,
    long SentBytes,
    long PeerBytes)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {Op}: {OpsPerS:0} ops/s; p50 {P50Us:0} us, p99 {P99Us:0} us, p99.9 {P999Us:0} us, max {MaxUs:0} us
        {Ops} operations in {Seconds:0.0} s, {Misses} misses, {Failures} failures; {SentBytes} bytes of keys and values sent, {PeerBytes} bytes from server to servers
        processor time: server {ServerCpuS:0.0} s, load {LoadCpuS:0.0} s, of which it stood still for its garbage collector {LoadGcS:0.0} s; memory of the server {ServerRssMb:0} MiB
        """);
}
