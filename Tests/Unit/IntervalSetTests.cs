using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class IntervalSetTests
{
    /// <summary>So small that intervals overlap and touch all the time.</summary>
    private const ulong Universe = 24;

    private static readonly Gen<Interval> Intervals = Gen.Select(Gen.ULong[0, Universe], Gen.ULong[0, Universe], (a, b) => new Interval(a, b));

    private static readonly Gen<IntervalSet> Sets = Intervals.Array[0, 6].Select(added =>
    {
        var set = new IntervalSet();
        foreach (var interval in added) set.Add(interval);
        return set;
    });

    [Fact]
    public void It_holds_what_a_set_of_numbers_would_after_any_adds_and_removes() =>
        Gen.Select(Gen.Bool, Intervals).Array[0, 12].Sample(
            steps =>
            {
                var set = new IntervalSet();
                var model = new HashSet<ulong>();
                foreach (var (adds, interval) in steps)
                {
                    if (adds) set.Add(interval);
                    else set.Remove(interval);
                    if (adds) model.UnionWith(Numbers(interval));
                    else model.ExceptWith(Numbers(interval));

                    AssertHolds(model, set);
                }
            },
            iter: 2_000);

    [Fact]
    public void Two_sets_are_joined_cut_and_compared_like_sets_of_numbers() =>
        Gen.Select(Sets, Sets).Sample(
            (a, b) =>
            {
                var (left, right) = (Numbers(a), Numbers(b));
                var (joined, cut) = (a.Clone(), a.Clone());

                joined.AddAll(b);
                cut.RemoveAll(b);

                AssertHolds([.. left.Union(right)], joined);
                AssertHolds([.. left.Except(right)], cut);
                AssertHolds([.. left.Except(right)], a.Except(b));
                AssertHolds([.. left.Intersect(right)], a.Intersect(b));
                AssertHolds(left, a);
                AssertHolds(right, b);
                Assert.Equal(right.IsSubsetOf(left), a.Covers(b));
                Assert.Equal(right.SetEquals(left), a.SetEquals(b));
            },
            iter: 2_000);

    [Fact]
    public void It_covers_an_interval_when_it_holds_each_of_its_sequences() =>
        Gen.Select(Sets, Intervals).Sample(
            (set, interval) => Assert.Equal(Numbers(interval).IsSubsetOf(Numbers(set)), set.Covers(interval)),
            iter: 2_000);

    [Fact]
    public void A_set_can_take_itself_in_and_out()
    {
        var set = new IntervalSet { new(0, 5), new(7, 9) };

        set.AddAll(set);

        Assert.Equal("(0,5] (7,9]", set.ToString());
        set.RemoveAll(set);
        Assert.True(set.IsEmpty);
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        var set = new IntervalSet { new(0, 5) };

        set.Clone().Add(new Interval(7, 9));

        Assert.Equal("(0,5]", set.ToString());
    }

    [Fact]
    public void It_reaches_up_to_the_greatest_number_there_is()
    {
        var set = new IntervalSet { new(0, ulong.MaxValue - 1) };

        set.Add(new Interval(ulong.MaxValue - 1, ulong.MaxValue));

        Assert.Equal(new Interval(0, ulong.MaxValue), Assert.Single(set));
        Assert.Equal(ulong.MaxValue, set.Size);
        Assert.True(set.Contains(ulong.MaxValue));
    }

    [Fact]
    public void It_is_written_as_its_intervals_whatever_the_culture()
    {
        var set = new IntervalSet { new(7, 9), new(0, 5) };

        var text = set.ToString();

        Assert.Equal("(0,5] (7,9]", text);
        Assert.Equal("", new IntervalSet().ToString());
    }

    private static HashSet<ulong> Numbers(Interval interval) =>
        [.. from number in Enumerable.Range(1, (int)Universe + 1).Select(number => (ulong)number) where interval.After < number && number <= interval.UpTo select number];

    private static HashSet<ulong> Numbers(IEnumerable<Interval> intervals) => [.. intervals.SelectMany(Numbers)];

    private static void AssertHolds(HashSet<ulong> model, IntervalSet set)
    {
        Assert.Equal(model.Order(), Numbers(set).Order());
        for (var number = 0UL; number <= Universe + 1; number++) Assert.Equal(model.Contains(number), set.Contains(number));

        Assert.Equal(model.Count == 0, set.IsEmpty);
        Assert.Equal((ulong)model.Count, set.Size);
        Assert.Equal(model.Count == 0 ? 0 : model.Max(), set.UpTo);
        Assert.Equal(FloorOf(model), set.Floor);

        // In order, none empty, none overlapping or touching the next.
        Assert.Equal(set.Count, set.ToArray().Length);
        Assert.DoesNotContain(set, interval => interval.IsEmpty);
        Assert.All(set.Zip(set.Skip(1)), pair => Assert.True(pair.First.UpTo < pair.Second.After, set.ToString()));
    }

    private static ulong FloorOf(HashSet<ulong> model)
    {
        var floor = 0UL;
        while (model.Contains(floor + 1)) floor++;
        return floor;
    }
}
