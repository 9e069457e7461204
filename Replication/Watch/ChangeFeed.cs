namespace Cmud.Replication.Watch;

/// <summary>Tells watchers of a replica what changed under a prefix, newest per key, from wherever they were told last. For one thread at a time.</summary>
/// <remarks>
/// The last changes are remembered by key alone, in a ring that all watchers share: it is their queue, and its bound is the queue's bound. Who comes back
/// too late for it, or from another replica, is taken on a walk over the prefix that leaves out what it has been told, by the sequences that the
/// replica which told it had merged (<see cref="Coverage"/>).
/// </remarks>
/// <param name="replica">Whose changes these are.</param>
/// <param name="life">Tells this feed from all others.</param>
/// <param name="capacity">How many changes are remembered.</param>
public sealed class ChangeFeed(Replica replica, ulong life, int capacity = ChangeFeed.DefaultCapacity)
{
    /// <summary>How many changes are remembered unless told otherwise: some tenths of a second of all writes that two processors take, in 0.7 MB.</summary>
    public const int DefaultCapacity = 16_384;

    /// <summary>Most entries that a walk passes in one go: at up to 0.3 us each.</summary>
    private const int WalkEntries = 4_096;

    private readonly (byte[] Key, Stamp Stamp)[] _ring = new (byte[], Stamp)[capacity];

    /// <summary>The number of the last change.</summary>
    public ulong Head { get; private set; }

    /// <summary>What the replica had merged at some moment up to now.</summary>
    public Coverage Coverage { get; set; } = Coverage.None;

    /// <summary>The replica shows another entry of a key, or purged an expired one.</summary>
    public void Add(Entry entry) => _ring[Head++ % (ulong)capacity] = (entry.Key, entry.Stamp);

    /// <summary>Whether a watcher can be told at once: the replica has all that it was told elsewhere, and tells it nothing older.</summary>
    public bool IsAhead(WatchPosition? position) => position is null || position.Life == life || Coverage.Covers(position.Told);

    /// <summary>The place from which only what changes from now on is told.</summary>
    public WatchPosition Now => new(life, Head, Coverage, Walk: null);

    /// <summary>What to tell next.</summary>
    /// <param name="prefix">UTF-8; the empty one is that of all keys.</param>
    /// <param name="position">Where the watcher is; null for one that knows nothing.</param>
    /// <param name="limit">Most changes in the page, at least 1. It also ends before it would hold more than <see cref="Door.MaxPageBytes"/>.</param>
    /// <param name="now">Milliseconds since 1970: what expired by then is told as deleted.</param>
    public WatchPage Look(byte[] prefix, WatchPosition? position, int limit, long now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);

        var page = new Page(limit);
        if (position is null) return Walk(prefix, Begin(Coverage.None), page, isReset: true, now);
        if (position.Life != life || position.Number > Head) return Return(prefix, position, page, now);
        if (position.Walk is not null) return Walk(prefix, position, page, isReset: false, now);
        return Remembers(position) ? Read(prefix, position, page, isReset: false) : Return(prefix, position, page, now);
    }

    /// <summary>A watcher that this feed cannot go on with. What was purged since it was told, no walk can tell.</summary>
    /// <remarks>From a walk that was not finished it may have an older state of a key than it had before: that of the replica there, where this lagged behind.</remarks>
    private WatchPage Return(byte[] prefix, WatchPosition position, Page page, long now)
    {
        var told = position.Walk?.Skip.Intersect(position.Told) ?? position.Told;
        var isReset = told.Floors.Count == 0 || replica.PurgeFloor > told.PurgeFloor;
        return Walk(prefix, Begin(isReset ? Coverage.None : told), page, isReset, now);
    }

    private WatchPosition Begin(Coverage skip) => Now with { Walk = new([], skip) };

    private bool Remembers(WatchPosition position) => Head - position.Number <= (ulong)capacity;

    private WatchPage Walk(byte[] prefix, WatchPosition position, Page page, bool isReset, long now)
    {
        var walk = position.Walk!;
        var (skip, passed) = (walk.Skip.ToDictionary(), 0);
        foreach (var entry in replica.From(prefix, walk.Cursor))
        {
            var isTold = entry.IsLive(now) || !walk.IsWhole;
            if (isTold && entry.Sequence > skip.GetValueOrDefault(entry.Origin) && !page.TryAdd(new(entry.Key, entry))) return InWalk();

            walk = walk with { Cursor = entry.Key };
            if (++passed == WalkEntries) return InWalk();
        }

        // What changed meanwhile. Where that was too much to remember, the next look begins a walk that leaves out what this one began with.
        position = position with { Walk = null };
        return Remembers(position) ? Read(prefix, position, page, isReset) : new(page.Changes, position, isReset, IsCurrent: false);

        WatchPage InWalk() => new(page.Changes, position with { Walk = walk }, isReset, IsCurrent: false);
    }

    private WatchPage Read(byte[] prefix, WatchPosition position, Page page, bool isReset)
    {
        var told = new HashSet<byte[]>(KeyOrder.Instance);
        for (var number = position.Number; number < Head; number++)
        {
            var (key, stamp) = _ring[number % (ulong)capacity];
            if (!key.AsSpan().StartsWith(prefix) || (prefix.Length == 0 && SystemKeys.Contains(key))) continue;

            // Of a key that changed again, the ring has a later place.
            var entry = replica.Get(key);
            if ((entry is not null && entry.Stamp != stamp) || !told.Add(key)) continue;
            if (!page.TryAdd(new(key, entry))) return new(page.Changes, position with { Number = number }, isReset, IsCurrent: false);
        }

        return new(page.Changes, Now, isReset, IsCurrent: true);
    }

    /// <summary>Changes, within the bounds of a page; the first always fits.</summary>
    private sealed class Page(int limit)
    {
        private readonly List<Change> _changes = [];
        private long _bytes;

        public IReadOnlyList<Change> Changes => _changes;

        public bool TryAdd(Change change)
        {
            _bytes += change.Entry?.Size ?? change.Key.Length;
            if (_changes.Count == limit || (_bytes > Door.MaxPageBytes && _changes.Count > 0)) return false;

            _changes.Add(change);
            return true;
        }
    }
}
