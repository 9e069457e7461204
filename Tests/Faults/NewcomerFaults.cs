using System.Globalization;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>A server that joins others which hold many keys: how soon it has them, and what the others' clients notice.</summary>
public sealed class NewcomerFaults(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan CatchUpTime = TimeSpan.FromSeconds(60);

    /// <summary>Of Gets at the old server while the newcomer catches up.</summary>
    private static readonly TimeSpan GetTime = TimeSpan.FromMilliseconds(20);

    /// <summary>On the store's own timestamps.</summary>
    private static readonly TimeSpan VisibleTime = TimeSpan.FromSeconds(2);

    /// <summary>Writes before anything is measured.</summary>
    private static readonly int WarmUp = LargeStore.IsFull ? 2_500 : 200;

    /// <summary>After how many entries the helper is killed: few where all are few, or it sends them all before it can be.</summary>
    private static readonly int HalfWay = LargeStore.IsFull ? LargeStore.Keys / 2 : LargeStore.Keys / 16;

    /// <summary>Only a server that hangs takes longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [LongFact("CMUD_LARGE_KEYS")]
    public async Task Row_26_a_newcomer_catches_up_while_the_old_server_goes_on_at_its_pace()
    {
        await LargeStore.FillAsync(_directory.In("a"), LargeStore.Keys);
        await using var a = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("a"), "--name", "a");
        var load = await LiveLoad.StartAsync(a);
        // While its code is compiled a server is slow, whoever joins it.
        await Until(() => Task.FromResult(load.Acknowledged >= WarmUp));
        load.TakeGets();
        await Until(() => Task.FromResult(load.Acknowledged >= 2 * WarmUp));
        var alone = load.TakeGets();
        var (workedA, began) = (a.Worked, TimeProvider.System.GetTimestamp());

        await using var b = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("b"), "--name", "b", "--join", a.Address);
        var ready = TimeProvider.System.GetElapsedTime(began);
        await load.WatchAsync(b);
        await CatchUpAsync(b);
        var caughtUp = TimeProvider.System.GetElapsedTime(began);
        var (meanwhile, workB) = (load.TakeGets(), b.Worked);
        workedA = a.Worked - workedA;
        await Until(() => Task.FromResult(load.Visible.Count >= 20));
        await load.DisposeAsync();

        var visible = load.Visible;
        var pairs = await PairsAsync(a, b);
        output.WriteLine(Text($"Row 26, {LargeStore.Keys} keys, {load.Acknowledged} Puts meanwhile: ready after {ready.TotalSeconds:0.0} s, caught up after {caughtUp.TotalSeconds:0.0} s; processor time of old {workedA.TotalSeconds:0.0} s, of new {workB.TotalSeconds:0.0} s"));
        output.WriteLine(Text($"  Get on the old server: p50 {At(meanwhile, 0.5)} ms, p99 {At(meanwhile, 0.99)} ms, max {At(meanwhile, 1)} ms ({meanwhile.Count}); before: p50 {At(alone, 0.5)} ms, p99 {At(alone, 0.99)} ms"));
        output.WriteLine(Text($"  Put at the old until shown by both query grains of the new: p50 {At(visible, 0.5)} ms, p99 {At(visible, 0.99)} ms, max {At(visible, 1)} ms ({visible.Count})"));
        foreach (var pair in pairs) output.WriteLine($"  {pair}");

        Assert.All(pairs, static pair => Assert.InRange(pair.BusiestSecond, 0, 10));
        Assert.InRange(visible[^1], TimeSpan.Zero, VisibleTime);
        AssertKnown(pairs, most: 0.01);
        await AssertEqual(LargeStore.Keys, a, b);
        if (!LargeStore.IsFull) return;

        Assert.InRange(caughtUp, TimeSpan.Zero, CatchUpTime);
        Assert.InRange(meanwhile[(int)(meanwhile.Count * 0.99)], TimeSpan.Zero, GetTime);
    }

    [LongFact("CMUD_LARGE_KEYS")]
    public async Task Row_27_a_newcomer_whose_helper_is_killed_half_way_goes_on_with_another()
    {
        var first = await LargeStore.FillAsync(_directory.In("a"), LargeStore.Keys);
        await LargeStore.CopyAsync(_directory.In("c"), LargeStore.Keys, first);
        await using var a = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("a"), "--name", "a");
        await using var c = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("c"), "--name", "c", "--join", a.Address);
        await CatchUpAsync(c);

        await using var b = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("b"), "--name", "b", "--join", a.Address);
        await using var asked = await Operator(b);
        await Until(async () => await ReceivedAsync(asked) >= HalfWay);
        await a.Kill();
        var killed = TimeProvider.System.GetTimestamp();
        var had = await ReceivedAsync(asked);
        await CatchUpAsync(b);
        var caughtUp = TimeProvider.System.GetElapsedTime(killed);

        var pairs = await PairsAsync(b, c);
        output.WriteLine(Text($"Row 27, {LargeStore.Keys} keys, the helper killed after {had}: caught up {caughtUp.TotalSeconds:0.0} s later"));
        foreach (var pair in pairs) output.WriteLine($"  {pair}");

        Assert.True(had < LargeStore.Keys, "The helper was killed too late: it had sent everything.");
        AssertKnown(pairs, most: 0.05);
        await AssertEqual(LargeStore.Keys, b, c);
        if (LargeStore.IsFull) Assert.InRange(caughtUp, TimeSpan.Zero, CatchUpTime);
    }

    private static async Task<long> ReceivedAsync(CmudOperator asked) => (await asked.PairsAsync())[0].Pairs.Sum(static pair => pair.ReceivedEntries);

    private static Task<CmudOperator> Operator(params ServerProcess[] servers) =>
        CmudOperator.ConnectAsync(new() { Servers = ServerList.Parse(string.Join(',', servers.Select(static server => server.Address))) });

    private static async Task CatchUpAsync(ServerProcess server)
    {
        await using var asked = await Operator(server);
        await Until(async () => (await asked.MembersAsync())[0] is { IsCaughtUp: true, Members.Length: > 1 });
    }

    private static async Task<IReadOnlyList<PairStatus>> PairsAsync(params ServerProcess[] servers)
    {
        await using var asked = await Operator(servers);
        return [.. (await asked.PairsAsync()).SelectMany(static reply => reply.Pairs)];
    }

    /// <summary>What came though it was known already, of all that came.</summary>
    private static void AssertKnown(IReadOnlyList<PairStatus> pairs, double most)
    {
        var (known, received) = (pairs.Sum(static pair => pair.KnownEntries), pairs.Sum(static pair => pair.ReceivedEntries));
        Assert.True(known <= received * most, $"{known} of {received} entries came though they were known already.");
    }

    private static async Task AssertEqual(int keys, params ServerProcess[] servers)
    {
        await using var asked = await Operator(servers);
        var verdict = await asked.VerifyAsync(TimeSpan.FromSeconds(5));
        Assert.True(verdict.IsEqual, "The replicas differ.");
        Assert.InRange(verdict.Keys, keys, long.MaxValue);
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        // Other processes: they do not tell this one.
        while (!await condition()) await Task.Delay(BetweenLooks, TimeProvider.System, timeout.Token);
    }

    private static string At(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? "-" : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))].TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
