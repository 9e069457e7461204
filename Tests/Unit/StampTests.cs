using Cmud.Replication;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class StampTests
{
    [Fact]
    public void The_later_time_wins_whoever_wrote() => Assert.True(Writes.StampOf(2, server: 1, life: 1, grain: 0) > Writes.StampOf(1, server: 9, life: 9, grain: 9));

    [Fact]
    public void At_one_time_the_greater_server_wins() => Assert.True(Writes.StampOf(1, server: 2, life: 1, grain: 0) > Writes.StampOf(1, server: 1, life: 9, grain: 9));

    [Fact]
    public void At_one_time_and_server_the_later_life_wins() => Assert.True(Writes.StampOf(1, server: 1, life: 2, grain: 0) > Writes.StampOf(1, server: 1, life: 1, grain: 9));

    [Fact]
    public void At_one_time_and_origin_the_greater_grain_wins() => Assert.True(Writes.StampOf(1, grain: 1) > Writes.StampOf(1, grain: 0));

    [Fact]
    public void Any_two_stamps_are_in_one_order_and_only_the_same_stamp_ties() =>
        Gen.Select(Writes.Stamps, Writes.Stamps).Sample(
            (a, b) =>
            {
                Assert.Equal(a.CompareTo(b), -b.CompareTo(a));
                Assert.Equal(a == b, a.CompareTo(b) == 0);
                Assert.Equal(a.CompareTo(b) < 0, a < b);
                Assert.Equal(a.CompareTo(b) > 0, a > b);
                Assert.Equal(a.CompareTo(b) <= 0, a <= b);
                Assert.Equal(a.CompareTo(b) >= 0, a >= b);
            },
            iter: 5_000);

    [Fact]
    public void Any_three_stamps_are_in_one_order() =>
        Gen.Select(Writes.Stamps, Writes.Stamps, Writes.Stamps).Sample((a, b, c) => Assert.True(!(a <= b && b <= c) || a <= c), iter: 5_000);

    [Fact]
    public void Numbers_above_half_of_64_bits_are_great_and_not_negative()
    {
        var (small, great) = (Writes.StampOf(1), Writes.StampOf(ulong.MaxValue));

        Assert.True(great > small);
        Assert.True(new Origin(new ServerId(ulong.MaxValue), 0) > new Origin(new ServerId(1), ulong.MaxValue));
    }

    [Fact]
    public void A_server_that_starts_again_a_millisecond_later_succeeds_its_former_life()
    {
        var time = new FakeTimeProvider();
        var server = new ServerId(7);
        var former = Origin.Boot(server, time, new Random(1));

        time.Advance(TimeSpan.FromMilliseconds(1));
        var present = Origin.Boot(server, time, new Random(2));

        Assert.True(present.Succeeds(former));
        Assert.False(former.Succeeds(present));
        Assert.False(present.Succeeds(present));
        Assert.True(present > former);
    }

    [Fact]
    public void A_life_of_another_server_succeeds_nothing_of_this_one()
    {
        var ours = new Origin(new ServerId(1), 1);
        var theirs = new Origin(new ServerId(2), 2);

        Assert.False(theirs.Succeeds(ours));
    }

    [Fact]
    public void Stamps_are_written_for_people()
    {
        var stamp = new Stamp(new HybridTimestamp((1_700_000_000_123UL << 16) | 5), new Origin(new ServerId(0xabc), 0x1f), 3);

        var text = stamp.ToString();

        Assert.Equal("2023-11-14T22:13:20.123Z+5 0000000000000abc.000000000000001f/3", text);
    }
}
