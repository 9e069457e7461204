using Cmud.Game;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>A watched prefix is listed from what the watch told, and by List where that is not all.</summary>
public sealed class WatchedStoreTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedStore _store;
    private readonly Source _source;
    private readonly WatchedStore _watched;

    public WatchedStoreTests()
    {
        _store = new(_time, new(1), replicas: 1);
        _source = new(_store.Connect());
        _watched = new(_source, _source, "room/", new(_time), default);
    }

    public void Dispose() => _watched.Dispose();

    [Fact]
    public async Task It_is_listed_until_the_watch_has_told_all_and_then_no_more()
    {
        _store.PutRaw("room/1", "a lamp");
        Assert.Equal(["room/1=a lamp"], await ListAsync("room/"));
        Assert.Equal(1, _store.Lists);

        _source.Tell(new(StoreEventKind.Reset), new(StoreEventKind.Change, "room/1", "a lamp"));
        Assert.Equal(["room/1=a lamp"], await ListAsync("room/"));
        Assert.Equal(2, _store.Lists);

        _source.Tell(new(StoreEventKind.Change, "room/22", "a door"), new(StoreEventKind.Current));
        Assert.Equal(["room/1=a lamp", "room/22=a door"], await ListAsync("room/"));
        Assert.Equal(["room/22=a door"], await ListAsync("room/2"));

        _source.Tell(new(StoreEventKind.Change, "room/1"), new(StoreEventKind.Change, "room/22", "a gate"), new(StoreEventKind.Change, "room/22", "a gate"));
        Assert.Equal(["room/22=a gate"], await ListAsync("room/"));
        Assert.Equal(2, _store.Lists);

        // Another prefix is none of its business.
        Assert.Equal(["room/1=a lamp"], await ListAsync("roo"));
        Assert.Equal(3, _store.Lists);
    }

    [Fact]
    public async Task A_watch_that_begins_again_counts_only_when_it_has_told_all_again()
    {
        _store.PutRaw("room/2", "a door");
        await ListAsync("room/");
        _source.Tell(new(StoreEventKind.Reset), new(StoreEventKind.Change, "room/1", "a lamp"), new(StoreEventKind.Current), new(StoreEventKind.Reset));

        Assert.Equal(["room/2=a door"], await ListAsync("room/"));
        _source.Tell(new(StoreEventKind.Change, "room/2", "a door"), new(StoreEventKind.Current));
        Assert.Equal(["room/2=a door"], await ListAsync("room/"));
        Assert.Equal(2, _store.Lists);
    }

    [Fact]
    public async Task A_broken_watch_is_noticed_and_after_a_while_replaced()
    {
        await ListAsync("room/");
        _source.Tell(new(StoreEventKind.Reset), new(StoreEventKind.Current));
        await ListAsync("room/");
        Assert.Equal((1, 1), (_store.Lists, _source.Begun));

        _source.Break();
        _store.PutRaw("room/1", "a lamp");
        Assert.Equal(["room/1=a lamp"], await ListAsync("room/"));
        Assert.Equal((2, 1), (_store.Lists, _source.Ended));
        _time.Advance(WatchedStore.Pause - TimeSpan.FromSeconds(1));
        await ListAsync("room/");
        Assert.Equal((3, 1), (_store.Lists, _source.Begun));

        _time.Advance(TimeSpan.FromSeconds(1));
        await ListAsync("room/");
        _source.Tell(new(StoreEventKind.Reset), new(StoreEventKind.Change, "room/1", "a lamp"), new(StoreEventKind.Current));
        Assert.Equal(["room/1=a lamp"], await ListAsync("room/"));
        Assert.Equal((4, 2), (_store.Lists, _source.Begun));
    }

    [Fact]
    public async Task What_is_too_much_to_keep_is_listed()
    {
        await ListAsync("room/");
        _source.Tell(new(StoreEventKind.Reset), new(StoreEventKind.Current));
        var value = new string('x', 60_000);
        var fit = WatchedStore.MaxKept / (value.Length + 100);
        for (var i = 0; i < fit; i++) _source.Tell(new StoreEvent(StoreEventKind.Change, $"room/{i % (fit / 2)}", value));
        Assert.Equal(fit / 2, (await ListAsync("room/")).Count);
        Assert.Equal((1, 0), (_store.Lists, _source.Ended));

        for (var i = 0; i <= fit; i++) _source.Tell(new StoreEvent(StoreEventKind.Change, $"room/more/{i}", value));
        Assert.Empty(await ListAsync("room/"));

        Assert.Equal((2, 1), (_store.Lists, _source.Ended));
    }

    [Fact]
    public async Task A_player_who_is_told_lists_a_tenth_as_often()
    {
        var (told, listing) = (await ListsAsync(watches: true), await ListsAsync(watches: false));

        Assert.InRange(told, 1, listing / 10);

        // Beside the watches stay: the own other sessions once a second, the ledger twice a minute, and whose the name is.
        static async Task<int> ListsAsync(bool watches)
        {
            var campus = new Campus(watches: watches) { Store = { WatchesAreSteady = true } };
            await campus.EnrollAsync("Ada");
            await campus.PassAsync(TimeSpan.FromSeconds(20));
            var before = campus.Store.Lists;
            await campus.PassAsync(TimeSpan.FromMinutes(5));
            return campus.Store.Lists - before;
        }
    }

    [Fact]
    public async Task Watches_that_move_and_break_are_replaced_and_end_with_the_session()
    {
        var campus = new Campus(3, replicas: 6, TimeSpan.FromSeconds(2), watches: true);
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 100; i++)
        {
            await ada.TypeAsync($"say line {i:000}");
            await campus.PassAsync(TimeSpan.FromSeconds(1));
        }

        await campus.PassAsync(TimeSpan.FromSeconds(8));

        Assert.InRange(campus.Store.Watches.Broken, 3, campus.Store.Watches.Begun - 1);
        Assert.InRange(campus.Store.Watches.Open, 1, 8);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"Ada says, \"line {i:000}\""), bo.Text.Split('\n').Where(line => line.StartsWith("Ada says", StringComparison.Ordinal)));

        await ada.TypeAsync("go cut");
        await campus.PassAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(campus.Store.Watches.Open, 1, 8);
        foreach (var seat in new[] { ada, bo }) seat.Run(() => seat.Session.DisposeAsync().AsTask());
        Assert.Equal(0, campus.Store.Watches.Open);
    }

    private async Task<List<string>> ListAsync(string prefix)
    {
        var listed = new List<string>();
        await foreach (var (key, value) in _watched.List(prefix, default)) listed.Add($"{key}={value}");
        return listed;
    }

    /// <summary>A store whose watches tell what the test says.</summary>
    private sealed class Source(IWorldStore inner) : IWatchableStore
    {
        private Queue<StoreEvent> _events = [];
        private bool _isBroken;

        public int Begun { get; private set; }

        public int Ended { get; private set; }

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => inner.Get(key, cancellationToken);

        public ValueTask Put(string key, string value, CancellationToken cancellationToken) => inner.Put(key, value, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken) => inner.List(prefix, cancellationToken);

        public IStoreWatch Watch(string prefix, CancellationToken cancellationToken)
        {
            Begun++;
            (_events, _isBroken) = ([], false);
            return new Told(this);
        }

        public void Tell(params StoreEvent[] events)
        {
            foreach (var told in events) _events.Enqueue(told);
        }

        public void Break() => _isBroken = true;

        private sealed class Told(Source source) : IStoreWatch
        {
            public bool IsBroken => source._isBroken;

            public bool TryTake(out StoreEvent next) => source._events.TryDequeue(out next);

            public void Dispose() => source.Ended++;
        }
    }
}
