using Cmud.Replication;
using Cmud.Replication.Sync;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>What time a server takes it to be, and how it estimates what others do.</summary>
public sealed class ServerClockTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly SteppedTime _machine;
    private readonly ServerClock _clock;

    public ServerClockTests()
    {
        _machine = new(_time);
        _clock = new(_machine);
    }

    [Fact]
    public void Alone_it_goes_by_the_wall_of_its_machine()
    {
        _machine.Off = TimeSpan.FromHours(1);

        Assert.Equal((Start.AddHours(1), TimeSpan.Zero), (_clock.GetUtcNow(), _clock.Error));
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(-30, false)]
    [InlineData(31, true)]
    [InlineData(-31, true)]
    [InlineData(600, true)]
    public void A_wall_that_is_further_off_than_30_seconds_is_not_believed(int off, bool isWrong)
    {
        _clock.Agree(Start);
        _machine.Off = TimeSpan.FromSeconds(off);

        Assert.Equal(isWrong ? Start : Start.AddSeconds(off), _clock.GetUtcNow());
        Assert.Equal(isWrong ? TimeSpan.FromSeconds(off) : TimeSpan.Zero, _clock.Error);
    }

    [Fact]
    public void The_agreed_time_goes_on_and_the_machines_is_taken_again_as_soon_as_it_is_right()
    {
        _machine.Off = TimeSpan.FromMinutes(10);
        _clock.Agree(Start);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Start.AddSeconds(5), _clock.GetUtcNow());

        _machine.Off = TimeSpan.FromSeconds(2);

        Assert.Equal(Start.AddSeconds(7), _clock.GetUtcNow());
    }

    /// <summary>A machine that was suspended has missed the time: its wall is right, and what was agreed is not.</summary>
    [Fact]
    public void An_agreement_that_is_not_renewed_ends()
    {
        _clock.Agree(Start);
        _machine.Off = TimeSpan.FromMinutes(10);
        _time.Advance(ServerClock.Validity);
        Assert.Equal(Start + ServerClock.Validity, _clock.GetUtcNow());

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(_machine.GetUtcNow(), _clock.GetUtcNow());
    }

    /// <summary>However a round trip is divided into there and back.</summary>
    [Fact]
    public void The_clock_of_a_peer_is_known_to_half_of_the_shortest_round_trip() =>
        Gen.Select(Gen.Int[-1_000_000, 1_000_000], Gen.Select(Gen.Int[0, 2_000], Gen.Int[0, 2_000]).Array[1, 12]).Sample((offset, ways) =>
        {
            var (clock, now, shortest) = (new PeerClock(), TimeSpan.FromSeconds(100), int.MaxValue);

            foreach (var (there, back) in ways)
            {
                now += TimeSpan.FromSeconds(1);
                var left = now - TimeSpan.FromMilliseconds(back);
                clock.Measure(Start + left + TimeSpan.FromMilliseconds(offset), TimeSpan.FromMilliseconds(there + back), now);
                shortest = Math.Min(shortest, there + back);
            }

            var error = (clock.WallAt(now)!.Value - (Start + now + TimeSpan.FromMilliseconds(offset))).Duration();
            // The bounds widen by a thousandth of the time that has passed.
            Assert.InRange(error.TotalMilliseconds, 0, (shortest / 2.0) + ways.Length);
        });

    [Fact]
    public void A_clock_that_was_set_is_believed_from_the_next_frame_on()
    {
        var (clock, now) = (new PeerClock(), TimeSpan.FromSeconds(100));
        clock.Measure(Start + now, TimeSpan.FromMilliseconds(2), now);

        now += TimeSpan.FromSeconds(5);
        clock.Measure(Start + now + TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(200), now);

        Assert.Equal(Start + now + TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds(100), clock.WallAt(now));
    }

    [Fact]
    public void Of_a_peer_that_was_not_heard_of_late_nothing_is_known()
    {
        var (clock, now) = (new PeerClock(), TimeSpan.FromSeconds(100));
        Assert.Null(clock.WallAt(now));

        clock.Measure(Start, TimeSpan.FromMinutes(1), now);
        Assert.Null(clock.WallAt(now));

        clock.Measure(Start, TimeSpan.FromMilliseconds(2), now);
        Assert.NotNull(clock.WallAt(now + ServerClock.Validity));
        Assert.Null(clock.WallAt(now + ServerClock.Validity + TimeSpan.FromTicks(1)));
    }
}
