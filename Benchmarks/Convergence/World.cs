using System.Net;
using Cmud.Client;
using Cmud.Grains.Interfaces;

namespace Cmud.Benchmarks.Convergence;

/// <summary>Servers, each in a process of its own, that know one another, with ways of a given length between them; clients reach each of them directly.</summary>
internal sealed class World : IAsyncDisposable
{
    /// <summary>Of each server.</summary>
    public const int QueryGrains = 2;

    /// <summary>Only servers that do not find one another take longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <summary>Where the proxies listen.</summary>
    private static readonly IPAddress Far = IPAddress.Parse("127.0.0.2");

    private readonly List<IAsyncDisposable> _all = [];
    private readonly List<ServerAddress> _servers = [];

    private CmudOperator _operator = null!;

    /// <summary>Where clients reach the servers.</summary>
    public IReadOnlyList<ServerAddress> Servers => _servers;

    /// <summary>Starts them, and waits until each reaches all others.</summary>
    public static async Task<World> StartAsync(int servers, TimeSpan oneWay)
    {
        var world = new World();
        try
        {
            ServerAddress? first = null;
            for (var i = 0; i < servers; i++)
            {
                var port = RunningServer.FreePort();
                var advertised = new ServerAddress((oneWay > TimeSpan.Zero ? Far : IPAddress.Loopback).ToString(), port);
                if (oneWay > TimeSpan.Zero) world._all.Add(new DelayProxy(new(Far, port), new(IPAddress.Loopback, port), oneWay));
                string[] join = first is { } known ? ["--join", $"{known}"] : [];
                world._all.Add(await RunningServer.CmudAsync(port, ["--count", $"{QueryGrains}", "--durability", "memory", "--advertise", $"{advertised}", .. join]));
                world._servers.Add(new(IPAddress.Loopback.ToString(), port));
                first ??= advertised;
            }

            world._operator = await CmudOperator.ConnectAsync(new() { Servers = world._servers });
            world._all.Add(world._operator);
            await world.MeetAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>What each server has sent to each other since it started, by its own count, in the order of the servers.</summary>
    public async Task<Traffic[]> TrafficAsync()
    {
        var at = TimeProvider.System.GetTimestamp();
        var replies = await _operator.PairsAsync();
        return [.. replies.Select(reply => Traffic.Of(at, reply))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_all)) await one.DisposeAsync();
    }

    private async Task MeetAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        while ((await TrafficAsync()).Any(sent => sent.Peers < _servers.Count - 1))
        {
            // Servers tell nobody that they have met.
            await Task.Delay(BetweenLooks, TimeProvider.System, timeout.Token);
        }
    }
}

/// <summary>What one server has sent to its peers and heard from them.</summary>
/// <param name="At">When it was asked: a timestamp of the clock.</param>
/// <param name="Peers">How many of them it reaches.</param>
/// <param name="Messages">Frames to all of them.</param>
/// <param name="Bytes">Encoded bytes of those.</param>
/// <param name="DataBytes">Bytes of entries in those.</param>
/// <param name="Entries">Entries in those.</param>
/// <param name="BytesBack">Encoded bytes of what came from all of them.</param>
internal readonly record struct Traffic(long At, int Peers, long Messages, long Bytes, long DataBytes, long Entries, long BytesBack)
{
    public static Traffic Of(long at, PairsReply reply)
    {
        // The receivers within the server have no address.
        PairStatus[] peers = [.. reply.Pairs.Where(static pair => ServerAddress.TryParse(pair.Receiver, out _))];
        return new(
            at,
            peers.Count(static pair => pair.IsUp),
            peers.Sum(static pair => pair.Messages),
            peers.Sum(static pair => pair.Bytes),
            peers.Sum(static pair => pair.DataBytes),
            peers.Sum(static pair => pair.Entries),
            peers.Sum(static pair => pair.ReceivedBytes));
    }

    /// <summary>What went since an earlier look.</summary>
    public Traffic Since(Traffic before) => new(
        before.At, Peers, Messages - before.Messages, Bytes - before.Bytes, DataBytes - before.DataBytes, Entries - before.Entries, BytesBack - before.BytesBack);
}
