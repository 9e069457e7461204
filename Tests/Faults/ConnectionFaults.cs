using System.Globalization;
using System.Net;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Connections of clients that break while writes are under way.</summary>
public sealed class ConnectionFaults(ITestOutputHelper output)
{
    /// <summary>From the cut until each session has had an answer again.</summary>
    private static readonly TimeSpan ReconnectTime = TimeSpan.FromSeconds(2);

    /// <summary>Only a session that hangs ends here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Row_34_a_write_whose_answer_is_cut_off_is_there_once_or_not_at_all()
    {
        var cuts = new List<TimeSpan>();
        await using var run = await FaultRun.StartAsync(Place.Loopback);
        run.Begin("Row 34, connections cut before the answers of writes", output);
        var gateway = new IPEndPoint(IPAddress.Loopback, run.Servers[0].Address.Port);
        await using var proxy = new CutProxy(new(IPAddress.Parse("127.0.0.2"), gateway.Port), gateway);
        var began = run.History.Now;
        await using var load = await run.LoadAsync(run.Servers[0].Address with { Host = "127.0.0.2" });
        // On a machine that has better things to do each connection takes as long as the first ones did.
        var limit = run.History.Now - began is var first && first > ReconnectTime ? first : ReconnectTime;

        for (var round = 0; round < FaultRun.Rounds * 2; round++)
        {
            await load.AcknowledgedAsync(200);
            await proxy.CutAsync(withhold: TimeSpan.FromMilliseconds(50));
            cuts.Add(run.History.Now);
            await EachGoesOnAsync(run.History, load.Sessions, cuts[^1]);
        }

        await load.PauseAsync();
        await run.ConvergeAsync();
        var calls = run.History.Calls.Where(call => call.Outcome == Outcome.Ok).ToLookup(call => call.Session);
        var slowest = cuts.SelectMany(cut => calls.Select(own => own.Where(call => call.Completed > cut).Min(call => call.Completed) - cut)).Max();
        await run.CheckAsync(cuts.Count, cuts.Count, string.Create(CultureInfo.InvariantCulture, $", slowest session to go on {slowest.TotalSeconds:0.00} s"));
        // Each cut meets writes: a run without any has tried nothing.
        Assert.True(run.History.Calls.Count(call => call is { IsWrite: true, Outcome: Outcome.Unknown }) >= cuts.Count);
        Assert.True(slowest <= limit, $"A session went on after {slowest.TotalSeconds:0.00} s, but at most {limit.TotalSeconds:0.00} s are promised.");
    }

    /// <summary>Returns when each session has had an answer since.</summary>
    private static async Task EachGoesOnAsync(History history, int sessions, TimeSpan since)
    {
        while (history.Calls.Where(call => call.Outcome == Outcome.Ok && call.Completed > since).DistinctBy(call => call.Session).Count() < sessions)
        {
            Assert.True(history.Now - since < Patience, $"A session has had no answer for {Patience.TotalSeconds} s.");
            // A history tells nobody of a call: it is looked at again.
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
