using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>The query grains of one server keep one another up to date.</summary>
public sealed class LocalSyncFacts(LocalSyncFacts.TwoServers servers) : IClassFixture<LocalSyncFacts.TwoServers>
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_Put_on_one_grain_is_seen_by_all(int grains)
    {
        var server = servers.With(grains);
        using var probe = new VisibilityProbe([server]);

        await server.Grains[0].PutAsync("one", "for all");

        await Eventually.Shows("one", "for all", server.Grains);
        Assert.Equal(grains - 1, probe.Sightings.Count);
        probe.AssertPromises();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_Put_on_each_grain_is_seen_by_all(int grains)
    {
        var server = servers.With(grains);
        using var probe = new VisibilityProbe([server]);

        var expected = await Traces.PutOnEach("each/", server.Grains);

        await Eventually.Lists("each/", expected, server.Grains);
        Assert.Equal(grains * (grains - 1), probe.Sightings.Count);
        probe.AssertPromises();
    }

    /// <summary>At full load: in time, at most ten messages in any second between two grains, and nothing twice.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    public async Task A_steady_stream_of_Puts_keeps_the_pace_and_is_sent_once(int grains, int writers)
    {
        var server = servers.With(grains);
        var prefix = $"steady/{writers}/";
        using var probe = new VisibilityProbe([server]);
        var before = await Traffic.OfAsync([server]);

        var expected = await Traces.PutSteadily(prefix, 150, [.. server.Grains.Take(writers)]);
        await Eventually.Lists(prefix, expected, server.Grains);

        var after = await Traffic.OfAsync([server]);
        after.AssertPace();
        Assert.Equal(expected.Count * (grains - 1), probe.Sightings.Count);
        probe.AssertPromises();
        Assert.All(server.Grains, grain =>
        {
            var ownPuts = grain.Index < writers ? expected.Count / writers : 0;
            Assert.Equal(expected.Count - ownPuts, (after.To(grain) - before.To(grain)).Entries);
        });
    }

    /// <summary>What is sent depends on what is new, not on what is there.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    public async Task A_Put_costs_the_same_beside_a_thousand_other_keys(int grains, int writers)
    {
        var server = servers.With(grains);
        var prefix = $"cost/{writers}/";
        var empty = await CostOf($"{prefix}before/");
        var filler = await Traces.PutMany($"{prefix}filler/", 1_000, server.Grains[0]);
        await Eventually.Lists($"{prefix}filler/", filler, server.Grains);

        var full = await CostOf($"{prefix}beyond/");

        Assert.Equal(empty.Entries, full.Entries);
        Assert.Equal(empty.DataBytes, full.DataBytes);
        (await Traffic.OfAsync([server])).AssertPace();

        async Task<Sent> CostOf(string under)
        {
            var before = await Traffic.OfAsync([server]);
            var expected = await Traces.PutOnEach(under, server.Grains.Take(writers));
            await Eventually.Lists(under, expected, server.Grains);
            return (await Traffic.OfAsync([server])).Local - before.Local;
        }
    }

    [Fact]
    public Task The_later_of_two_Puts_wins_on_every_grain() => LastWriterTraces.The_later_of_two("duel", servers.With(4).Grains);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task An_overwrite_of_the_winner_wins_on_every_grain(int overwriter) =>
        LastWriterTraces.An_overwrite_of_the_winner($"overwritten by {overwriter}", servers.With(4).Grains, overwriter);

    [Fact]
    public Task A_second_Put_of_the_same_value_is_a_new_Put() => LastWriterTraces.A_second_Put_of_the_same_value("again", servers.With(4).Grains);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Many_users_of_the_same_keys_leave_the_same_on_every_grain(int grains)
    {
        var server = servers.With(grains);
        using var probe = new VisibilityProbe([server]);

        var expected = await Traces.Stress("stress/", 100, Traces.Apart, server.Grains);

        await Eventually.Lists("stress/", expected, server.Grains);
        probe.AssertPromises();
        (await Traffic.OfAsync([server])).AssertPace();
    }

    /// <summary>One server with two query grains and one with four, strangers to each other; the facts keep apart by their keys.</summary>
    public sealed class TwoServers : IAsyncLifetime
    {
        private readonly List<TestServer> _servers = [];

        public async Task InitializeAsync()
        {
            foreach (var grains in (int[])[2, 4]) _servers.Add(await TestServer.StartAsync(grains));
        }

        internal TestServer With(int grains) => _servers.Single(server => server.Grains.Count == grains);

        public async Task DisposeAsync()
        {
            foreach (var server in _servers) await server.DisposeAsync();
        }
    }
}
