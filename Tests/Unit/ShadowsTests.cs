using System.Text;
using Cmud.Replication;
using Cmud.Replication.Sync;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Beaten positions of an origin, held against all of them written down one by one.</summary>
public sealed class ShadowsTests
{
    private static readonly Origin Winners = new(new(2), 20);

    [Fact]
    public void Whatever_is_added_in_whatever_order_no_interval_misses_a_position_that_it_covers()
    {
        // Few keys, so that some have more positions than are known one by one; a sequence is of one key.
        var beaten = Gen.Select(Gen.ULong[1, 60], Gen.ULong[0, 3]);
        Gen.Select(beaten.Array[1, 60], Gen.ULong[0, 60], Gen.ULong[0, 30], Gen.Int[0, 60]).Sample((all, after, length, most) =>
        {
            var (shadows, kept) = (new Shadows(), new List<(int Key, ulong Sequence)>());
            foreach (var (last, more) in all)
            {
                var key = (int)(last % 3);
                var interval = new Interval(last - Math.Min(last, 1 + more), last);
                if (shadows.Add(Key(key), interval, new(Winners, 1), mayGrow: shadows.Count < most) is null) continue;

                for (var sequence = interval.After + 1; sequence <= interval.UpTo; sequence++) kept.Add((key, sequence));
            }

            var asked = new Interval(after, after + length);
            var told = shadows.In(asked).ToArray();

            Assert.True(shadows.Count <= most);
            Assert.All(kept.Where(one => one.Sequence > asked.After && one.Sequence <= asked.UpTo), one =>
                Assert.Contains(told, covering => KeyOrder.Instance.Equals(covering.Key, Key(one.Key)) && covering.Beaten.After < one.Sequence && covering.Beaten.UpTo >= one.Sequence));
            Assert.All(told, one => Assert.True(one.Beaten.UpTo > asked.After && one.Beaten.After < asked.UpTo));
            Assert.Equal(told.Select(static one => one.Beaten.After).Order(), told.Select(static one => one.Beaten.After));
            Assert.All(kept, one => Assert.True(shadows.Has(Key(one.Key))));
        });
    }

    [Fact]
    public void A_position_concerns_no_interval_beside_it_though_its_key_was_beaten_on_both_sides()
    {
        var shadows = new Shadows();
        shadows.Add(Key(0), new(4, 5), new(Winners, 1), mayGrow: true);
        shadows.Add(Key(0), new(90, 91), new(Winners, 2), mayGrow: true);

        Assert.Empty(shadows.In(new(10, 80)));
        Assert.Equal(new Interval(4, 5), Assert.Single(shadows.In(new(0, 80))).Beaten);
    }

    [Fact]
    public void A_key_that_is_beaten_a_thousand_times_costs_little()
    {
        var shadows = new Shadows();
        for (var sequence = 1UL; sequence <= 1_000; sequence++) shadows.Add(Key(0), new(sequence - 1, sequence), new(Winners, sequence), mayGrow: true);

        Assert.InRange(shadows.Count, 1, 10);
        Assert.Equal(new Interval(0, 1_001), shadows.Add(Key(0), new(1_000, 1_001), new(Winners, 1_001), mayGrow: false));
    }

    [Fact]
    public void What_all_have_passed_fades_and_what_is_above_a_sequence_is_cut_off()
    {
        var shadows = new Shadows();
        shadows.Add(Key(0), new(0, 1), new(Winners, 1), mayGrow: true);
        shadows.Add(Key(0), new(1, 2), new(Winners, 2), mayGrow: true);
        shadows.Add(Key(1), new(2, 6), new(Winners, 1), mayGrow: true);

        Assert.Empty(shadows.Fade([new(0, 2)], static (_, winner) => winner.Sequence == 1));
        Assert.True(shadows.Has(Key(0)));
        Assert.Equal([Key(0)], shadows.Fade([new(0, 2)], static (_, _) => true));
        // The winner over the latest of a hull need not beat all of it: the newest does.
        Assert.Empty(shadows.Fade([new(0, 6)], static (_, winner) => winner != default));
        Assert.Equal(new Interval(2, 4), Assert.Single(shadows.Clip(4)).Hull);
        Assert.Null(Assert.Single(shadows.Clip(2)).Hull);
        Assert.Equal((0, 2UL), (shadows.Count, shadows.UpTo));
    }

    private static byte[] Key(int number) => Encoding.UTF8.GetBytes($"key{number}");
}
