using Cmud.Replication;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class HybridClockTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _wall = new(Start);

    [Fact]
    public void Timestamps_follow_the_wall()
    {
        var clock = new HybridClock(_wall);
        Step(_wall, TimeSpan.FromMilliseconds(7));

        var issued = clock.Issue();

        Assert.Equal(HybridTimestamp.Of(Start.AddMilliseconds(7)), issued);
        Assert.Equal(Start.AddMilliseconds(7), issued.Wall);
    }

    [Fact]
    public void Timestamps_of_one_millisecond_count_up()
    {
        var clock = new HybridClock(_wall);
        Step(_wall, TimeSpan.FromMilliseconds(1));

        var issued = Enumerable.Range(0, 3).Select(_ => clock.Issue()).ToArray();

        var first = HybridTimestamp.Of(_wall.GetUtcNow());
        Assert.Equal([first, first.Next, first.Next.Next], issued);
    }

    [Fact]
    public void More_timestamps_than_the_counter_holds_run_into_the_next_millisecond()
    {
        var clock = new HybridClock(_wall);

        for (var i = 0; i <= 1 << 16; i++) clock.Issue();

        Assert.Equal(HybridTimestamp.Of(Start.AddMilliseconds(1)), clock.Last);
    }

    [Fact]
    public void A_wall_that_was_wrong_until_the_first_timestamp_is_issued_leaves_no_trace()
    {
        Step(_wall, TimeSpan.FromMinutes(10));
        var clock = new HybridClock(_wall);
        Step(_wall, -TimeSpan.FromMinutes(10));

        Assert.Equal(Start, clock.Issue().Wall);
    }

    [Fact]
    public void A_wall_that_steps_back_does_not_take_the_timestamps_with_it()
    {
        var clock = new HybridClock(_wall);
        var before = clock.Issue();
        Step(_wall, -TimeSpan.FromHours(1));

        var after = clock.Issue();

        Assert.Equal(before.Next, after);
    }

    [Fact]
    public void A_wall_that_caught_up_is_followed_again()
    {
        var clock = new HybridClock(_wall);
        Step(_wall, -TimeSpan.FromHours(1));
        clock.Issue();
        Step(_wall, TimeSpan.FromHours(2));

        var issued = clock.Issue();

        Assert.Equal(HybridTimestamp.Of(Start.AddHours(1)), issued);
    }

    [Fact]
    public void What_is_issued_beats_what_was_observed()
    {
        var clock = new HybridClock(_wall);
        var seen = HybridTimestamp.Of(Start.AddMinutes(1));
        clock.Observe(seen);

        var issued = clock.Issue();

        Assert.Equal(seen.Next, issued);
    }

    [Fact]
    public void Observing_an_old_timestamp_changes_nothing()
    {
        var clock = new HybridClock(_wall);
        clock.Issue();

        clock.Observe(HybridTimestamp.Of(Start.AddDays(-1)));

        Assert.Equal(HybridTimestamp.Of(Start), clock.Last);
    }

    [Fact]
    public void Timestamps_rise_whatever_the_wall_does_and_whatever_is_observed() =>
        Gen.Select(Gen.Int[-3, 3], Gen.Int[-3, 3], Gen.Bool).Array[1, 50].Sample(steps =>
        {
            var wall = new FakeTimeProvider(Start);
            var clock = new HybridClock(wall);
            var last = clock.Last;

            foreach (var (step, seen, observes) in steps)
            {
                Step(wall, TimeSpan.FromMilliseconds(step));
                var observed = HybridTimestamp.Of(wall.GetUtcNow().AddMilliseconds(seen));
                if (observes) clock.Observe(observed);

                var issued = clock.Issue();

                Assert.True(issued > last && issued >= HybridTimestamp.Of(wall.GetUtcNow()));
                Assert.True(!observes || issued > observed);
                last = issued;
            }
        });

    [Theory]
    [InlineData(-60_000, true)]
    [InlineData(0, true)]
    [InlineData(9_999, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    [InlineData(60_000, false)]
    public void A_timestamp_from_a_client_is_believed_up_to_ten_seconds_ahead(int ahead, bool believed)
    {
        var clock = new HybridClock(_wall);
        var before = clock.Last;
        var seen = HybridTimestamp.Of(Start.AddMilliseconds(ahead));

        var taken = clock.TryObserveClient(seen);

        Assert.Equal(believed, taken);
        Assert.Equal(believed ? HybridTimestamp.Max(before, seen) : before, clock.Last);
    }

    [Fact]
    public void A_timestamp_from_a_client_that_the_server_itself_has_observed_is_believed_however_far_ahead()
    {
        var clock = new HybridClock(_wall);
        var seen = HybridTimestamp.Of(Start.AddMinutes(1));
        clock.Observe(seen);

        var taken = clock.TryObserveClient(seen);

        Assert.True(taken);
        Assert.False(clock.TryObserveClient(seen.Next));
    }

    [Fact]
    public void The_greatest_timestamp_there_is_is_not_believed()
    {
        var clock = new HybridClock(_wall);

        var taken = clock.TryObserveClient(new HybridTimestamp(ulong.MaxValue));

        Assert.False(taken);
    }

    /// <summary>Steps the wall, also backwards, as an operator or NTP may.</summary>
    private static void Step(FakeTimeProvider wall, TimeSpan by) => wall.AdjustTime(wall.GetUtcNow() + by);
}
