using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class DigestTests
{
    private static readonly Gen<Entry> Some = Writes.Of("a", "b", "c", "d", "e");

    [Fact]
    public void Replicas_that_merged_the_same_in_any_order_have_one_digest_and_others_have_not() =>
        Gen.Select(Some.Array[0, 12], Some.Array[0, 12], Gen.ULong).Sample((some, others, seed) =>
        {
            var (first, backwards, other) = (Of(some), Of([.. some.Reverse()]), Of(others));
            var same = Content(first) == Content(other);

            return Take(first, seed).Root == Take(backwards, seed).Root
                && Take(first, seed).GroupSums().AsSpan().SequenceEqual(Take(backwards, seed).GroupSums())
                && same == (Take(first, seed).Root == Take(other, seed).Root);
        });

    [Fact]
    public void What_is_taken_out_leaves_the_digest_of_what_stays() =>
        Gen.Select(Some.Array[0, 12], Some).Sample((some, gone) =>
        {
            var digest = new Digest(7);
            foreach (var entry in some) digest.Add(entry);
            var (root, sums, keys) = (digest.Root, digest.GroupSums(), digest.Keys);

            digest.Add(gone);
            digest.Replace(gone, new Entry(gone.Key, null, gone.Stamp, gone.Sequence));

            return digest.Root == root && digest.GroupSums().AsSpan().SequenceEqual(sums) && digest.Keys == keys;
        });

    [Theory]
    [InlineData("k", "v", 1, "k", "w", 1)]
    [InlineData("k", "v", 1, "k", "v", 2)]
    [InlineData("ka", "v", 1, "k", "av", 1)]
    [InlineData("k", "", 1, "kk", "", 1)]
    public void Key_value_and_stamp_all_count(string key, string value, ulong time, string otherKey, string otherValue, ulong otherTime)
    {
        var (one, other) = (Of([Writes.Put(key, value, time)]), Of([Writes.Put(otherKey, otherValue, otherTime)]));

        Assert.NotEqual(Take(one, 7).Root, Take(other, 7).Root);
    }

    [Fact]
    public void What_is_purged_at_a_moment_of_each_server_does_not_count()
    {
        var replica = Of([Writes.Put("k", "v", 1), Writes.Delete("deleted", 2), Writes.Put("expires", "v", 3, expiry: long.MaxValue)]);

        Assert.Equal(Take(Of([Writes.Put("k", "v", 1)]), 7).Root, Take(replica, 7).Root);
        Assert.Equal(1, Take(replica, 7).Keys);
    }

    [Fact]
    public void The_seed_changes_every_sum()
    {
        var replica = Of([Writes.Put("k", "v", 1)]);

        Assert.NotEqual(Take(replica, 7).Root, Take(replica, 8).Root);
    }

    [Fact]
    public void A_difference_is_found_in_its_group_and_its_bucket()
    {
        var many = Enumerable.Range(1, 5_000).Select(i => Writes.Put($"key/{i}", "v", (ulong)i)).ToArray();
        var (one, other) = (Take(Of(many), 7), Take(Of([.. many, Writes.Put("key/odd", "v", 9_999)]), 7));
        var bucket = one.BucketOf(Writes.Bytes("key/odd"));

        var group = Assert.Single(Digest.Differing([one.GroupSums(), other.GroupSums()]));

        Assert.Equal(bucket / Digest.GroupSize, group);
        Assert.Equal(bucket % Digest.GroupSize, Assert.Single(Digest.Differing([one.BucketSums((byte)group), other.BucketSums((byte)group)])));
    }

    [Fact]
    public void A_walk_in_slices_sees_every_key_once_though_others_come_and_go_meanwhile()
    {
        var replica = Of([.. Enumerable.Range(0, 10_000).Select(i => Writes.Put($"key/{i:00000}", "v", 1))]);
        var seen = new List<string>();
        byte[]? cursor = null;
        var slices = 0;

        do
        {
            cursor = replica.Slice(cursor, entry =>
            {
                seen.Add(Door.Decode(entry.Key));
                return true;
            });
            // Behind and before the walk; and the very key that it stands on.
            replica.Merge(Writes.Put($"key/0000{slices}x", "new", 2));
            replica.Merge(Writes.Put($"key/1000{slices}x", "new", 2));
            if (cursor is not null) replica.Purge(Writes.Delete(Door.Decode(cursor), 9));
            slices++;
        }
        while (cursor is not null);

        Assert.InRange(slices, 4, 8);
        Assert.Equal(seen.Distinct(), seen);
        Assert.Superset(Enumerable.Range(0, 10_000).Select(i => $"key/{i:00000}").ToHashSet(), seen.ToHashSet());
    }

    [Fact]
    public void A_slice_of_large_values_is_short()
    {
        var replica = Of([.. Enumerable.Range(0, 200).Select(i => new Entry(Writes.Bytes($"key/{i:000}"), new byte[Door.MaxValueBytes], Writes.StampOf(1), 1))]);
        var seen = 0;

        var cursor = replica.Slice(null, _ => ++seen > 0);

        Assert.NotNull(cursor);
        Assert.InRange(seen, 1, 64);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void A_replica_shows_a_write_when_it_holds_it_or_a_later_one(ulong time, bool shown)
    {
        var replica = Of([Writes.Delete("k", 5)]);

        Assert.Equal(shown, replica.Shows(Writes.Bytes("k"), Writes.StampOf(time)));
    }

    [Fact]
    public void A_purged_key_shows_what_lies_below_the_floor()
    {
        var replica = new Replica { PurgeFloor = new(6) };

        Assert.True(replica.Shows(Writes.Bytes("k"), Writes.StampOf(5)));
        Assert.False(replica.Shows(Writes.Bytes("k"), Writes.StampOf(6)));
        Assert.False(new Replica().Shows(Writes.Bytes("k"), Writes.StampOf(1)));
    }

    [Fact]
    public void The_last_1024_arrivals_are_remembered()
    {
        var arrivals = new Arrivals();
        var (old, latest) = (Writes.Put("k", "1", 1), Writes.Put("k", "2", 2));
        arrivals.Add(old, null, 10);
        arrivals.Add(latest, old, 20);

        Assert.Equal(new Arrival(latest.Key, latest.Stamp, old.Stamp, 20), arrivals.Find(Writes.Bytes("k"), latest.Stamp));
        Assert.Null(arrivals.Find(Writes.Bytes("other"), latest.Stamp));

        for (var i = 0; i < Arrivals.Capacity - 1; i++) arrivals.Add(Writes.Put($"{i}", "v", 3), null, 30);
        Assert.Null(arrivals.Find(Writes.Bytes("k"), old.Stamp));
        Assert.NotNull(arrivals.Find(Writes.Bytes("k"), latest.Stamp));
    }

    private static Digest Take(Replica replica, ulong seed)
    {
        var digest = new Digest(seed);
        foreach (var entry in replica.From(null)) digest.Add(entry);
        return digest;
    }

    private static string Content(Replica replica) => string.Join('\n', replica.From(null).Where(Digest.Counts).Select(entry => $"{Door.Decode(entry.Key)} {entry.Stamp}"));

    private static Replica Of(IReadOnlyList<Entry> entries)
    {
        var replica = new Replica();
        foreach (var entry in entries) replica.Merge(entry);
        return replica;
    }
}
