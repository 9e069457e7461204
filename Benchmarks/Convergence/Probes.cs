using System.Collections.Concurrent;
using Cmud.Client;

namespace Cmud.Benchmarks.Convergence;

/// <summary>Puts at the first server, each until every query grain of every server shows it.</summary>
/// <remarks>
/// Each grain is asked for the key by a client of its own that has written nothing, so that only the grain's own replica can answer. A grain that does not show it is
/// asked again 10 ms later: a time is too long by up to that and one call. It runs from the acknowledgement, as this program sees it, to the answer of the last grain.
/// </remarks>
internal sealed class Probes : IAsyncDisposable
{
    /// <summary>What is not shown by then counts as this long.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at a grain.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    /// <summary>Twice the sync interval: Puts that follow one another at once would fall in step with it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(220);

    /// <summary>Probes at a time: more samples in the same time, and still no load.</summary>
    private const int Chains = 4;

    private static long _next = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() << 20;

    private readonly CmudClient _writer;
    private readonly CmudClient[] _readers;

    private Probes(CmudClient writer, CmudClient[] readers) => (_writer, _readers) = (writer, readers);

    public static async Task<Probes> ConnectAsync(World world)
    {
        var readers = new List<CmudClient>();
        foreach (var server in world.Servers)
        {
            for (var grain = 0; grain < World.QueryGrains; grain++) readers.Add(await PacedLoad.ConnectAsync(server, new FixedRouter(0, grain)));
        }

        return new(await PacedLoad.ConnectAsync(world.Servers[0], new FixedRouter(0, 0)), [.. readers]);
    }

    /// <summary>Probes until it is ended; the times in milliseconds, in the order in which the Puts were acknowledged.</summary>
    public async Task<double[]> RunAsync(CancellationToken end)
    {
        var shown = new ConcurrentBag<(long Acknowledged, double Milliseconds)>();
        await Task.WhenAll(Enumerable.Range(0, Chains).Select(chain => Task.Run(async () =>
        {
            var random = new Random(chain);
            while (!end.IsCancellationRequested)
            {
                await Task.Delay(LongestPause * random.NextDouble(), TimeProvider.System);
                shown.Add(await OneAsync());
            }
        })));
        return [.. shown.OrderBy(static one => one.Acknowledged).Select(static one => one.Milliseconds)];
    }

    /// <summary>One probe.</summary>
    public async Task<(long Acknowledged, double Milliseconds)> OneAsync()
    {
        var number = Interlocked.Increment(ref _next);
        var (key, value) = (FormattableString.Invariant($"probe/{number:x10}"), LoadKeys.Value(number, PacedLoad.ValueBytes));
        await _writer.PutAsync(key, value);
        var acknowledged = TimeProvider.System.GetTimestamp();
        var took = await Task.WhenAll(_readers.Select(reader => ShownAsync(reader, key, value, acknowledged)));
        return (acknowledged, took.Max().TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        foreach (var reader in _readers) await reader.DisposeAsync();
    }

    private static async Task<TimeSpan> ShownAsync(CmudClient reader, string key, string value, long since)
    {
        while (true)
        {
            var shown = await reader.GetAsync(key) == value;
            var elapsed = TimeProvider.System.GetElapsedTime(since);
            if (shown) return elapsed;
            if (elapsed > Never) return Never;

            // A grain that has merged a write tells nobody.
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }
}
