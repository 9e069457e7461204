using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Cmud.Benchmarks.Convergence;

/// <summary>How soon a write is shown everywhere, and what it costs on the way: worlds of real server processes, one after another, each under one load after another.</summary>
internal static class ConvergenceRun
{
    /// <summary>Of those, the first is no load.</summary>
    private static readonly int[] Loads = [0, 1, 1_000, 50_000];

    /// <summary>Servers that talk agree within 2 s; then nothing of a load is under way.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>At least: idle servers send a frame every 5 s, so that less would count one more or one less of them.</summary>
    private static readonly TimeSpan LeastIdle = TimeSpan.FromSeconds(20);

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The verb: prints tables, and puts them with charts into the documents where they are found.</summary>
    public static async Task<int> Run(IReadOnlyList<string> args)
    {
        ConvergenceOptions options;
        try
        {
            options = ConvergenceOptions.Parse(args);
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        var (figures, idle) = (new List<Figures>(), new List<IdleFigures>());
        foreach (var servers in options.Servers)
        {
            foreach (var delay in options.Delays) await MeasureAsync(servers, delay, TimeSpan.FromSeconds(options.Seconds), figures, idle);
        }

        var table = Table(figures, idle, options);
        Console.WriteLine(options.Json ? JsonSerializer.Serialize(new { Figures = figures, Idle = idle }, Format) : table);
        if (Report.Find() is { } report) report.Replace("convergence", $"{table}\n\n{Charts.Draw(Path.Combine(Path.GetDirectoryName(report.Path)!, "images"), figures)}");
        return 0;
    }

    private static async Task MeasureAsync(int servers, int delay, TimeSpan span, List<Figures> figures, List<IdleFigures> idle)
    {
        await using var world = await World.StartAsync(servers, TimeSpan.FromMilliseconds(delay));
        await using var probes = await Probes.ConnectAsync(world);
        // What runs first is compiled meanwhile.
        await LoadAsync(world, probes, 1_000, span / 4);
        foreach (var wanted in Loads)
        {
            await Task.Delay(Settling, TimeProvider.System);
            figures.Add(await LoadAsync(world, probes, wanted, span) with { DelayMs = delay });
            await Console.Error.WriteLineAsync(figures[^1].ToMarkdown());
        }

        await Task.Delay(Settling, TimeProvider.System);
        idle.Add(await IdleAsync(world, span > LeastIdle ? span : LeastIdle) with { DelayMs = delay });
        await Console.Error.WriteLineAsync(idle[^1].ToMarkdown());
    }

    /// <remarks>At one Put a second there are no probes: they would be more than the load.</remarks>
    private static async Task<Figures> LoadAsync(World world, Probes probes, int wanted, TimeSpan span)
    {
        await using var client = await PacedLoad.ConnectAsync(world.Servers[0]);
        var load = new PacedLoad(client, wanted);
        using var end = new CancellationTokenSource(span, TimeProvider.System);
        var before = (await world.TrafficAsync())[0];
        var (loading, probing) = (load.RunAsync(end.Token), wanted == 1 ? Task.FromResult<double[]>([]) : probes.RunAsync(end.Token));
        await loading;
        // Probes alone end by themselves.
        if (wanted == 0) await probing;
        var loaded = TimeProvider.System.GetElapsedTime(before.At).TotalSeconds;
        // Once it is shown, so is all that was put before it: the counts below are of whole Puts.
        var (_, after) = await probes.OneAsync();
        var shown = await probing;
        var sent = (await world.TrafficAsync())[0].Since(before);
        var (counted, puts) = (TimeProvider.System.GetElapsedTime(before.At).TotalSeconds, (double)(load.Acknowledged + shown.Length));

        var receivers = world.Servers.Count - 1;
        return new(
            world.Servers.Count,
            0,
            wanted,
            puts / loaded,
            shown,
            sent.Messages / counted / receivers,
            sent.Messages / (puts + 1) / receivers,
            sent.Bytes / (puts + 1) / receivers,
            sent.BytesBack / (puts + 1) / receivers,
            sent.Entries / (puts + 1) / receivers,
            after);
    }

    private static async Task<IdleFigures> IdleAsync(World world, TimeSpan span)
    {
        var before = await world.TrafficAsync();
        // The window itself: what is counted is how little happens in it.
        await Task.Delay(span, TimeProvider.System);
        var after = await world.TrafficAsync();
        var seconds = TimeProvider.System.GetElapsedTime(before[0].At, after[0].At).TotalSeconds;
        Traffic[] sent = [.. after.Zip(before, static (later, earlier) => later.Since(earlier))];
        var (servers, receivers) = (sent.Length, sent.Length - 1);
        return new(
            servers,
            0,
            sent.Sum(static one => one.Messages) / seconds / servers / receivers,
            sent.Max(static one => one.Messages) / seconds / receivers,
            sent.Sum(static one => one.Bytes) / seconds / servers / receivers,
            sent.Sum(static one => one.DataBytes));
    }

    private static string Table(List<Figures> figures, List<IdleFigures> idle, ConvergenceOptions options) => string.Join('\n',
    [
        Text($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors shared by all servers and the load, {RuntimeInformation.OSDescription}, load average {LoadAverage()}. {options.Seconds} s of each load, on the first server, {World.QueryGrains} query grains each, in memory."),
        Text($"100,000 keys of 16 bytes, values of {PacedLoad.ValueBytes}. Shown everywhere: from a Put's acknowledgement until each query grain of each server has shown it when asked, which is done every 10 ms. Messages and bytes are the servers' own counts for one remote server, acknowledgements of what it sends among them."),
        "",
        Figures.Header,
        .. figures.Select(static row => row.ToMarkdown()),
        "",
        "Idle, converged:",
        "",
        IdleFigures.Header,
        .. idle.Select(static row => row.ToMarkdown()),
    ]);

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
