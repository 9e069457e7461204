using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class ReplicaListTests
{
    private const long Now = 1_000;

    /// <summary>Keys of one to three of these: prefixes of one another, of one, two, three and four bytes, and on both sides of U+10000.</summary>
    private static readonly string[] Letters = ["a", "b", "/", "é", "\uFFFD", "\uFFFF", "\U00010000", "\U0010FFFF"];

    private static readonly Gen<string> Keys = Gen.OneOf(Letters).Array[1, 3].Select(string.Concat);

    private static readonly Gen<string> Prefixes = Gen.OneOf(Letters).Array[0, 2].Select(string.Concat);

    /// <summary>Writes that live, are deletes, have expired, or expire next; each later than the one before.</summary>
    private static readonly Gen<Entry[]> Histories = Gen.Select(Keys, Gen.Int[0, 5]).Array[0, 40].Select(
        writes => writes.Select((write, i) => WriteOf(write.Item1, write.Item2, time: (ulong)i + 1)).ToArray());

    [Fact]
    public void A_page_is_the_live_keys_of_the_prefix_in_order_and_tells_whether_more_follow() =>
        Gen.Select(Histories, Prefixes, Prefixes, Gen.Int[1, 6]).Sample(
            (history, prefix, after, limit) =>
            {
                var replica = ReplicaOf(history);
                var afterKey = after.Length == 0 ? null : Writes.Bytes(after);

                var (page, more) = replica.List(Writes.Bytes(prefix), afterKey, limit, Now);

                var expected = Model(history, prefix, afterKey);
                Assert.Equal(expected.Take(limit), page);
                Assert.Equal(expected.Count > limit, more);
            },
            iter: 5_000);

    [Fact]
    public void Pages_taken_one_after_the_other_are_the_whole_list() =>
        Gen.Select(Histories, Prefixes, Gen.Int[1, 6]).Sample(
            (history, prefix, limit) =>
            {
                var replica = ReplicaOf(history);
                var all = new List<Entry>();

                var (page, more) = replica.List(Writes.Bytes(prefix), null, limit, Now);
                all.AddRange(page);
                while (more)
                {
                    Assert.Equal(limit, page.Count);
                    (page, more) = replica.List(Writes.Bytes(prefix), all[^1].Key, limit, Now);
                    all.AddRange(page);
                }

                Assert.Equal(Model(history, prefix, null), all);
            },
            iter: 2_000);

    [Fact]
    public void Keys_come_in_the_order_of_code_points_and_not_of_utf_16()
    {
        var replica = ReplicaOf(Writes.Put("\U00010000", "v", 1), Writes.Put("\uFFFF", "v", 2), Writes.Put("z", "v", 3));

        var (page, _) = replica.List([], null, 10, Now);

        Assert.Equal(["z", "\uFFFF", "\U00010000"], page.Select(entry => Door.Decode(entry.Key)));
    }

    [Fact]
    public void The_entry_behind_a_full_page_makes_more_follow_only_if_it_is_live()
    {
        var replica = ReplicaOf(Writes.Put("a", "v", 1), Writes.Delete("b", 2), Writes.Put("c", "v", 3, expiry: Now));

        var (page, more) = replica.List([], null, 1, Now);

        Assert.Equal("a", Door.Decode(Assert.Single(page).Key));
        Assert.False(more);
    }

    [Fact]
    public void A_list_of_an_empty_replica_is_empty()
    {
        var (page, more) = new Replica().List([], null, 1, Now);

        Assert.Empty(page);
        Assert.False(more);
    }

    [Fact]
    public void A_page_ends_before_it_would_hold_too_many_bytes()
    {
        // Each result is exactly a quarter of the bound, so four fill it to the last byte.
        const int quarter = Door.MaxPageBytes / 4;
        var replica = ReplicaOf([.. "abcde".Select((key, i) => Writes.Put($"{key}", new string('x', quarter - 1), (ulong)i + 1))]);

        var (page, more) = replica.List([], null, 10, Now);

        Assert.Equal(4, page.Count);
        Assert.True(more);
    }

    [Fact]
    public void The_first_result_of_a_page_always_fits()
    {
        var replica = ReplicaOf(Writes.Put("a", new string('x', Door.MaxPageBytes), 1), Writes.Put("b", "v", 2));

        var (page, more) = replica.List([], null, 10, Now);

        Assert.Equal("a", Door.Decode(Assert.Single(page).Key));
        Assert.True(more);
    }

    [Fact]
    public void A_page_of_no_entries_cannot_be_asked_for() => Assert.Throws<ArgumentOutOfRangeException>(() => new Replica().List([], null, 0, Now));

    [Fact]
    public void A_waking_replica_loads_tombstones_and_expired_entries_too()
    {
        var replica = ReplicaOf(Writes.Put("a", "v", 1), Writes.Delete("b", 2), Writes.Put("c", "v", 3, expiry: Now - 1));

        var above = replica.From(Writes.Bytes("a"));

        Assert.Equal(["b", "c"], above.Select(entry => Door.Decode(entry.Key)));
        Assert.Equal(3, replica.From(null).Count());
        Assert.Equal(3, replica.Count);
    }

    private static Entry WriteOf(string key, int kind, ulong time) => kind switch
    {
        0 => Writes.Delete(key, time),
        1 => Writes.Put(key, "expired", time, Now),
        2 => Writes.Put(key, "expires next", time, Now + 1),
        _ => Writes.Put(key, "for ever", time),
    };

    private static Replica ReplicaOf(params Entry[] entries)
    {
        var replica = new Replica();
        foreach (var entry in entries) replica.Merge(entry);
        return replica;
    }

    /// <summary>The same by filter and sort, from the last write to each key. The order of code points is said in another way here: by their numbers.</summary>
    private static List<Entry> Model(Entry[] history, string prefix, byte[]? after) =>
        [.. history
            .GroupBy(entry => Door.Decode(entry.Key))
            .Select(writes => writes.Last())
            .Where(entry => entry.Value is not null && (entry.Expiry == Entry.Never || entry.Expiry > Now))
            .Select(entry => (Key: Door.Decode(entry.Key), Entry: entry))
            .Where(shown => shown.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Where(shown => after is null || CompareCodePoints(shown.Key, Door.Decode(after)) > 0)
            .OrderBy(shown => shown.Key, Comparer<string>.Create(CompareCodePoints))
            .Select(shown => shown.Entry)];

    private static int CompareCodePoints(string? a, string? b)
    {
        var (left, right) = (a!.EnumerateRunes().ToArray(), b!.EnumerateRunes().ToArray());
        for (var i = 0; i < left.Length && i < right.Length; i++)
        {
            if (left[i] != right[i]) return left[i].Value.CompareTo(right[i].Value);
        }

        return left.Length.CompareTo(right.Length);
    }
}
