using System.Net;
using System.Text;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cmud.Tests.Faults;

/// <summary>Puts at an even pace and Gets one after the other on one server, and a look at when another one shows the Puts.</summary>
internal sealed class LiveLoad : IAsyncDisposable
{
    private const int PutsPerSecond = 500;

    private const int Keys = 1_000;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    /// <summary>Between two Gets: enough of them for a p99, and little work.</summary>
    private static readonly TimeSpan BetweenGets = TimeSpan.FromMilliseconds(5);

    private readonly CmudClient _client;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _working = [];
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _gets = [];
    private readonly List<TimeSpan> _visible = [];
    private readonly List<Task> _puts = [];
    private PutReceipt? _last;
    private int _acknowledged;

    private LiveLoad(CmudClient client)
    {
        _client = client;
        _working.Add(Task.Run(PutAsync));
        _working.Add(Task.Run(GetAsync));
    }

    /// <summary>How many Puts were acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>What Gets took so far; from now on they count anew.</summary>
    public IReadOnlyList<TimeSpan> TakeGets()
    {
        lock (_gate)
        {
            TimeSpan[] taken = [.. _gets.Order()];
            _gets.Clear();
            return taken;
        }
    }

    /// <summary>From the stamps of Puts until every query grain of the other server showed them.</summary>
    public IReadOnlyList<TimeSpan> Visible
    {
        get
        {
            lock (_gate) return [.. _visible.Order()];
        }
    }

    /// <summary>Connects to a server and begins.</summary>
    public static async Task<LiveLoad> StartAsync(ServerProcess server) => new(await CmudClient.ConnectAsync(server.Address));

    /// <summary>Looks at another server from now on.</summary>
    public async Task WatchAsync(ServerProcess other)
    {
        var host = await GrainReader.ConnectAsync(new(IPAddress.Loopback, other.Port));
        _working.Add(Task.Run(() => WatchAsync(host)));
    }

    /// <summary>Ends, and throws what went wrong.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_working);
        await Task.WhenAll(_puts);
        await _client.DisposeAsync();
        _end.Dispose();
    }

    private async Task PutAsync()
    {
        using var beat = new PeriodicTimer(Beat);
        var (began, number) = (TimeProvider.System.GetTimestamp(), 0);
        while (await NextAsync(beat))
        {
            // As many as are due, also where a beat was late.
            for (var due = (int)(TimeProvider.System.GetElapsedTime(began).TotalSeconds * PutsPerSecond); number < due; number++) _puts.Add(PutAsync(number));
        }
    }

    private async Task PutAsync(int number)
    {
        var receipt = await _client.PutAsync(FormattableString.Invariant($"live/{number % Keys:0000}"), FormattableString.Invariant($"value {number} of the live load, a bit longer than it need be"));
        lock (_gate) _last = receipt;
        Interlocked.Increment(ref _acknowledged);
    }

    private async Task GetAsync()
    {
        var random = new Random(26);
        using var beat = new PeriodicTimer(BetweenGets);
        while (await NextAsync(beat))
        {
            var key = LargeStore.Key(random.Next(LargeStore.Keys));
            var began = TimeProvider.System.GetTimestamp();
            var value = await _client.GetAsync(key);
            var took = TimeProvider.System.GetElapsedTime(began);
            if (value is null) throw new InvalidOperationException($"{key} is not there.");
            lock (_gate) _gets.Add(took);
        }
    }

    private async Task WatchAsync(IHost host)
    {
        IOperatorGrain[] grains = [.. Enumerable.Range(0, 2).Select(grain => host.Services.GetRequiredService<IGrainFactory>().GetGrain<IOperatorGrain>(grain))];
        using var beat = new PeriodicTimer(Beat);
        while (await NextAsync(beat))
        {
            PutReceipt? receipt;
            lock (_gate) receipt = _last;
            if (receipt is null) continue;

            var request = new ShowsRequest(Encoding.UTF8.GetBytes(receipt.Key), receipt.Stamp);
            // What the server itself counts is out of reach from here: this is that, and the way of the question.
            while (!(await Task.WhenAll(grains.Select(grain => grain.Shows(request).AsTask()))).All(static shows => shows)) await Task.Delay(BetweenGets, TimeProvider.System);
            lock (_gate) _visible.Add(TimeProvider.System.GetUtcNow() - receipt.Stamp.Time.Wall);
        }

        await host.StopAsync();
        host.Dispose();
    }

    private async Task<bool> NextAsync(PeriodicTimer beat)
    {
        try
        {
            return await beat.WaitForNextTickAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
