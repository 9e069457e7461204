using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>Servers that are 250 ms apart keep one another up to date.</summary>
public sealed class RemoteSyncFacts(RemoteSyncFacts.Meshes meshes) : IClassFixture<RemoteSyncFacts.Meshes>
{
    [Fact]
    public async Task What_a_client_puts_at_one_server_a_client_of_another_gets()
    {
        var mesh = meshes.Of(2, 1);
        await using var here = await mesh.Servers[0].ConnectAsync();
        await using var there = await mesh.Servers[1].ConnectAsync();

        await here.PutAsync("across", "the ocean");

        await Eventually.NothingIsMissing(async () => await there.GetAsync("across") == "the ocean" ? null : "the other client does not get it.");
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(2, 4)]
    [InlineData(4, 4)]
    public async Task A_Put_on_one_grain_is_seen_by_all_grains_of_all_servers(int servers, int grains)
    {
        var mesh = meshes.Of(servers, grains);
        using var probe = new VisibilityProbe(mesh.Servers);
        var before = await mesh.TrafficAsync();

        await mesh.Grains[0].PutAsync("one", "for all");

        await Eventually.Shows("one", "for all", mesh.Grains);
        Assert.Equal(grains - 1, probe.Local.Count());
        Assert.Equal((servers - 1) * grains, probe.Remote.Count());
        probe.AssertPromises();
        await AssertSentOnce(mesh, before, server => server == mesh.Servers[0] ? 1 : 0);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(2, 4)]
    [InlineData(4, 4)]
    public async Task A_Put_on_each_grain_is_seen_by_all_grains_of_all_servers(int servers, int grains)
    {
        var mesh = meshes.Of(servers, grains);
        using var probe = new VisibilityProbe(mesh.Servers);
        var before = await mesh.TrafficAsync();

        var expected = await Traces.PutOnEach("each/", mesh.Grains);

        await Eventually.Lists("each/", expected, mesh.Grains);
        Assert.Equal(expected.Count * (grains - 1), probe.Local.Count());
        Assert.Equal(expected.Count * (servers - 1) * grains, probe.Remote.Count());
        probe.AssertPromises();
        await AssertSentOnce(mesh, before, _ => grains);
    }

    /// <summary>At full load: in time, at most ten messages in any second between two grains, and nothing twice.</summary>
    [Theory]
    [InlineData(2, 4, false)]
    [InlineData(2, 4, true)]
    [InlineData(4, 4, false)]
    [InlineData(4, 4, true)]
    public async Task A_steady_stream_of_Puts_keeps_the_pace_and_is_sent_once(int servers, int grains, bool onEvery)
    {
        const int puts = 150;
        var mesh = meshes.Of(servers, grains);
        var writers = onEvery ? mesh.Grains : [mesh.Grains[0]];
        using var probe = new VisibilityProbe(mesh.Servers);
        var before = await mesh.TrafficAsync();

        var expected = await Traces.PutSteadily($"steady/{onEvery}/", puts, writers);
        await Eventually.Lists($"steady/{onEvery}/", expected, mesh.Grains);

        (await mesh.TrafficAsync()).AssertPace();
        Assert.Equal(expected.Count * (servers - 1) * grains, probe.Remote.Count());
        probe.AssertPromises();
        await AssertSentOnce(mesh, before, server => puts * writers.Count(writer => writer.Server == server));
    }

    /// <summary>What is sent depends on what is new, not on what is there.</summary>
    [Theory]
    [InlineData(2, 4, false)]
    [InlineData(2, 4, true)]
    [InlineData(4, 4, false)]
    [InlineData(4, 4, true)]
    public async Task A_Put_costs_the_same_beside_a_thousand_other_keys(int servers, int grains, bool onEvery)
    {
        var mesh = meshes.Of(servers, grains);
        var writers = onEvery ? mesh.Grains : [mesh.Grains[0]];
        var empty = await CostOf($"cost/{onEvery}/before/");
        var filler = await Traces.PutMany($"cost/{onEvery}/filler/", 1_000, mesh.Grains[0]);
        await Eventually.Lists($"cost/{onEvery}/filler/", filler, mesh.Grains);

        var full = await CostOf($"cost/{onEvery}/beyond/");

        Assert.Equal(writers.Count * (servers - 1), empty.Entries);
        Assert.Equal(empty.Entries, full.Entries);
        Assert.InRange(full.Bytes, 0, 2 * empty.Bytes);
        (await mesh.TrafficAsync()).AssertPace();

        async Task<Sent> CostOf(string under)
        {
            await mesh.Rests();
            var before = await mesh.TrafficAsync();
            var expected = await Traces.PutOnEach(under, writers);
            await Eventually.Lists(under, expected, mesh.Grains);
            return (await mesh.TrafficAsync()).Remote - before.Remote;
        }
    }

    /// <summary>A server is one receiver, however many query grains it has.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_server_with_four_grains_is_sent_no_more_than_one_with_one(int from)
    {
        var mesh = meshes.Mixed;
        var (sender, small, large) = (mesh.Servers[from], mesh.Servers[2], mesh.Servers[3]);
        await mesh.Rests();
        var before = await mesh.TrafficAsync();

        await sender.Grains[0].PutAsync($"narrow/{from}", "cast");
        await Eventually.Shows($"narrow/{from}", "cast", mesh.Grains);
        await mesh.Rests();

        var after = await mesh.TrafficAsync();
        var (toSmall, toLarge) = (after.Between(sender, small) - before.Between(sender, small), after.Between(sender, large) - before.Between(sender, large));
        Assert.Equal(1, toSmall.Entries);
        Assert.Equal(1, toLarge.Entries);
        Assert.Equal(toSmall.DataBytes, toLarge.DataBytes);
        Assert.Equal(mesh.Servers.Count - 1, (after.Remote - before.Remote).Entries);
    }

    [Fact]
    public Task The_later_of_two_Puts_wins_on_every_server() => LastWriterTraces.The_later_of_two("duel", meshes.Of(4, 1).Grains);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task An_overwrite_of_the_winner_wins_on_every_server(int overwriter) =>
        LastWriterTraces.An_overwrite_of_the_winner($"overwritten by {overwriter}", meshes.Of(4, 1).Grains, overwriter);

    [Fact]
    public Task A_second_Put_of_the_same_value_is_a_new_Put() => LastWriterTraces.A_second_Put_of_the_same_value("again", meshes.Of(4, 1).Grains);

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 4)]
    public async Task Many_users_of_the_same_keys_leave_the_same_on_every_server(int servers, int grains)
    {
        var mesh = meshes.Of(servers, grains);
        using var probe = new VisibilityProbe(mesh.Servers);

        var expected = await Traces.Stress("stress/", 50, 4 * Traces.Apart, mesh.Grains);

        await Eventually.Lists("stress/", expected, mesh.Grains);
        probe.AssertPromises();
        (await mesh.TrafficAsync()).AssertPace();
    }

    /// <summary>Each server sent each other server exactly its own Puts since then, and nobody ever sent what the receiver knew.</summary>
    private static async Task AssertSentOnce(Mesh mesh, Traffic before, Func<TestServer, int> putsOf)
    {
        var after = await mesh.TrafficAsync();
        Assert.Equal(0, after.Remote.KnownEntries);
        foreach (var from in mesh.Servers)
        {
            foreach (var to in mesh.Servers.Where(to => to != from)) Assert.Equal(putsOf(from), (after.Between(from, to) - before.Between(from, to)).Entries);
        }
    }

    /// <summary>Meshes of servers with equally many grains, and one of all kinds; the facts keep apart by their keys.</summary>
    public sealed class Meshes : IAsyncLifetime
    {
        private Mesh[] _meshes = [];

        /// <summary>Servers of 1, 4, 1 and 4 grains.</summary>
        internal Mesh Mixed => _meshes[^1];

        /// <summary>All at once: they mostly wait for the ocean.</summary>
        public async Task InitializeAsync() =>
            _meshes = await Task.WhenAll(((int[][])[[1, 1], [1, 1, 1, 1], [4, 4], [4, 4, 4, 4], [1, 4, 1, 4]]).Select(counts => Mesh.StartAsync(new(Network.FarAway), counts)));

        internal Mesh Of(int servers, int grains) => _meshes.First(mesh => mesh.Servers.Count == servers && mesh.Servers[0].Grains.Count == grains);

        public Task DisposeAsync() => Task.WhenAll(_meshes.Select(mesh => mesh.DisposeAsync().AsTask()));
    }
}
