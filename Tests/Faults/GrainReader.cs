using System.Net;
using System.Text;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Cmud.Tests.Faults;

/// <summary>Asks each query grain of one server, in one life of it, what it shows: without a session, which would hide what is missing.</summary>
internal sealed class GrainReader : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    /// <summary>A frozen server answers nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Of the keys, how many are asked at a time when they came.</summary>
    private const int ArrivalShare = 4;

    private readonly IHost _host;
    private readonly string _server;
    private readonly IReadOnlyList<byte[]> _keys;
    private readonly IReadOnlyList<IQueryGrain> _grains;
    private readonly History _history;
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    private GrainReader(IHost host, string server, IReadOnlyList<string> keys, ServerDescription description, History history)
    {
        (_host, _server, Id, _history) = (host, server, description.Server, history);
        _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];
        _grains = [.. Enumerable.Range(0, description.QueryGrains).Select(grain => host.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(grain))];
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>The id of the server.</summary>
    public ulong Id { get; }

    /// <summary>Connects to a gateway, and writes down from then on what its query grains show.</summary>
    /// <param name="gateway">Of the server.</param>
    /// <param name="server">What it is called in the history: another name for each life.</param>
    /// <param name="keys">What to ask for.</param>
    /// <param name="history">Where the looks go.</param>
    public static async Task<GrainReader> OpenAsync(IPEndPoint gateway, string server, IReadOnlyList<string> keys, History history)
    {
        var host = await ConnectAsync(gateway);
        var first = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(0);
        return new(host, server, keys, await first.Describe(), history);
    }

    /// <summary>A bare Orleans client of one gateway.</summary>
    public static async Task<IHost> ConnectAsync(IPEndPoint gateway)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(orleans => orleans
            .UseStaticClustering(gateway)
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (StoreCluster.ClusterId, StoreCluster.ServiceId)));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    /// <summary>What each query grain shows now, or null where one does not answer in time.</summary>
    public async Task<IReadOnlyList<Look>?> LookAsync()
    {
        // One at a time, so that the looks of a grain come in their order.
        await _one.WaitAsync();
        try
        {
            var looks = await Task.WhenAll(_grains.Select(LookAsync)).WaitAsync(Patience);
            foreach (var look in looks) _history.Add(look);
            return looks;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Lists all keys of loads, which may be more than were asked for: a sentence for each that Get shows otherwise.</summary>
    public async Task<IReadOnlyList<string>> UnlistedAsync()
    {
        var differences = new List<string>();
        var looks = await LookAsync() ?? throw new TimeoutException($"{_server} does not answer.");
        foreach (var (grain, look) in _grains.Zip(looks))
        {
            var listed = await ListAsync(grain);
            var shown = look.Keys.Where(key => key.Value.Value is not null).ToDictionary(key => key.Key, key => (key.Value.Value!, key.Value.Stamp!.Value));
            differences.AddRange(listed.Except(shown).Select(item => $"{look.Grain} lists {item.Key} as '{item.Value.Item1}', which Get does not show."));
            differences.AddRange(shown.Except(listed).Select(item => $"{look.Grain} shows {item.Key} as '{item.Value.Item1}', which List does not show."));
        }

        return differences;
    }

    /// <summary>When some of what each grain shows came to it, where another grain took it: other keys at each look.</summary>
    public async Task<IReadOnlyList<Arrived>> ArrivedAsync(int look)
    {
        var factory = _host.Services.GetRequiredService<IGrainFactory>();
        var arrived = new List<Arrived>();
        foreach (var grain in Enumerable.Range(0, _grains.Count))
        {
            var keys = _keys.Where((_, key) => key % ArrivalShare == look % ArrivalShare).ToArray();
            var replies = await Task.WhenAll(keys.Select(key => factory.GetGrain<IOperatorGrain>(grain).Explain(new(key)).AsTask()));
            foreach (var (key, reply) in keys.Zip(replies))
            {
                if (reply is not { Stamp: { } stamp, SeenAt: { } seen }) continue;

                var isLocal = stamp.Origin.Server.Value == Id;
                if (!isLocal || stamp.Grain != grain) arrived.Add(new($"{_server} grain {grain}", Encoding.UTF8.GetString(key), stamp, isLocal, DateTimeOffset.FromUnixTimeMilliseconds(seen) - stamp.Time.Wall));
            }
        }

        return arrived;
    }

    /// <summary>The counters of its sync grain.</summary>
    public async Task<SyncStatus> StatusAsync() => await _host.Services.GetRequiredService<IGrainFactory>().GetGrain<ILocalSync>(0).Status();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        try
        {
            // The server may be dead: no good-byes.
            await _host.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // It was told not to wait.
        }

        _host.Dispose();
        _end.Dispose();
        _one.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(BetweenLooks, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Look> LookAsync(IQueryGrain grain, int index)
    {
        var reply = await grain.Execute(new ExecuteRequest([.. _keys.Select(key => new Operation(OperationKind.Get, key))], 0));
        var keys = new Dictionary<string, Shown>();
        foreach (var (key, result) in _keys.Zip(reply.Results))
        {
            var get = result.Get!.Value;
            keys[Encoding.UTF8.GetString(key)] = new(get.Value is { } value ? Encoding.UTF8.GetString(value) : null, get.Stamp, new(get.PurgeFloor));
        }

        // One that was turned away begins anew in the same process: it is another server then.
        var id = reply.Results[0].Get!.Value.Server;
        return new(id == Id ? $"{_server} grain {index}" : $"{_server} grain {index} as {new ServerId(id)}", keys);
    }

    private static async Task<Dictionary<string, (string, Stamp)>> ListAsync(IQueryGrain grain)
    {
        var listed = new Dictionary<string, (string, Stamp)>();
        byte[]? after = null;
        while (true)
        {
            var page = await grain.List(new(Encoding.UTF8.GetBytes(FaultLoad.Prefix), after, 0, 0));
            foreach (var item in page.Items) listed.Add(Encoding.UTF8.GetString(item.Key), (Encoding.UTF8.GetString(item.Value), item.Stamp));
            if (!page.More) return listed;

            after = page.Items[^1].Key;
        }
    }
}
