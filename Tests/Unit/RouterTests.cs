using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Unit;

public class RouterTests
{
    [Fact]
    public void The_fixed_router_stays()
    {
        var router = new FixedRouter(1, 2);

        Assert.All(Enumerable.Range(0, 5), _ => Assert.Equal(new Route(1, 2), router.Next([])));
    }

    [Fact]
    public void The_scripted_router_tells_its_script_over_and_over()
    {
        var router = new ScriptedRouter(new Route(0, 1), new Route(2, 0));

        Assert.Equal([new(0, 1), new(2, 0), new(0, 1)], Enumerable.Range(0, 3).Select(_ => router.Next([])));
    }

    [Fact]
    public void The_nearest_router_spreads_calls_over_all_grains_of_one_server()
    {
        var router = new NearestRouter(new Random(1));

        var routes = Enumerable.Range(0, 400).Select(_ => router.Next([Server(1), Server(50)])).ToList();

        Assert.All(routes, route => Assert.Equal(0, route.Server));
        Assert.All(routes.GroupBy(route => route.Grain), grain => Assert.InRange(grain.Count(), 50, 150));
        Assert.Equal([0, 1, 2, 3], routes.Select(route => route.Grain).Distinct().Order());
    }

    [Fact]
    public void The_nearest_router_repeats_its_choices_with_its_seed()
    {
        var (a, b) = (new NearestRouter(new Random(7)), new NearestRouter(new Random(7)));

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(a.Next([Server(1)]), b.Next([Server(1)])));
    }

    [Fact]
    public void The_nearest_router_may_be_held_to_one_grain() => Assert.Equal(new(0, 3), new NearestRouter(new Random(1), grain: 3).Next([Server(1)]));

    [Theory]
    [InlineData(0, new[] { 10.0, 10.0 })]
    // Not clearly nearer: by less than 2 ms, by less than a fifth.
    [InlineData(0, new[] { 2.5, 0.6 })]
    [InlineData(0, new[] { 100.0, 81.0 })]
    [InlineData(1, new[] { 100.0, 79.0 })]
    [InlineData(1, new[] { 3.0, 0.5 })]
    [InlineData(2, new[] { 250.0, 120.0, 20.0 })]
    // Unreachable (negative) servers do not count, however near they were.
    [InlineData(1, new[] { -1.0, 250.0 })]
    [InlineData(0, new[] { 250.0, -1.0 })]
    public void An_earlier_server_wins_unless_a_later_one_is_clearly_nearer(int expected, double[] roundTrips) =>
        Assert.Equal(expected, new NearestRouter(new Random(1)).Next([.. roundTrips.Select(Server)]).Server);

    private static ServerView Server(double milliseconds) =>
        new(ServerAddress.Default, Reachable: milliseconds >= 0, QueryGrains: 4, TimeSpan.FromMilliseconds(Math.Abs(milliseconds)), new ServerId(1), "server");
}
