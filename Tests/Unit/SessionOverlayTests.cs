using Cmud.Client;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public class SessionOverlayTests
{
    private static readonly Origin Here = new(new(1), 1);
    private readonly FakeTimeProvider _time = new();

    // Names that are prefixes of one another, and two whose UTF-16 order is not their UTF-8 order.
    private static readonly byte[][] Names = [.. new[] { "a", "a/1", "a/2", "a/\uFFFD", "a/\U00010000", "b" }.Select(Bytes)];
    private static readonly byte[][] Prefixes = [.. new[] { "", "a", "a/", "b", "c" }.Select(Bytes)];

    [Fact]
    public void A_put_is_seen_though_the_next_replica_lacks_it()
    {
        var overlay = new SessionOverlay(_time);

        overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));

        Assert.Equal("mine", Text(overlay.Read(Bytes("k"), Absent)));
        Assert.Equal("mine", Text(overlay.Read(Bytes("k"), Reply("older", 4))));
        Assert.Equal("newer", Text(overlay.Read(Bytes("k"), Reply("newer", 6))));
        Assert.Equal("newer", Text(overlay.Read(Bytes("k"), Reply("older", 4))));
    }

    [Fact]
    public void A_key_that_was_seen_deleted_does_not_come_back()
    {
        var overlay = new SessionOverlay(_time);

        overlay.Read(Bytes("k"), Reply(null, 5));

        Assert.Null(overlay.Read(Bytes("k"), Reply("older", 4)));
        Assert.Empty(overlay.Listed([], null, Page(more: false, Item("k", "older", 4))));
    }

    [Fact]
    public void The_greatest_timestamp_seen_is_kept_from_puts_gets_and_lists()
    {
        var overlay = new SessionOverlay(_time);

        Assert.Equal(0ul, overlay.Seen.Value);
        overlay.Wrote(Bytes("a"), Bytes("1"), At(3));
        Assert.Equal(3ul, overlay.Seen.Value);
        overlay.Read(Bytes("b"), Reply("2", 7));
        Assert.Equal(7ul, overlay.Seen.Value);
        overlay.Listed([], null, Page(more: false, Item("c", "3", 9), Item("d", "4", 8)));
        Assert.Equal(9ul, overlay.Seen.Value);
    }

    [Fact]
    public void A_page_that_has_a_successor_shows_nothing_beyond_its_last_key()
    {
        var overlay = new SessionOverlay(_time);
        foreach (var key in new[] { "p/0", "p/1", "p/3", "p/5", "p/9", "q" }) overlay.Wrote(Bytes(key), Bytes("mine"), At(5));

        var first = overlay.Listed(Bytes("p/"), null, Page(more: true, Item("p/2", "theirs", 1), Item("p/4", "theirs", 1)));
        var second = overlay.Listed(Bytes("p/"), Bytes("p/4"), Page(more: false, Item("p/6", "theirs", 1)));

        Assert.Equal(["p/0", "p/1", "p/2", "p/3", "p/4"], Keys(first));
        Assert.Equal(["p/5", "p/6", "p/9"], Keys(second));
    }

    [Fact]
    public void What_no_server_confirmed_for_a_minute_is_forgotten()
    {
        var overlay = new SessionOverlay(_time);
        overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));

        _time.Advance(SessionOverlay.Span - TimeSpan.FromMilliseconds(1));
        Assert.Equal("mine", Text(overlay.Read(Bytes("k"), Absent)));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(overlay.Read(Bytes("k"), Absent));
        Assert.Equal(0, overlay.Count);
    }

    [Fact]
    public void What_a_server_confirms_is_held_for_another_minute()
    {
        var overlay = new SessionOverlay(_time);
        overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));

        _time.Advance(TimeSpan.FromSeconds(40));
        overlay.Read(Bytes("k"), Reply("mine", 5));
        _time.Advance(TimeSpan.FromSeconds(40));

        Assert.Equal("mine", Text(overlay.Read(Bytes("k"), Absent)));
    }

    [Fact]
    public void A_replica_that_lags_behind_does_not_make_a_lost_write_immortal()
    {
        var overlay = new SessionOverlay(_time);
        overlay.Wrote(Bytes("k"), Bytes("lost"), At(5));

        for (var i = 0; i < 59; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("lost", Text(overlay.Read(Bytes("k"), Reply("older", 4))));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("older", Text(overlay.Read(Bytes("k"), Reply("older", 4))));
    }

    [Fact]
    public void Beyond_the_most_keys_the_oldest_goes()
    {
        var overlay = new SessionOverlay(_time, maxKeys: 2);
        overlay.Wrote(Bytes("a"), Bytes("1"), At(1));
        overlay.Wrote(Bytes("b"), Bytes("2"), At(2));
        overlay.Read(Bytes("a"), Reply("1", 1));

        overlay.Wrote(Bytes("c"), Bytes("3"), At(3));

        Assert.Equal(2, overlay.Count);
        Assert.Null(overlay.Read(Bytes("b"), Absent));
        Assert.Equal(["a", "c"], Keys(overlay.Listed([], null, Page(more: false))));
    }

    [Fact]
    public void Beyond_the_most_bytes_the_oldest_goes()
    {
        var overlay = new SessionOverlay(_time, maxBytes: 10);
        overlay.Wrote(Bytes("a"), Bytes("1234"), At(1));
        overlay.Wrote(Bytes("b"), Bytes("1234"), At(2));

        overlay.Wrote(Bytes("b"), Bytes("12345"), At(3));
        Assert.Equal(["b"], Keys(overlay.Listed([], null, Page(more: false))));

        overlay.Wrote(Bytes("c"), Bytes("longer than all"), At(4));
        Assert.Equal(["c"], Keys(overlay.Listed([], null, Page(more: false))));
    }

    [Fact]
    public void What_was_deleted_takes_no_room()
    {
        var table = new OverlayTable();
        foreach (var number in Enumerable.Range(0, 100))
        {
            var place = table.Add(Bytes($"{number}"), 60_000);
            table.Set(place, new byte[60_000]);
            if (number % 2 == 0) table.Clear(place);
            else table.Remove(place);

            Assert.InRange(table[place].Bytes?.Length ?? 0, 0, 512);
            Assert.Equal(number % 2 == 0 ? place : OverlayTable.None, table.Find(Bytes($"{number}")));
        }
    }

    [Fact]
    public void The_bounds_hold_whatever_happens() => Gen.Select(Gen.Int[0, 99], Gen.Int[0, 20], Gen.ULong[1, 5]).Array[0, 200].Sample(steps =>
    {
        var overlay = new SessionOverlay(_time, maxKeys: 10, maxBytes: 100);
        foreach (var (key, length, stamp) in steps)
        {
            overlay.Wrote(Bytes($"{key}"), new byte[length], At(stamp));
            Assert.InRange(overlay.Count, 0, 10);
            Assert.InRange(overlay.Listed([], null, Page(more: false)).Sum(item => item.Key.Length + item.Value.Length), 0, 100);
        }
    });

    /// <summary>
    /// A client that roams over replicas which sync, or do not, at random: it sees what it wrote, it never sees a key older
    /// than it saw it before, and a List tells the same story as the Gets, in order and without repeats.
    /// </summary>
    [Fact]
    public void Roaming_over_stale_replicas_a_session_never_goes_back() => StepGen.Array[1, 60].Sample(steps =>
    {
        var world = new World(_time);
        foreach (var step in steps) world.Run(step);
    });

    private static readonly Gen<Step> StepGen =
        from act in Gen.Enum<Act>()
        from key in Gen.Int[0, Names.Length - 1]
        from prefix in Gen.Int[0, Prefixes.Length - 1]
        from replica in Gen.Int[0, 2]
        from other in Gen.Int[0, 2]
        from limit in Gen.Int[1, 3]
        select new Step(act, Names[key], Prefixes[prefix], replica, other, limit);

    private static byte[] Bytes(string text) => Door.TryEncode(text, out var utf8) ? utf8 : throw new ArgumentException(text);

    private static string? Text(byte[]? utf8) => utf8 is null ? null : Door.Decode(utf8);

    private static Stamp At(ulong time) => new(new(time), Here, 0);

    private static readonly GetReply Absent = new(null, null, 1);

    private static GetReply Reply(string? value, ulong time) => new(value is null ? null : Bytes(value), At(time), 1);

    private static ListReply Page(bool more, params ListItem[] items) => new(items, more, 1);

    private static ListItem Item(string key, string value, ulong time) => new(Bytes(key), Bytes(value), At(time));

    private static IEnumerable<string> Keys(IEnumerable<ListItem> page) => page.Select(item => Door.Decode(item.Key));

    private enum Act
    {
        Put, Delete, ForeignPut, ForeignDelete, Sync, Get, List,
    }

    private sealed record Step(Act Act, byte[] Key, byte[] Prefix, int Replica, int Other, int Limit);

    /// <summary>Three replicas, the session, and what the session knows by the plainest of rules: a dictionary that only grows.</summary>
    private sealed class World(TimeProvider time)
    {
        private readonly Replica[] _replicas = [new(), new(), new()];
        private readonly SessionOverlay _overlay = new(time);
        private readonly Dictionary<byte[], Entry> _known = new(KeyOrder.Instance);
        private ulong _clock;

        public void Run(Step step)
        {
            switch (step.Act)
            {
                case Act.Put or Act.Delete:
                    var mine = Write(step, step.Act == Act.Put ? "mine" : null);
                    _overlay.Wrote(mine.Key, mine.Value, mine.Stamp);
                    Know(mine);
                    break;
                case Act.ForeignPut:
                    Write(step, "theirs");
                    break;
                case Act.ForeignDelete:
                    Write(step, null);
                    break;
                case Act.Sync:
                    if (_replicas[step.Other].Get(step.Key) is { } entry) _replicas[step.Replica].Merge(entry);
                    break;
                case Act.Get:
                    Get(step);
                    break;
                default:
                    List(step);
                    break;
            }
        }

        private Entry Write(Step step, string? value)
        {
            var stamp = At(++_clock);
            var entry = new Entry(step.Key, value is null ? null : Bytes($"{value} {_clock}"), stamp, _clock);
            _replicas[step.Replica].Merge(entry);
            return entry;
        }

        private void Know(Entry entry) => _known[entry.Key] = _known.TryGetValue(entry.Key, out var held) ? Entry.Merge(held, entry) : entry;

        private void Get(Step step)
        {
            var there = _replicas[step.Replica].Get(step.Key);
            var read = _overlay.Read(step.Key, Answer.Get(_replicas[step.Replica], step.Key, now: 0, default));

            if (there is not null) Know(there);
            Assert.Equal(Text(_known.GetValueOrDefault(step.Key)?.Value), Text(read));
        }

        private void List(Step step)
        {
            var before = new Dictionary<byte[], Entry>(_known, KeyOrder.Instance);
            var listed = new List<ListItem>();
            byte[]? after = null;
            for (var replica = step.Replica; ; replica = (replica + step.Other) % _replicas.Length)
            {
                var known = _overlay.Known(step.Prefix, after) ?? [];
                var page = Answer.List(_replicas[replica], new(step.Prefix, after, step.Limit, 0, known), now: 0, default);
                listed.AddRange(_overlay.Listed(step.Prefix, after, page));
                var told = known.Select(key => _replicas[replica].Get(key)).Where(entry => entry is { IsTombstone: true }).Concat(page.Items.Select(item => _replicas[replica].Get(item.Key)));
                foreach (var entry in told) Know(entry!);

                if (!page.More) break;
                after = page.Items[^1].Key;
            }

            Assert.All(listed, item => Assert.True(item.Key.AsSpan().StartsWith(step.Prefix)));
            Assert.All(listed.Zip(listed.Skip(1)), pair => Assert.True(KeyOrder.Instance.Compare(pair.First.Key, pair.Second.Key) < 0));
            Assert.All(listed, item => Assert.Equal(Text(_known[item.Key].Value), Text(item.Value)));
            Assert.All(listed, item => Assert.True(!before.TryGetValue(item.Key, out var known) || item.Stamp >= known.Stamp));
            foreach (var key in before.Keys)
            {
                if (_known[key].IsTombstone || !key.AsSpan().StartsWith(step.Prefix)) continue;
                Assert.Contains(listed, item => KeyOrder.Instance.Equals(item.Key, key));
            }
        }
    }
}
