using Cmud.Grains;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>Puts of the same moment on different grains: any may win, but everywhere the same.</summary>
public sealed class TieFacts
{
    /// <summary>On wall clocks that stand still every grain gives the same timestamps, so that only the origin and the grain can decide.</summary>
    [Fact]
    public async Task Of_Puts_with_equal_timestamps_the_same_wins_on_every_grain()
    {
        const int ties = 50;
        var (wall, news) = (new StoppedWall(), new Gate());
        await using var mesh = await Mesh.Empty(null, silo => silo.AddIncomingGrainCallFilter(new NewsAt(news)).Services.AddSingleton<TimeProvider>(wall)).WithAsync(2, 2);

        // A grain that had heard of another's Put would stamp its own above it.
        news.Close();
        var puts = await Task.WhenAll(mesh.Grains.Select(async grain =>
        {
            var values = Enumerable.Range(0, ties).ToDictionary(i => $"tie/{i:00}", i => $"{grain} {i}");
            return values.Zip(await grain.PutAllAsync(values)).Select(put => (put.First.Key, put.First.Value, put.Second.Stamp)).ToArray();
        }));
        news.Open();

        var byKey = puts.SelectMany(own => own).GroupBy(put => put.Key).ToArray();
        Assert.All(byKey, tied => Assert.Single(tied.DistinctBy(put => put.Stamp.Time)));
        Assert.All(byKey, tied => Assert.Equal(mesh.Grains.Count, tied.DistinctBy(put => put.Stamp).Count()));
        await Eventually.Lists("tie/", byKey.ToDictionary(tied => tied.Key, tied => tied.MaxBy(put => put.Stamp).Value), mesh.Grains);
        Assert.Single(byKey.Select(tied => tied.MaxBy(put => put.Stamp).Stamp).DistinctBy(stamp => (stamp.Origin, stamp.Grain)));
    }

    [Fact]
    public async Task Of_Puts_within_one_millisecond_the_same_wins_on_every_grain()
    {
        await using var mesh = await Mesh.StartAsync(new(TimeSpan.FromMilliseconds(20)), 4, 4);
        var expected = new Dictionary<string, string>();
        var ties = 0;
        for (var i = 0; i < 200; i++)
        {
            var key = $"millisecond/{i:000}";
            var puts = await Task.WhenAll(mesh.Grains.Select(async grain => (Value: $"{grain}", (await grain.PutAsync(key, $"{grain}")).Stamp)));
            var winner = puts.MaxBy(put => put.Stamp);
            expected.Add(key, winner.Value);
            if (puts.Count(put => put.Stamp.Time.Wall == winner.Stamp.Time.Wall) > 1) ties++;
        }

        Assert.InRange(ties, 1, int.MaxValue);
        await Eventually.Lists("millisecond/", expected, mesh.Grains);
        (await mesh.TrafficAsync()).AssertPace();
    }

    /// <summary>Keeps news from the query grains while a gate is closed.</summary>
    private sealed class NewsAt(Gate gate) : IIncomingGrainCallFilter
    {
        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is DeltaMessage) await gate.PassAsync(CancellationToken.None);
            await context.Invoke();
        }
    }

    /// <summary>A wall clock that stands still; timers go on.</summary>
    private sealed class StoppedWall : TimeProvider
    {
        private readonly DateTimeOffset _stopped = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _stopped;
    }
}
