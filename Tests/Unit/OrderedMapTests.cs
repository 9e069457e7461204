using System.Numerics;
using Cmud.Replication;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

// One of them counts the memory of the whole process.
[Collection(Alone.Name)]
public sealed class OrderedMapTests
{
    /// <summary>What is done to the map and to the model alike.</summary>
    private enum Act
    {
        Set,
        Remove,
        ScanFrom,
        ScanAfter,
    }

    [Theory]
    [InlineData(20, 200, Hints.Right)]
    [InlineData(300, 2_000, Hints.Right)]
    [InlineData(20_000, 6_000, Hints.Right)]
    [InlineData(20, 200, Hints.Coarse)]
    [InlineData(20_000, 6_000, Hints.Coarse)]
    [InlineData(300, 2_000, Hints.Parted)]
    [InlineData(20_000, 6_000, Hints.Parted)]
    public void It_answers_like_a_sorted_dictionary_whatever_is_done_to_it_and_however_good_the_hints_are(int keys, int acts, Hints hints)
    {
        var work = Gen.Select(Gen.Enum<Act>(), Gen.Int[0, keys]).Array[acts];

        work.Sample(
            steps =>
            {
                var map = NewMap(hints);
                var model = new SortedDictionary<int, int>();
                for (var i = 0; i < steps.Length; i++) Step(map, model, steps[i].Item1, steps[i].Item2, value: i);

                AssertSame(model, map);
            },
            iter: 20);
    }

    [Fact]
    public void Keys_of_bytes_are_found_in_their_order_whatever_they_begin_with_alike() =>
        Gen.Select(Gen.OneOf("", "a", "key/00000000", "key/", "\0\0\0\0\0", "\uffff"), Gen.Int[0, 300], static (beginning, number) => Writes.Bytes(number < 4 ? beginning[..Math.Min(number, beginning.Length)] : $"{beginning}{number}"))
            .Array[0, 400].Sample(
                static keys =>
                {
                    var map = new OrderedMap<byte[], int, KeyOrder>(KeyOrder.Instance);
                    var model = new SortedDictionary<byte[], int>(KeyOrder.Instance);
                    for (var i = 0; i < keys.Length; i++) map.Slot(keys[i]) = model[keys[i]] = i;
                    foreach (var key in keys.Where((_, i) => i % 3 == 0)) Assert.Equal(model.Remove(key), map.Remove(key));

                    Assert.Equal(model.Select(static pair => (pair.Key, pair.Value)), map.All());
                    Assert.All(keys, key => Assert.Equal(model.ContainsKey(key), map.TryGet(key, out _)));
                },
                iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100_000)]
    public void Keys_loaded_in_ascending_order_are_all_found_in_order(int count) => AssertLoaded([.. Enumerable.Range(0, count)]);

    [Theory]
    [InlineData(65)]
    [InlineData(100_000)]
    public void Keys_loaded_in_descending_order_are_all_found_in_order(int count) => AssertLoaded([.. Enumerable.Range(0, count).Reverse()]);

    [Fact]
    public void Keys_loaded_in_any_order_are_all_found_in_order() => AssertLoaded(Shuffled(100_000, seed: 1));

    [Fact]
    public void Keys_loaded_in_ascending_order_take_hardly_more_memory_than_they_need()
    {
        // The map allocates nothing but nodes: per entry 4 bytes of key, 4 of value and 4 of hint here, plus what a half-full leaf would double.
        var map = NewMap();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var key = 0; key < 100_000; key++) map.Slot(key) = key;

        var perEntry = (GC.GetAllocatedBytesForCurrentThread() - before) / 100_000.0;
        Assert.InRange(perEntry, 12, 15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_map_that_loses_its_keys_in_any_order_can_be_filled_again(int seed)
    {
        var map = NewMap();
        var model = new SortedDictionary<int, int>();
        foreach (var key in Shuffled(50_000, seed)) Step(map, model, Act.Set, key, key);

        foreach (var key in Shuffled(50_000, seed + 100)) Assert.True(map.Remove(key));

        Assert.Equal(0, map.Count);
        Assert.Empty(map.All());
        model.Clear();
        foreach (var key in Shuffled(5_000, seed + 200)) Step(map, model, Act.Set, key, -key);
        AssertSame(model, map);
    }

    [Fact]
    public void A_map_that_lost_nearly_all_its_keys_still_scans_the_few_in_order()
    {
        var map = NewMap();
        foreach (var key in Shuffled(100_000, seed: 4)) map.Slot(key) = key;
        foreach (var key in Shuffled(100_000, seed: 5).Where(key => key % 10_000 != 7)) map.Remove(key);

        var left = map.From(10_007, inclusive: false).Select(pair => pair.Key);

        Assert.Equal([20_007, 30_007, 40_007, 50_007, 60_007, 70_007, 80_007, 90_007], left);
    }

    [Fact]
    public void A_map_that_lost_all_its_keys_holds_on_to_none_of_their_values()
    {
        var map = new OrderedMap<int, object, Numbers>(new(Hints.Right));
        var values = LoadAndRemove(map);

        GC.Collect();

        Assert.All(values, value => Assert.False(value.IsAlive));
        GC.KeepAlive(map);

        // In a method of its own, so that no local keeps a value alive.
        static WeakReference[] LoadAndRemove(OrderedMap<int, object, Numbers> map)
        {
            var references = new WeakReference[1_000];
            for (var key = 0; key < references.Length; key++)
            {
                var value = new object();
                map.Slot(key) = value;
                references[key] = new WeakReference(value);
            }

            for (var key = 0; key < references.Length; key++) map.Remove(key);
            return references;
        }
    }

    [Fact]
    public void Leaves_that_lost_all_their_keys_do_not_pile_up()
    {
        // Two hundred keys at any time, but ever other ones: their leaves come to some 10 MB if none is let go.
        var map = NewMap();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var key = 0; key < 1_000_000; key++)
        {
            map.Slot(key) = key;
            map.Remove(key - 200);
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(grown, long.MinValue, 1_000_000);
        Assert.Equal(Enumerable.Range(999_800, 200), map.All().Select(pair => pair.Key));
    }

    [Fact]
    public void A_new_slot_holds_the_default_also_where_another_value_was_before()
    {
        var map = NewMap();
        map.Slot(1) = 10;
        map.Slot(2) = 20;
        map.Remove(1);

        var fresh = map.Slot(1);

        Assert.Equal(0, fresh);
    }

    [Fact]
    public void A_removed_key_is_gone_and_cannot_be_removed_again()
    {
        var map = NewMap();
        map.Slot(1) = 10;

        var first = map.Remove(1);

        Assert.True(first);
        Assert.False(map.Remove(1));
        Assert.False(map.TryGet(1, out _));
    }

    [Fact]
    public void A_cleared_map_is_empty_and_can_be_filled_again()
    {
        var map = NewMap();
        for (var key = 0; key < 1_000; key++) map.Slot(key) = key;

        map.Clear();

        Assert.Equal(0, map.Count);
        Assert.Empty(map.All());
        map.Slot(5) = 6;
        Assert.Equal([(5, 6)], map.All());
    }

    [Fact]
    public void A_scan_says_so_when_a_key_was_added_meanwhile() => AssertScanEndsAt(map => map.Slot(1_000) = 1);

    [Fact]
    public void A_scan_says_so_when_a_key_was_removed_meanwhile() => AssertScanEndsAt(map => map.Remove(3));

    [Fact]
    public void A_scan_says_so_when_the_map_was_cleared_meanwhile() => AssertScanEndsAt(map => map.Clear());

    [Fact]
    public void A_scan_at_its_last_key_says_so_too()
    {
        var map = NewMap();
        map.Slot(1) = 1;
        using var scan = map.All().GetEnumerator();
        scan.MoveNext();

        map.Remove(1);

        Assert.Throws<InvalidOperationException>(() => scan.MoveNext());
    }

    [Fact]
    public void A_scan_goes_on_when_a_value_was_replaced_meanwhile()
    {
        var map = NewMap();
        for (var key = 0; key < 100; key++) map.Slot(key) = 0;
        using var scan = map.All().GetEnumerator();
        scan.MoveNext();

        map.Slot(1) = 7;

        Assert.True(scan.MoveNext());
        Assert.Equal((1, 7), scan.Current);
    }

    private static OrderedMap<int, int, Numbers> NewMap(Hints hints = Hints.Right) => new(new(hints));

    private static int[] Shuffled(int count, int seed)
    {
        var keys = Enumerable.Range(0, count).ToArray();
        new Random(seed).Shuffle(keys);
        return keys;
    }

    private static void Step(OrderedMap<int, int, Numbers> map, SortedDictionary<int, int> model, Act act, int key, int value)
    {
        switch (act)
        {
            case Act.Set:
                Assert.Equal(model.GetValueOrDefault(key), map.Slot(key));
                map.Slot(key) = value;
                model[key] = value;
                break;
            case Act.Remove:
                Assert.Equal(model.Remove(key), map.Remove(key));
                break;
            case Act.ScanFrom:
                Assert.Equal(model.Where(pair => pair.Key >= key).Take(3).Select(pair => (pair.Key, pair.Value)), map.From(key, inclusive: true).Take(3));
                break;
            case Act.ScanAfter:
                Assert.Equal(model.Where(pair => pair.Key > key).Take(3).Select(pair => (pair.Key, pair.Value)), map.From(key, inclusive: false).Take(3));
                break;
        }

        Assert.Equal(model.TryGetValue(key, out var expected), map.TryGet(key, out var actual));
        Assert.Equal(expected, actual);
        Assert.Equal(model.Count, map.Count);
    }

    private static void AssertLoaded(int[] keys)
    {
        var map = NewMap();

        foreach (var key in keys) map.Slot(key) = -key;

        Assert.Equal(keys.Length, map.Count);
        Assert.Equal(keys.Order().Select(key => (key, -key)), map.All());
        Assert.All(keys, key => Assert.True(map.TryGet(key, out var value) && value == -key));
        Assert.False(map.TryGet(keys.Length, out _));
    }

    private static void AssertSame(SortedDictionary<int, int> model, OrderedMap<int, int, Numbers> map)
    {
        Assert.Equal(model.Count, map.Count);
        Assert.Equal(model.Select(pair => (pair.Key, pair.Value)), map.All());
    }

    private static void AssertScanEndsAt(Action<OrderedMap<int, int, Numbers>> change)
    {
        var map = NewMap();
        for (var key = 0; key < 100; key++) map.Slot(key) = key;
        using var scan = map.From(2, inclusive: true).GetEnumerator();
        scan.MoveNext();

        change(map);

        var error = Assert.Throws<InvalidOperationException>(() => scan.MoveNext());
        Assert.Contains("begin a new scan", error.Message, StringComparison.Ordinal);
    }

    /// <summary>How much the hints of an order say.</summary>
    public enum Hints
    {
        Right,

        /// <summary>Many keys share one.</summary>
        Coarse,

        /// <summary>The byte after those that keys begin with alike.</summary>
        Parted,
    }

    /// <summary>The order of numbers that are not negative.</summary>
    private readonly struct Numbers(Hints hints) : IHintedOrder<int>
    {
        public int Compare(int x, int y) => x.CompareTo(y);

        public int Alike(int a, int b) => hints == Hints.Parted ? BitOperations.LeadingZeroCount((uint)(a ^ b)) / 8 : 0;

        public bool Begins(int sought, int key, int alike) => alike == 0 || Alike(sought, key) >= alike;

        public uint Hint(int key, int alike) => hints switch
        {
            Hints.Right => (uint)key,
            Hints.Coarse => (uint)key / 50,
            _ => alike == sizeof(int) ? 0 : (uint)key << (8 * alike) >> 24,
        };
    }
}
