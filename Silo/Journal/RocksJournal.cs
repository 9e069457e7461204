using Cmud.Replication;
using Cmud.Replication.Frames;
using RocksDbSharp;

namespace Cmud.Silo.Journal;

/// <summary>The journal on disk: one thread writes what all grains hand in.</summary>
/// <remarks>
/// <para>
/// Group commit without a timer: while the disk confirms one batch, the next gathers; so one synced write carries as much as came meanwhile, and a lone
/// Put waits for nothing but its own.
/// </para>
/// <para>
/// Rows lie under (origin, sequence) and are written blind: nothing is read in order to write. An entry that was beaten is deleted when that becomes known,
/// and one that is still there at the next start loses again as it is merged. Each batch holds its entries and the set that claims
/// them, so whatever a crash leaves is a state that once was.
/// </para>
/// <para>
/// A write or sync that fails ends the journal for good: what the kernel held back is marked as written after a failed sync, and a second one would lie.
/// </para>
/// </remarks>
public sealed class RocksJournal : IBackupJournal, IDisposable
{
    /// <summary>Most bytes of one batch, but for its first part: at 100 MB/s the next one waits 40 ms.</summary>
    private const long MaxBatchBytes = 4 << 20;

    /// <summary>How old an unsynced write may get where it is acknowledged before it is synced.</summary>
    private static readonly TimeSpan SyncInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the writer waits before it looks for room again.</summary>
    private static readonly TimeSpan RoomInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long closing waits for somebody who still reads.</summary>
    private static readonly TimeSpan ReaderTime = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly Queue<JournalWork> _appends = [];
    private readonly Queue<JournalWork> _keeps = [];
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly JournalTail _tail = new();
    private readonly DataDirectory _directory;
    private readonly JournalStore _store;
    private readonly JournalBatch _batch = new();
    private readonly DiskRoom _room;
    private readonly TimeProvider _time;
    private readonly bool _syncs;
    private readonly Thread _writer;

    private Task<Entry[]>? _ahead;

    // Guarded by the gate.
    private string? _end;
    private Exception? _cause;
    private int _readers;
    private HybridTimestamp _floor;
    private ulong _handedIn;

    // The writer's own.
    private IReadOnlyList<Entry> _lost = [];
    private HybridTimestamp _clock;
    private HybridTimestamp _purgeFloor;
    private long? _unsyncedSince;

    private RocksJournal(DataDirectory directory, JournalStore store, Origin origin, JournalSettings settings, TimeProvider time)
    {
        (_directory, _store, _time) = (directory, store, time);
        Origin = origin;
        _syncs = settings.Durability == Durability.Fsync;
        _room = new(directory.Path, settings.Reserve, time);
        _clock = new(store.Number(Fact.Clock) ?? 0);
        _purgeFloor = new(store.Number(Fact.PurgeFloor) ?? 0);
        _writer = new(Write) { IsBackground = true, Name = "journal" };
        _writer.Start();
    }

    /// <inheritdoc/>
    public Origin Origin { get; }

    /// <inheritdoc/>
    public ulong Head => _tail.Head;

    /// <inheritdoc/>
    public bool IsDurable => true;

    /// <inheritdoc/>
    public bool IsFull => _room.IsFull;

    /// <summary>Completes, with one sentence, when the journal cannot go on: the server must stop.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Opens the journal of a data directory, and begins a new life of its server.</summary>
    /// <param name="path">The data directory; made where there is none.</param>
    /// <param name="name">The server's label, for people who look into the directory.</param>
    /// <param name="settings">How it is kept.</param>
    /// <param name="time">The clock of this machine.</param>
    /// <exception cref="DataDirectoryException">The directory cannot be used, or what is in it cannot be read.</exception>
    public static RocksJournal Open(string path, string name, JournalSettings settings, TimeProvider time)
    {
        var directory = DataDirectory.Open(path);
        JournalStore? store = null;
        try
        {
            (store, var origin) = JournalStart.Begin(directory, settings.LeastIncarnation, time);
            directory.Identify(origin.Server, name);
            return new(directory, store, origin, settings, time);
        }
        catch
        {
            store?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Begins to read what <see cref="Recover"/> will be asked for, beside all else that a start takes: of a million entries a second and more.</summary>
    /// <remarks>Only before anything is handed in, which it would not see.</remarks>
    public void ReadAhead() => _ahead = Task.Run(() => Entries().ToArray());

    /// <inheritdoc/>
    public JournalContents Recover() => new()
    {
        // What was read ahead is given once, and not held any longer.
        Entries = Interlocked.Exchange(ref _ahead, null) is { } ahead ? ahead.GetAwaiter().GetResult() : Entries(),
        Held = Small(RowKind.Held, static (key, row) => new Holding(JournalRow.ReadOrigin(key), JournalRow.ReadHeld(row))),
        Shades = Small(RowKind.Shade, JournalRow.ReadShade),
        Members = Small(RowKind.Member, JournalRow.ReadMember),
        Purged = Small(RowKind.Purged, static (key, row) => new Mark(JournalRow.ReadOrigin(key), JournalRow.ReadNumber(row))),
        Caught = Small(RowKind.Caught, static (key, _) => JournalRow.ReadServer(key)),
        PurgeFloor = _purgeFloor,
        Clock = _clock,
    };

    /// <inheritdoc/>
    public ValueTask<Entry[]> Append(Entry[] drafts)
    {
        if (drafts.Length == 0) return ValueTask.FromResult(drafts);

        var size = JournalWork.SizeOf(drafts);
        if (!_room.TryTake(size)) return ValueTask.FromException<Entry[]>(_room.Refusal());

        return new(Enqueue(_appends, new(drafts, size)));
    }

    /// <inheritdoc/>
    public ulong Promise(HybridTimestamp floor)
    {
        lock (_gate)
        {
            _floor = HybridTimestamp.Max(_floor, floor);
            return _handedIn;
        }
    }

    /// <inheritdoc/>
    public ValueTask Keep(JournalChanges changes) => new(Enqueue(_keeps, new(changes)));

    /// <inheritdoc/>
    public JournalSlice? Take() => _tail.Take();

    /// <inheritdoc/>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _tail.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<long> Backup(string directory) => Task.Run(() =>
    {
        // What is copied is a state between two batches, each of which is whole: entries and the sets that claim them.
        using var reading = BeginReading();
        return JournalBackup.Save(_directory, _store, directory);
    });

    /// <summary>Writes what was handed in, and closes the files. What is handed in later is refused.</summary>
    public void Dispose()
    {
        End("The journal is closed: the server is stopping.", cause: null);
        _writer.Join();
        if (!ReadersGone()) return;

        _batch.Dispose();
        _store.Dispose();
        _directory.Dispose();
    }

    /// <summary>Moves what is in the log to a table, as happens by itself after 8 MiB.</summary>
    internal void FlushForTests() => _store.Flush();

    private List<T> Small<T>(RowKind kind, RowReader<T> read) => [.. Guarded(_store.Read(kind, read))];

    private IEnumerable<Entry> Entries() => Guarded(_store.Read(RowKind.Entry, static (key, row) => JournalRow.ReadEntry(JournalRow.ReadMark(key), row)));

    /// <summary>Reads while the files are open; damage ends the journal, since what it holds cannot be told.</summary>
    private IEnumerable<T> Guarded<T>(IEnumerable<T> rows)
    {
        using var reading = BeginReading();
        using var row = rows.GetEnumerator();
        while (Next()) yield return row.Current;

        bool Next()
        {
            if (Volatile.Read(ref _end) is { } end) throw new JournalFailedException(end);

            try
            {
                return row.MoveNext();
            }
            catch (Exception e) when (e is InvalidDataException or RocksDbException)
            {
                throw Fail(JournalStart.Unusable(_directory, e), e);
            }
        }
    }

    private Reading BeginReading()
    {
        lock (_gate)
        {
            if (_end is not null) throw new JournalFailedException(_end, _cause);
            _readers++;
        }

        return new(this);
    }

    /// <summary>Whether nobody reads any more: an iterator must not outlive its files.</summary>
    private bool ReadersGone()
    {
        var began = _time.GetTimestamp();
        lock (_gate)
        {
            while (_readers > 0 && ReaderTime - _time.GetElapsedTime(began) is { Ticks: > 0 } left) Monitor.Wait(_gate, left);
            return _readers == 0;
        }
    }

    private Task<Entry[]> Enqueue(Queue<JournalWork> queue, JournalWork work)
    {
        lock (_gate)
        {
            if (_end is not null) return Task.FromException<Entry[]>(new JournalFailedException(_end, _cause));
            if (work.Drafts is { } drafts)
            {
                StaleStampException.ThrowIfBelow(_floor, drafts);
                _handedIn += (ulong)drafts.Length;
            }

            queue.Enqueue(work);
            Monitor.PulseAll(_gate);
        }

        return work.Task;
    }

    /// <summary>The writer's thread: it waits on disks, which no pool thread should.</summary>
    private void Write()
    {
        var works = new List<JournalWork>();
        try
        {
            while (Gather(works))
            {
                if (works.Count > 0) Commit(works);
                if (IsSyncDue()) Sync();
                works.Clear();
            }

            if (_unsyncedSince is not null) Sync();
            // What found no room is given up with the rest: the other servers have it.
            Abandon(_end!, _cause);
        }
        catch (Exception e)
        {
            // Whatever it is, nothing more is acknowledged: what is stored will show at the next start.
            Fail($"The journal in {_directory.JournalPath} could not be written ({JournalStart.Reason(e)}), so nothing more is acknowledged; look after the disk, then start the server again: it goes on from its files.", e);
            foreach (var work in works) work.TrySetException(new JournalFailedException(_end!, e));
        }
    }

    /// <summary>Waits for work and takes at most one batch of it; none where a sync is due first. False at the end.</summary>
    private bool Gather(List<JournalWork> works)
    {
        lock (_gate)
        {
            while (true)
            {
                var size = 0L;
                TakeFrom(_appends, works, ref size, static (_, _) => true);
                TakeFrom(_keeps, works, ref size, static (room, work) => work.Size == 0 || room.TryTakeForeign(work.Size));
                if (works.Count > 0) return true;
                if (_end is not null) return false;

                if (_unsyncedSince is not { } since) Monitor.Wait(_gate, _keeps.Count > 0 ? RoomInterval : Timeout.InfiniteTimeSpan);
                else if (SyncInterval - _time.GetElapsedTime(since) is { Ticks: > 0 } left) Monitor.Wait(_gate, left);
                else return true;
            }
        }
    }

    /// <summary>What came first goes first. Appends and keeps need no order between them: what is kept speaks only of what was committed before.</summary>
    private void TakeFrom(Queue<JournalWork> queue, List<JournalWork> works, ref long size, Func<DiskRoom, JournalWork, bool> mayBeTaken)
    {
        while (queue.TryPeek(out var next) && (works.Count == 0 || size + next.Size <= MaxBatchBytes) && mayBeTaken(_room, next))
        {
            works.Add(queue.Dequeue());
            size += next.Size;
        }
    }

    private void Commit(List<JournalWork> works)
    {
        _batch.Clear();
        var (head, clock, committed) = (_tail.Head, _clock, new List<Entry>());
        foreach (var work in works)
        {
            foreach (var draft in work.Drafts ?? []) committed.Add(draft.Number(++head));
            if (work.Changes is { } changes) Put(changes, ref clock);
        }

        foreach (var entry in committed) Put(entry, ref clock);
        if (committed.Count > 0) _batch.Put(Origin, Whole(head));
        // Beaten before anybody else heard of them; nobody will ask.
        foreach (var entry in _lost) _batch.Delete(new(Origin, entry.Sequence));
        if (clock > _clock) _batch.Put(Fact.Clock, clock.Value);

        _store.Write(_batch, _syncs);
        _unsyncedSince = _syncs ? null : _unsyncedSince ?? _time.GetTimestamp();
        (_clock, _lost) = (clock, committed.Count > 0 ? _tail.Add(committed) : []);
        foreach (var work in works) work.SetResult(work.Drafts ?? []);
    }

    private void Put(JournalChanges changes, ref HybridTimestamp clock)
    {
        foreach (var entry in changes.Entries) Put(entry, ref clock);
        foreach (var mark in changes.Gone) _batch.Delete(mark);
        // The own set is said with the own entries, and only here is known how far it reaches.
        foreach (var held in changes.Held.Where(held => held.Origin != Origin)) _batch.Put(held.Origin, held.Sequences);
        foreach (var shade in changes.Shades) _batch.Put(shade);
        foreach (var member in changes.Members) _batch.Put(member);
        foreach (var mark in changes.Purged) _batch.PutPurged(mark);
        foreach (var server in changes.Caught) _batch.PutCaught(server);
        if (changes.PurgeFloor > _purgeFloor) _batch.Put(Fact.PurgeFloor, (_purgeFloor = changes.PurgeFloor).Value);
        clock = HybridTimestamp.Max(clock, changes.Clock);
    }

    private void Put(Entry entry, ref HybridTimestamp clock)
    {
        _batch.Put(entry);
        clock = HybridTimestamp.Max(clock, entry.Stamp.Time);
    }

    private static IntervalSet Whole(ulong head)
    {
        var whole = new IntervalSet();
        whole.Add(new(0, head));
        return whole;
    }

    private bool IsSyncDue() => _unsyncedSince is { } since && _time.GetElapsedTime(since) >= SyncInterval;

    /// <summary>A synced write syncs all before it.</summary>
    private void Sync()
    {
        _batch.Clear();
        _batch.Put(Fact.Clock, _clock.Value);
        _store.Write(_batch, sync: true);
        _unsyncedSince = null;
    }

    private JournalFailedException Fail(string sentence, Exception cause)
    {
        End(sentence, cause);
        Abandon(sentence, cause);
        _failed.TrySetResult(sentence);
        return new(sentence, cause);
    }

    /// <summary>Ends the wait of all that were not yet taken up.</summary>
    private void Abandon(string sentence, Exception? cause)
    {
        List<JournalWork> left;
        lock (_gate)
        {
            left = [.. _appends, .. _keeps];
            _appends.Clear();
            _keeps.Clear();
        }

        foreach (var work in left) work.TrySetException(new JournalFailedException(sentence, cause));
    }

    private void End(string sentence, Exception? cause)
    {
        lock (_gate)
        {
            // The first reason is the reason.
            if (_end is null) (_end, _cause) = (sentence, cause);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Somebody reads the files.</summary>
    private sealed class Reading(RocksJournal journal) : IDisposable
    {
        public void Dispose()
        {
            lock (journal._gate)
            {
                journal._readers--;
                Monitor.PulseAll(journal._gate);
            }
        }
    }
}
