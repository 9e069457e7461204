using Cmud.Client;
using Cmud.Grains.Interfaces;

namespace Cmud.Benchmarks.Convergence;

/// <summary>Puts at one server at a given pace, or as near to it as server and machine come.</summary>
internal sealed class PacedLoad(CmudClient client, int perSecond)
{
    /// <summary>Of a value. Each is of its own: see <see cref="LoadKeys.Mark"/>.</summary>
    public const int ValueBytes = 64;

    private const int Keys = 100_000;

    /// <summary>Puts that are awaited at a time at most; what cannot be put so comes later, and the pace is missed.</summary>
    private const int MaxOutstanding = 1_024;

    /// <summary>A busy machine is to give a slow figure, not none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static long _values = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() << 20;

    private long _tickets = -1;
    private long _acknowledged;

    /// <summary>Puts acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public static Task<CmudClient> ConnectAsync(ServerAddress server, ICmudRouter? router = null) =>
        CmudClient.ConnectAsync(new CmudClientOptions { Servers = [server], Router = router, CallTimeout = Patience, SilenceTimeout = Patience / 2 });

    /// <summary>Puts until it is ended.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        var began = TimeProvider.System.GetTimestamp();
        // Never more of them than Puts in a second: at one a second, one is enough.
        await Task.WhenAll(Enumerable.Range(0, Math.Min(MaxOutstanding, perSecond)).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (await IsDueAsync(Interlocked.Increment(ref _tickets), began, end))
            {
                await client.PutAsync(LoadKeys.Key(random.Next(Keys)), LoadKeys.Value(Interlocked.Increment(ref _values), ValueBytes));
                Interlocked.Increment(ref _acknowledged);
            }
        })));
    }

    /// <summary>Waits until the Put of a number is due; false where the end comes first.</summary>
    private async Task<bool> IsDueAsync(long ticket, long began, CancellationToken end)
    {
        var left = TimeSpan.FromSeconds(ticket / (double)perSecond) - TimeProvider.System.GetElapsedTime(began);
        try
        {
            if (left > TimeSpan.Zero) await Task.Delay(left, TimeProvider.System, end);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        return !end.IsCancellationRequested;
    }
}
