using Cmud.Replication;
using Cmud.Replication.Watch;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Watchers that go from server to server, come back late, and read little at a time, know at the end what there is.</summary>
public sealed class ChangeFeedTests
{
    private static readonly string[] Keys = ["a/1", "a/2", "a/3", "a/4", "b/1", "b/2"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_watcher_knows_at_the_end_what_there_is_whichever_servers_told_it(bool isPatient) => Gen.Int.Sample(
        seed =>
        {
            var world = new World(new(seed), isPatient);
            for (var step = 0; step < 120; step++) world.Step();
            world.Settle();
        },
        iter: 3_000);

    [Fact]
    public void One_who_stays_is_told_each_change_once_and_of_a_key_that_changed_twice_the_newest()
    {
        var (replica, feed) = Feed();
        Merge(Writes.Put("a/1", "before", 1));
        var page = feed.Look(Writes.Bytes("a/"), null, 10, 0);
        Assert.True(page.IsReset && page.IsCurrent);
        Assert.Equal(["a/1=before"], Told(page));

        Merge(Writes.Put("a/2", "first", 2));
        Merge(Writes.Put("b/1", "elsewhere", 3));
        Merge(Writes.Put("a/2", "second", 4));
        Merge(Writes.Delete("a/1", 5));
        page = feed.Look(Writes.Bytes("a/"), page.Position, 10, 0);
        Assert.Equal(["a/2=second", "a/1"], Told(page));
        Assert.True(page is { IsReset: false, IsCurrent: true });

        Assert.Empty(feed.Look(Writes.Bytes("a/"), page.Position, 10, 0).Changes);

        void Merge(Entry entry)
        {
            if (replica.Merge(entry)) feed.Add(entry);
        }
    }

    [Fact]
    public void Who_was_away_while_deletes_were_forgotten_begins_anew()
    {
        var (replica, feed) = Feed();
        replica.Merge(Writes.Put("a/1", "there", 1));
        feed.Coverage = new([new(Writes.StampOf(1).Origin, 1)], default);
        var position = feed.Now with { Life = 99 };

        Assert.False(feed.Look([], position, 10, 0).IsReset);
        replica.PurgeFloor = new(7);
        Assert.True(feed.Look([], position, 10, 0).IsReset);
    }

    [Fact]
    public void A_position_is_read_as_it_was_packed_and_nothing_else_is_one()
    {
        var coverage = new Coverage([new(Writes.StampOf(1).Origin, 5), new(Writes.StampOf(1, server: 2).Origin, ulong.MaxValue)], new(9));
        foreach (var position in (WatchPosition[])[new(1, 2, Coverage.None, null), new(ulong.MaxValue, 3, coverage, new(Writes.Bytes("a/1"), coverage))])
        {
            var packed = position.Pack();
            Assert.True(WatchPosition.TryUnpack(packed, out var again));
            Assert.Equal(packed, again.Pack());
            Assert.Equal((position.Life, position.Number, position.Told.PurgeFloor), (again.Life, again.Number, again.Told.PurgeFloor));
            Assert.Equal(position.Told.Floors, again.Told.Floors);
            Assert.Equal(position.Walk?.Cursor, again.Walk?.Cursor);
            for (var length = 0; length < packed.Length; length++) Assert.False(WatchPosition.TryUnpack(packed.AsSpan(0, length), out _));
            Assert.False(WatchPosition.TryUnpack([.. packed, 0], out _));
        }

        Gen.Byte.Array[0, 200].Sample(static bytes => { WatchPosition.TryUnpack(bytes, out _); });
    }

    private static (Replica Replica, ChangeFeed Feed) Feed()
    {
        var replica = new Replica();
        return (replica, new(replica, life: 1));
    }

    private static IEnumerable<string> Told(WatchPage page) =>
        page.Changes.Select(static change => change.Entry?.Value is { } value ? $"{Door.Decode(change.Key)}={Door.Decode(value)}" : Door.Decode(change.Key));

    /// <summary>Three servers that learn of one another's writes late and in order, and two watchers.</summary>
    private sealed class World
    {
        private readonly Random _random;
        private readonly bool _isPatient;
        private readonly List<Server> _servers;
        private readonly List<Watcher> _watchers = [new("a/"), new("")];
        private ulong _time;

        public World(Random random, bool isPatient)
        {
            (_random, _isPatient) = (random, isPatient);
            _servers = [.. Enumerable.Range(1, 3).Select(id => new Server((ulong)id))];
        }

        public void Step()
        {
            var server = _servers[_random.Next(_servers.Count)];
            switch (_random.Next(10))
            {
                case < 3:
                    server.Write(Keys[_random.Next(Keys.Length)], ++_time, isDelete: _random.Next(3) == 0);
                    break;
                case < 6:
                    server.Learn(_servers[_random.Next(_servers.Count)]);
                    break;
                case 6:
                    server.Cover();
                    break;
                case 7 when _servers.TrueForAll(one => _servers.TrueForAll(one.Knows)):
                    server.Purge();
                    break;
                case 7:
                    foreach (var other in _servers) server.Learn(other);
                    break;
                default:
                    Look(_watchers[_random.Next(_watchers.Count)], mayWait: _isPatient);
                    break;
            }
        }

        public void Settle()
        {
            foreach (var server in _servers)
            {
                foreach (var other in _servers)
                {
                    while (!server.Knows(other)) server.Learn(other);
                }

                server.Cover();
            }

            foreach (var watcher in _watchers)
            {
                for (var looks = 0; !Look(watcher, mayWait: true); looks++) Assert.True(looks < 1_000, "The watcher is never current.");
                var live = _servers[0].Replica.List(Writes.Bytes(watcher.Prefix), null, 100, 0).Page;
                Assert.Equal(live.Select(static entry => (Door.Decode(entry.Key), Door.Decode(entry.Value))), watcher.Known.Select(static known => (known.Key, known.Value)));
            }
        }

        private bool Look(Watcher watcher, bool mayWait)
        {
            if (_random.Next(4) == 0) watcher.Server = _random.Next(_servers.Count);
            var server = _servers[watcher.Server];
            return (!mayWait || server.Feed.IsAhead(watcher.Position)) && watcher.Take(server.Feed.Look(Writes.Bytes(watcher.Prefix), watcher.Position, _random.Next(1, 4), 0));
        }
    }

    private sealed class Server
    {
        private readonly List<Entry> _own = [];
        private readonly Dictionary<Origin, int> _merged = [];
        private readonly Origin _origin;

        public Server(ulong id)
        {
            _origin = new(new(id), 1);
            Feed = new(Replica, life: id, capacity: 5);
        }

        public Replica Replica { get; } = new();

        public ChangeFeed Feed { get; }

        public void Write(string key, ulong time, bool isDelete)
        {
            _own.Add(new(Writes.Bytes(key), isDelete ? null : Writes.Bytes($"at {time}"), new(new(time), _origin, 0), (ulong)_own.Count + 1));
            Learn(this);
        }

        public bool Knows(Server other) => _merged.GetValueOrDefault(other._origin) == other._own.Count;

        public void Learn(Server other)
        {
            if (Knows(other)) return;

            var entry = other._own[_merged.GetValueOrDefault(other._origin)];
            if (Replica.Merge(entry)) Feed.Add(entry);
            _merged[other._origin] = (int)entry.Sequence;
        }

        public void Cover() => Feed.Coverage = new([.. _merged.Select(static one => new OriginFloor(one.Key, (ulong)one.Value))], Replica.PurgeFloor);

        public void Purge()
        {
            foreach (var entry in Replica.From(null).Where(static entry => entry.IsTombstone).ToArray())
            {
                Replica.Purge(entry);
                Replica.PurgeFloor = HybridTimestamp.Max(Replica.PurgeFloor, entry.Stamp.Time.Next);
            }
        }
    }

    private sealed class Watcher(string prefix)
    {
        public string Prefix => prefix;

        public int Server { get; set; }

        public WatchPosition? Position { get; private set; }

        public SortedDictionary<string, string> Known { get; } = new(StringComparer.Ordinal);

        /// <summary>Takes a page in; whether the watcher is current then.</summary>
        public bool Take(WatchPage page)
        {
            if (page.IsReset) Known.Clear();
            foreach (var (utf8, entry) in page.Changes)
            {
                var key = Door.Decode(utf8);
                Assert.StartsWith(prefix, key, StringComparison.Ordinal);
                if (entry?.Value is { } value) Known[key] = Door.Decode(value);
                else Known.Remove(key);
            }

            Assert.True(WatchPosition.TryUnpack(page.Position.Pack(), out var position));
            Position = position;
            return page.IsCurrent;
        }
    }
}
