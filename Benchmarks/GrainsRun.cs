using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Cmud.Grains.Interfaces;
using Cmud.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Cmud.Benchmarks;

/// <summary>What query grains do where no client and no socket is the limit: a server in this process, its grains called in batches.</summary>
internal static class GrainsRun
{
    private const int Keys = 100_000, ValueBytes = 64, Batch = 100, Rounds = 3;

    /// <summary>Callers of each grain: it is not to wait for the next batch.</summary>
    private const int Callers = 3;

    /// <summary>Batches that a caller of Gets has made before, and asks in turn.</summary>
    private const int Prepared = 64;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(100);

    /// <summary>What is not shown by then is not shown in time, whatever it is for.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(30);

    private static long _values;

    /// <summary>The verb: prints a table, and puts it into the documents where they are found.</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        TimeSpan span;
        try
        {
            span = TimeSpan.FromSeconds(args switch
            {
                [] => 5,
                ["--seconds", var text] => OptionNumber.Read("--seconds", text, 1, 600),
                _ => throw new ArgumentException($"'{args[0]}' is no option of grains, or has no value; there is --seconds."),
            });
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        await using var one = await StartAsync(1);
        await using var two = await StartAsync(2);
        var (reads, puts) = (new List<(double One, double Two)>(), new List<Puts>());
        foreach (var server in (IQueryGrain[][])[Grains(one, 1), Grains(two, 2)]) await FillAsync(server);
        for (var round = 0; round <= Rounds; round++)
        {
            var (single, both) = (await ReadAsync(Grains(one, 1), span), await ReadAsync(Grains(two, 2), span));
            var written = await WriteAsync(Grains(two, 2), span);
            // What runs first is compiled meanwhile.
            if (round == 0) continue;

            reads.Add((single, both));
            puts.Add(written);
            Console.WriteLine(Text($"round {round}: Gets by one grain {single:N0}/s, by two {both:N0}/s; Puts {written.PerSecond:N0}/s, shown by the other after {written.At(0.5):0} ms (p50), {written.At(0.99):0} (p99)"));
        }

        await one.StopAsync();
        await two.StopAsync();
        var table = Table(reads, puts, span);
        Console.WriteLine(table);
        Report.Find()?.Replace("grains", table);
        return 0;
    }

    private static async Task<WebApplication> StartAsync(int queryGrains)
    {
        var host = ServerHost.Build(new() { Port = RunningServer.FreePort(), QueryGrains = queryGrains });
        await host.StartAsync();
        return host;
    }

    private static IQueryGrain[] Grains(WebApplication server, int queryGrains) =>
        [.. Enumerable.Range(0, queryGrains).Select(grain => server.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(grain))];

    private static async Task FillAsync(IQueryGrain[] grains)
    {
        for (var from = 0; from < Keys; from += Batch) await grains[0].Execute(PutsOf(Enumerable.Range(from, Batch)));

        var shown = PackedGets([Keys - 1]);
        // The other grains learn of it within half a second, and tell nobody.
        foreach (var grain in grains)
        {
            while (Found(await grain.Execute(shown)) == 0) await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }

    /// <summary>Gets a second of all grains together.</summary>
    private static async Task<double> ReadAsync(IQueryGrain[] grains, TimeSpan span)
    {
        var (calls, began) = (0L, TimeProvider.System.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, grains.Length * Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            var grain = grains[caller % grains.Length];
            var requests = new PackedRequest[Prepared];
            var lengths = new int[Prepared];
            for (var i = 0; i < Prepared; i++)
            {
                requests[i] = PackedGets([.. Enumerable.Range(0, Batch).Select(_ => random.Next(Keys))]);
                var reply = await grain.Execute(requests[i]);
                if (Found(reply) != Batch) throw new InvalidOperationException("A Get found nothing.");
                lengths[i] = reply.Bytes.Length;
            }

            // Nobody writes meanwhile: what is found again is as long as it was, and the caller is to take little of the processors.
            for (var i = 0; TimeProvider.System.GetElapsedTime(began) < span; i++)
            {
                if ((await grain.Execute(requests[i % Prepared])).Bytes.Length != lengths[i % Prepared]) throw new InvalidOperationException("A Get found something else.");
                Interlocked.Increment(ref calls);
            }
        })));
        return calls * Batch / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Puts of all grains together, as fast as they take them, and meanwhile how soon one grain shows what another took.</summary>
    private static async Task<Puts> WriteAsync(IQueryGrain[] grains, TimeSpan span)
    {
        var (calls, began) = (0L, TimeProvider.System.GetTimestamp());
        using var end = new CancellationTokenSource(span, TimeProvider.System);
        var probing = ProbeAsync(grains, end.Token);
        await Task.WhenAll(Enumerable.Range(0, grains.Length * Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            while (!end.IsCancellationRequested)
            {
                await grains[caller % grains.Length].Execute(PutsOf(Enumerable.Range(0, Batch).Select(_ => random.Next(Keys))));
                Interlocked.Increment(ref calls);
            }
        })));
        var perSecond = calls * Batch / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        return new(perSecond, await probing);
    }

    private static Task<double[]> ProbeAsync(IQueryGrain[] grains, CancellationToken end) => Task.Run(async () =>
    {
        var shown = new List<double>();
        while (!end.IsCancellationRequested)
        {
            // A key that no other call puts.
            var key = Keys + (int)(Interlocked.Increment(ref _values) % Keys);
            await grains[0].Execute(PutsOf([key]));
            var acknowledged = TimeProvider.System.GetTimestamp();
            // A grain that has merged a write tells nobody.
            while (Found(await grains[1].Execute(PackedGets([key]))) == 0 && TimeProvider.System.GetElapsedTime(acknowledged) < Never) await Task.Delay(BetweenLooks, TimeProvider.System);

            shown.Add(TimeProvider.System.GetElapsedTime(acknowledged).TotalMilliseconds);
            // Probes are to be no load.
            await Task.Delay(BetweenProbes, TimeProvider.System);
        }

        return shown.ToArray();
    });

    private static PackedRequest PackedGets(int[] keys)
    {
        var batch = new OperationBuffer();
        foreach (var key in keys) batch.Get(Encoding.UTF8.GetBytes(LoadKeys.Key(key)));
        return batch.Request();
    }

    private static PackedRequest PutsOf(IEnumerable<int> keys)
    {
        var batch = new OperationBuffer(Batch * (ValueBytes + OperationBuffer.Overhead + 16));
        foreach (var key in keys) batch.Put(Encoding.UTF8.GetBytes(LoadKeys.Key(key)), Encoding.UTF8.GetBytes(LoadKeys.Value(Interlocked.Increment(ref _values), ValueBytes)));
        return batch.Request();
    }

    private static int Found(PackedReply packed)
    {
        var reply = new ReplyReader(packed);
        var found = 0;
        for (var i = 0; i < reply.Count; i++) found += reply.Get().Value.Length == ValueBytes ? 1 : 0;
        return found;
    }

    private static string Table(List<(double One, double Two)> reads, List<Puts> puts, TimeSpan span)
    {
        var (read, put) = (reads.OrderBy(static round => round.Two / round.One).ElementAt(reads.Count / 2), puts.OrderBy(static round => round.PerSecond).ElementAt(puts.Count / 2));
        return Text($"""
            {TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors shared by grains and callers, load average {(File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown")} at the end. {Rounds} rounds of {span.TotalSeconds:0} s each, in turn; the one in the middle.
            {Keys:N0} keys of 16 bytes, values of {ValueBytes}, in batches of {Batch}; {Callers} callers of each grain in the same process.

            | what | figure | target |
            |---|---|---|
            | Gets by one query grain (1/s) | {read.One:N0} | |
            | Gets by two (1/s) | {read.Two:N0}, {read.Two / read.One:0.00} times as many | >= 1.7 times |
            | Puts by two with full local sync, as fast as they take them (1/s) | {put.PerSecond:N0} | >= 150,000 |
            | ... until the other grain shows one, p50, p99, longest (ms) | {put.At(0.5):N0}, {put.At(0.99):N0}, {put.At(1):N0} of {put.Shown.Length} | |
            | ... p50 of the first third, of the last (ms) | {Puts.Median(put.Shown[..(put.Shown.Length / 3)]):N0}, {Puts.Median(put.Shown[^(put.Shown.Length / 3)..]):N0} | it does not grow |
            """);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What came of a load of Puts.</summary>
    /// <param name="PerSecond">Acknowledged in a second.</param>
    /// <param name="Shown">Milliseconds until another grain showed a probe, one after the other.</param>
    private sealed record Puts(double PerSecond, double[] Shown)
    {
        public double At(double share) => Shown.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(Shown.Length * share) - 1));

        public static double Median(double[] figures) => figures.Order().ElementAtOrDefault(figures.Length / 2);
    }
}
