using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>The laws of the merge. Two writes with wholly equal stamps are the same write (see <see cref="Stamp"/>), and so they are here.</summary>
public sealed class EntryTests
{
    private static readonly Gen<Entry> WritesToOneKey = Writes.Of("key");

    [Fact]
    public void Which_of_two_writes_is_merged_first_does_not_matter() =>
        Gen.Select(WritesToOneKey, WritesToOneKey).Sample((a, b) => AssertSame(Entry.Merge(a, b), Entry.Merge(b, a)), iter: 5_000);

    [Fact]
    public void How_three_writes_are_grouped_does_not_matter() =>
        Gen.Select(WritesToOneKey, WritesToOneKey, WritesToOneKey).Sample(
            (a, b, c) => AssertSame(Entry.Merge(Entry.Merge(a, b), c), Entry.Merge(a, Entry.Merge(b, c))),
            iter: 5_000);

    [Fact]
    public void Merging_a_write_twice_changes_nothing() =>
        Gen.Select(WritesToOneKey, WritesToOneKey).Sample(
            (a, b) =>
            {
                AssertSame(a, Entry.Merge(a, a));
                AssertSame(Entry.Merge(a, b), Entry.Merge(Entry.Merge(a, b), b));
            },
            iter: 5_000);

    [Fact]
    public void The_merge_keeps_the_greater_stamp() =>
        Gen.Select(WritesToOneKey, WritesToOneKey).Sample(
            (a, b) => Assert.Equal(a.Stamp > b.Stamp ? a.Stamp : b.Stamp, Entry.Merge(a, b).Stamp),
            iter: 5_000);

    [Fact]
    public void The_generator_makes_ties_of_every_kind_common()
    {
        // Or the laws above would be hopes: a tie in time alone, in time and origin, and in the whole stamp.
        var (time, origin, whole, pairs) = (0, 0, 0, 0);

        Gen.Select(WritesToOneKey, WritesToOneKey).Sample(
            (a, b) =>
            {
                pairs++;
                if (a.Stamp == b.Stamp) whole++;
                else if (a.Stamp.Time == b.Stamp.Time && a.Origin == b.Origin) origin++;
                else if (a.Stamp.Time == b.Stamp.Time) time++;
            },
            iter: 5_000,
            threads: 1);

        Assert.True(time > pairs / 10, $"{time} ties in time alone among {pairs} pairs.");
        Assert.True(origin > pairs / 50, $"{origin} ties in time and origin among {pairs} pairs.");
        Assert.True(whole > pairs / 50, $"{whole} ties in the whole stamp among {pairs} pairs.");
    }

    [Fact]
    public void Replicas_that_get_the_same_writes_in_any_order_and_any_of_them_again_are_equal() =>
        Gen.Select(Writes.Of("a", "b", "c").Array[0, 12], Gen.Int[0, int.MaxValue]).Sample(
            (writes, seed) =>
            {
                var random = new Random(seed);
                var again = writes.Where(_ => random.Next(2) == 0);
                var shuffled = writes.Concat(again).ToArray();
                random.Shuffle(shuffled);
                var (one, other) = (new Replica(), new Replica());

                foreach (var write in writes) one.Merge(write);
                foreach (var write in shuffled) other.Merge(write);

                Assert.Equal(one.From(null).Select(Tell), other.From(null).Select(Tell));
                Assert.Equal(writes.GroupBy(write => Door.Decode(write.Key)).OrderBy(of => of.Key, StringComparer.Ordinal).Select(of => of.Max(write => write.Stamp)), one.From(null).Select(entry => entry.Stamp));
            },
            iter: 3_000);

    [Fact]
    public void A_delete_with_the_greater_stamp_wins_over_a_put_that_comes_after_it()
    {
        var replica = new Replica();
        replica.Merge(Writes.Delete("key", time: 2));

        var wasNews = replica.Merge(Writes.Put("key", "late", time: 1), out var winner);

        Assert.False(wasNews);
        Assert.True(winner!.IsTombstone);
        Assert.True(replica.Get(Writes.Bytes("key"))!.IsTombstone);
    }

    [Fact]
    public void A_merge_tells_what_it_replaced()
    {
        var replica = new Replica();
        var older = Writes.Put("key", "older", time: 1);
        replica.Merge(older);

        var wasNews = replica.Merge(Writes.Put("key", "newer", time: 2), out var replaced);

        Assert.True(wasNews);
        Assert.Same(older, replaced);
    }

    [Fact]
    public void A_write_that_comes_a_second_time_is_no_news()
    {
        var replica = new Replica();

        var first = replica.Merge(Writes.Put("key", "value", time: 1));

        Assert.True(first);
        Assert.False(replica.Merge(Writes.Put("key", "value", time: 1)));
    }

    [Theory]
    [InlineData(Entry.Never, 1_000, true)]
    [InlineData(1_001, 1_000, true)]
    [InlineData(1_000, 1_000, false)]
    [InlineData(999, 1_000, false)]
    public void An_entry_is_shown_until_the_millisecond_it_expires(long expiry, long now, bool shown)
    {
        var entry = Writes.Put("key", "value", time: 1, expiry);

        var isLive = entry.IsLive(now);

        Assert.Equal(shown, isLive);
    }

    [Fact]
    public void A_draft_gets_its_number_once()
    {
        var draft = new Entry(Writes.Bytes("key"), Writes.Bytes("value"), Writes.StampOf(3), sequence: 0, expiry: 9);

        var numbered = draft.Number(42);

        Assert.Same(draft, numbered);
        Assert.Equal(42UL, draft.Sequence);
        Assert.Throws<InvalidOperationException>(() => draft.Number(43));
    }

    private static void AssertSame(Entry expected, Entry actual) => Assert.Equal(Tell(expected), Tell(actual));

    private static string Tell(Entry entry) =>
        $"{Door.Decode(entry.Key)} = {(entry.Value is { } value ? Door.Decode(value) : "nothing")} by {entry.Stamp}";
}
