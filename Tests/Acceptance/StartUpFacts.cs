using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Acceptance;

/// <summary>Servers that come later, 250 ms away, get what was there before, and give what they bring.</summary>
public sealed class StartUpFacts(ITestOutputHelper output) : IAsyncLifetime
{
    private static bool _isWarm;

    /// <summary>
    /// The first link of a process waits half a second for the code of links to be compiled. A server compiles it while its silo starts;
    /// here the silo's code is warm from the old server, and would not wait for it.
    /// </summary>
    public async Task InitializeAsync()
    {
        if (_isWarm) return;

        await using var mesh = await Mesh.StartAsync(network: null, 1, 1);
        _isWarm = true;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>All send buffers are long empty when the newcomer appears: what it shows it was given as state.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_newcomer_shows_what_was_put_before_it_came(int grains)
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var old = await mesh.AddAsync(grains);
        var expected = await Traces.PutOnEach("before/", old.Grains);
        await mesh.Rests();

        using var probe = new VisibilityProbe();
        var newcomer = await mesh.AddAsync(grains);
        var ready = TimeProvider.System.GetUtcNow();

        await Eventually.Lists("", expected, newcomer.Grains);
        AssertAllWithinPromise(probe, grains * grains, ready);
        await mesh.IsWhole();
        await mesh.Rests();
        var traffic = await mesh.TrafficAsync();
        Assert.Equal(grains, traffic.Between(old, newcomer).Entries);
        Assert.Equal(0, traffic.Remote.KnownEntries);
        traffic.AssertPace();
    }

    [Fact]
    public async Task A_Put_on_a_newcomer_right_after_its_start_is_seen_by_the_old_server()
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var old = await mesh.AddAsync(1);
        var newcomer = await mesh.AddAsync(1);
        using var probe = new VisibilityProbe([old]);
        await newcomer.Grains[0].PutAsync("brought", "along");

        Assert.Equal("along", await newcomer.Grains[0].GetAsync("brought"));
        await Eventually.Shows("brought", "along", old.Grains);
        probe.AssertPromises();
    }

    /// <summary>Behind a firewall, say: it reaches the old server, which cannot dial back.</summary>
    [Fact]
    public async Task A_newcomer_that_cannot_be_dialled_is_answered_over_its_own_connection()
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var old = await mesh.AddAsync(1);
        var expected = await Traces.PutMany("before/", 300, old.Grains[0]);
        await mesh.Rests();
        using var probe = new VisibilityProbe();
        var newcomer = await mesh.AddAsync(1);
        var ready = TimeProvider.System.GetUtcNow();
        mesh.Network!.Hold(old, newcomer);

        await Eventually.Lists("", expected, newcomer.Grains);
        Report(probe, ready);
        await old.Grains[0].PutAsync("live", "as well");
        await Eventually.Shows("live", "as well", newcomer.Grains);
        // The way is timed by another clock than sightings are.
        Assert.InRange(probe.Remote.Last(), Network.FarAway - TimeSpan.FromMilliseconds(2), VisibilityProbe.RemotePromise);

        // Its own link takes over, and nothing goes twice for that.
        mesh.Network.Release(old, newcomer);
        await mesh.IsWhole();
        await old.Grains[0].PutAsync("later", "too");
        await Eventually.Shows("later", "too", newcomer.Grains);
        var traffic = await mesh.TrafficAsync();
        Assert.Equal(302, traffic.Between(old, newcomer).Entries);
        Assert.Equal(0, traffic.Remote.KnownEntries);
        traffic.AssertPace();
    }

    /// <summary>What is sent to it then goes nowhere, and is in nobody's way.</summary>
    [Fact]
    public async Task A_newcomer_that_goes_while_it_is_answered_over_its_own_connection_is_not_missed()
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var old = await mesh.AddAsync(1);
        await old.Grains[0].PutAsync("before", "it came");
        await using (var gone = await TestServer.StartAsync(1, [old], mesh.Network))
        {
            mesh.Network!.Hold(old, gone);
            await Eventually.Shows("before", "it came", gone.Grains);
        }

        var expected = await Traces.PutSteadily("after/", 100, old.Grains);
        await Eventually.Lists("after/", expected, old.Grains);
        var newcomer = await mesh.AddAsync(1);

        await Eventually.Lists("after/", expected, newcomer.Grains);
        (await mesh.TrafficAsync()).AssertPace();
    }

    private void AssertAllWithinPromise(VisibilityProbe probe, int sightings, DateTimeOffset ready)
    {
        var shown = Report(probe, ready);
        Assert.Equal(sightings, probe.Remote.Count());
        Assert.InRange(shown, TimeSpan.MinValue, VisibilityProbe.RemotePromise);
    }

    private TimeSpan Report(VisibilityProbe probe, DateTimeOffset ready)
    {
        var shown = probe.Sightings.Where(sighting => !sighting.IsLocal).Max(sighting => sighting.At) - ready;
        output.WriteLine($"a newcomer 250 ms away shows what was there {shown.TotalMilliseconds:0} ms after it is ready");
        return shown;
    }

    [Fact]
    public async Task Writers_on_both_sides_while_a_newcomer_connects_leave_the_same_on_all_grains()
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var old = await mesh.AddAsync(4);
        await Traces.PutOnEach("old/", old.Grains);
        await mesh.Rests();
        var newcomer = await mesh.AddAsync(4);

        await Task.WhenAll(
            old.Grains[0].PutAsync("old/000", "overwritten on the old server"),
            old.Grains[1].PutAsync("new/a", "put on the old server"),
            newcomer.Grains[1].PutAsync("new/b", "put on the newcomer"),
            Duel("new/c", newcomer.Grains[2], old.Grains[2]),
            Duel("old/003", old.Grains[3], newcomer.Grains[3]));

        var expected = new Dictionary<string, string>
        {
            ["old/000"] = "overwritten on the old server",
            ["old/001"] = "of 1",
            ["old/002"] = "of 2",
            ["old/003"] = "later",
            ["new/a"] = "put on the old server",
            ["new/b"] = "put on the newcomer",
            ["new/c"] = "later",
        };
        await Eventually.Lists("", expected, mesh.Grains);
        await mesh.Rests();
        await Eventually.Lists("", expected, mesh.Grains);
        (await mesh.TrafficAsync()).AssertPace();

        static async Task Duel(string key, TestGrain first, TestGrain second)
        {
            await first.PutAsync(key, "earlier");
            await Traces.Pause(Traces.Apart);
            await second.PutAsync(key, "later");
        }
    }

    /// <summary>Each knows of the one before it only, and each time everybody who is there puts something at that moment.</summary>
    [Fact]
    public async Task Servers_that_come_one_after_another_all_show_everything()
    {
        await using var mesh = Mesh.Empty(new(Network.FarAway));
        var expected = new Dictionary<string, string>();
        await mesh.AddAsync(4);
        for (var newcomer = 1; newcomer < 4; newcomer++)
        {
            await mesh.AddAsync(4);
            foreach (var (i, older) in mesh.Servers.Take(newcomer).Index())
            {
                expected.Add($"as {newcomer} came/{i}", older.Name);
                await older.Grains[newcomer].PutAsync($"as {newcomer} came/{i}", older.Name);
            }

            await Eventually.Lists("", expected, mesh.Grains);
        }

        Assert.Equal(6, expected.Count);
        await Eventually.Lists("", expected, mesh.Grains);
        (await mesh.TrafficAsync()).AssertPace();
    }

    /// <summary>Two servers with a life of their own meet: neither side's state is left behind.</summary>
    [Fact]
    public async Task Two_servers_that_were_apart_for_long_give_each_other_all_they_have()
    {
        var network = new Network(Network.FarAway);
        await using var mesh = Mesh.Empty(network);
        var one = await mesh.AddAsync(2);
        network.HoldAll();
        var other = await mesh.AddAsync(2);
        var all = await Traces.PutMany("of the one/", 100, one.Grains[0]);
        foreach (var (key, value) in await Traces.PutMany("of the other/", 100, other.Grains[1])) all.Add(key, value);
        await one.Grains[1].PutAsync("of both", "earlier");
        await Traces.Pause(Traces.Apart);
        await other.Grains[0].PutAsync("of both", "later");
        all["of both"] = "later";
        await Eventually.Lists("of the one/", all.Where(pair => pair.Key.StartsWith("of the one/", StringComparison.Ordinal)).ToDictionary(), one.Grains);
        Assert.Null(await one.Grains[0].GetAsync("of the other/0000"));

        network.ReleaseAll();

        await Eventually.Lists("", all, mesh.Grains);
    }

    /// <summary>Two old servers hold it all; the newcomer takes each entry from one of them.</summary>
    [Fact]
    public async Task A_newcomer_is_given_nothing_twice()
    {
        await using var mesh = await Mesh.StartAsync(new(Network.FarAway), 1, 1);
        var expected = await Traces.PutMany("a/", 300, mesh.Servers[0].Grains[0]);
        foreach (var (key, value) in await Traces.PutMany("b/", 300, mesh.Servers[1].Grains[0])) expected.Add(key, value);
        await mesh.Rests();

        var newcomer = await mesh.AddAsync(2);
        await Eventually.Lists("", expected, newcomer.Grains);
        await mesh.Rests();

        var traffic = await mesh.TrafficAsync();
        Assert.Equal(600, mesh.Servers.Take(2).Sum(old => traffic.Between(old, newcomer).Entries));
        Assert.Equal(0, traffic.Remote.KnownEntries);
        Assert.Equal(0, traffic.Between(newcomer, mesh.Servers[0]).Entries + traffic.Between(newcomer, mesh.Servers[1]).Entries);
    }
}
