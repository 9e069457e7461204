using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Tests.Simulation;

/// <summary>What a server's disk holds: it outlives the server. Changed only by whole batches, as RocksDB does.</summary>
internal sealed class SimulatedDisk
{
    private readonly SortedDictionary<(Origin, ulong), Entry> _rows = [];
    private readonly SortedDictionary<Origin, Holding> _held = [];
    private readonly Dictionary<(Origin, string), Shade> _shades = [];
    private readonly Dictionary<ServerId, Member> _members = [];
    private readonly Dictionary<Origin, Mark> _purged = [];
    private readonly HashSet<ServerId> _caught = [];
    private HybridTimestamp _clock;
    private HybridTimestamp _purgeFloor;

    /// <summary>An empty disk.</summary>
    public SimulatedDisk()
    {
    }

    private SimulatedDisk(SimulatedDisk other)
    {
        Incarnation = other.Incarnation;
        (_rows, _held) = (new(other._rows), new(other._held));
        (_shades, _members) = (new(other._shades), new(other._members));
        (_purged, _caught, _clock) = (new(other._purged), [.. other._caught], other._clock);
    }

    /// <summary>The greatest incarnation that this server began, 0 for none.</summary>
    public ulong Incarnation { get; set; }

    /// <summary>A backup: what is there now.</summary>
    public SimulatedDisk Copy() => new(this);

    public void Remove(IEnumerable<Entry> lost)
    {
        foreach (var entry in lost) _rows.Remove((entry.Origin, entry.Sequence));
    }

    public void Write(Entry[] own)
    {
        foreach (var entry in own) Put(entry);
        if (own.Length > 0) _held[own[0].Origin] = new(own[0].Origin, [new Interval(0, own[^1].Sequence)]);
    }

    public void Write(JournalChanges changes)
    {
        foreach (var entry in changes.Entries) Put(entry);
        foreach (var gone in changes.Gone) _rows.Remove((gone.Origin, gone.Sequence));
        foreach (var held in changes.Held) _held[held.Origin] = held;
        foreach (var shade in changes.Shades) _shades[(shade.Origin, Encoding.UTF8.GetString(shade.Key))] = shade;
        foreach (var member in changes.Members) _members[member.Id] = member;
        foreach (var mark in changes.Purged) _purged[mark.Origin] = mark;
        _caught.UnionWith(changes.Caught);
        _clock = HybridTimestamp.Max(_clock, changes.Clock);
        _purgeFloor = HybridTimestamp.Max(_purgeFloor, changes.PurgeFloor);
    }

    /// <summary>What is there now.</summary>
    public JournalContents Read() => new()
    {
        Entries = [.. _rows.Values],
        Held = [.. _held.Values],
        Shades = [.. _shades.Values.Where(shade => shade.Hull is not null)],
        Members = [.. _members.Values],
        Purged = [.. _purged.Values],
        Caught = [.. _caught],
        PurgeFloor = _purgeFloor,
        Clock = _clock,
    };

    private void Put(Entry entry)
    {
        _rows[(entry.Origin, entry.Sequence)] = entry;
        _clock = HybridTimestamp.Max(_clock, entry.Stamp.Time);
    }
}

/// <summary>A journal over a made-up disk in virtual time: group commit, slow syncs, errors, no room.</summary>
/// <param name="world">Time and chance.</param>
/// <param name="disk">What outlives it.</param>
/// <param name="origin">This life.</param>
/// <param name="fail">Ends the server: a sync failed.</param>
internal sealed class SimulatedJournal(World world, SimulatedDisk disk, Origin origin, Action fail) : IJournal
{
    private readonly JournalTail _tail = new();
    private readonly Queue<Request> _waiting = new();
    private readonly List<Entry> _lost = [];
    private List<Request> _syncing = [];
    private HybridTimestamp _floor;
    private ulong _head;
    private bool _isOver;

    public Origin Origin => origin;

    public ulong Head => _tail.Head;

    public bool IsDurable => true;

    public bool IsFull => world.IsDiskFull(origin.Server);

    public JournalContents Recover() => disk.Read();

    public ulong Promise(HybridTimestamp floor)
    {
        _floor = HybridTimestamp.Max(_floor, floor);
        return _head;
    }

    public JournalSlice? Take() => _tail.Take();

    public ValueTask WaitAsync(CancellationToken cancellationToken) => _tail.WaitAsync(cancellationToken);

    /// <summary>Completes in an event of the world, in whose course the continuation runs.</summary>
    public async ValueTask<Entry[]> Append(Entry[] drafts)
    {
        if (IsFull) throw new JournalFullException("The made-up disk is full.");

        StaleStampException.ThrowIfBelow(_floor, drafts);
        var request = new Request([.. drafts.Select(draft => draft.Number(++_head))], null);
        await Enqueue(request);
        return request.Own!;
    }

    public async ValueTask Keep(JournalChanges changes) => await Enqueue(new(null, changes));

    /// <summary>The power goes: the batch that was being written is there or not, as chance has it; what waited is not.</summary>
    public void Crash()
    {
        _isOver = true;
        _waiting.Clear();
        if (_syncing.Count > 0 && world.Schedule.DiskRandom.Next(2) == 0) Write();
    }

    private Task Enqueue(Request request)
    {
        _waiting.Enqueue(request);
        // The bug: it is handed on, and acknowledged, before it is on the disk.
        if (world.Schedule.Bug == PlantedBug.AcknowledgedBeforeSync)
        {
            if (request.Own is { } own) _lost.AddRange(_tail.Add(own));
            request.Done.SetResult();
        }

        if (_syncing.Count == 0) Sync();
        return request.Done.Task;
    }

    private void Sync()
    {
        _syncing = [.. _waiting];
        _waiting.Clear();
        if (_syncing.Count == 0) return;

        world.After(world.Schedule.SyncTime(), () =>
        {
            if (_isOver) return;

            if (world.Schedule.DiskRandom.NextDouble() < world.DiskErrors)
            {
                fail();
                return;
            }

            var done = _syncing;
            Write();
            Sync();
            if (world.Schedule.Bug == PlantedBug.AcknowledgedBeforeSync) return;
            foreach (var request in done)
            {
                if (request.Own is { } own) _lost.AddRange(_tail.Add(own));
            }

            foreach (var request in done) request.Done.SetResult();
        });
    }

    /// <summary>One batch; what lost within the journal goes with the next one, as in the real journal.</summary>
    private void Write()
    {
        disk.Remove(_lost);
        _lost.Clear();
        foreach (var request in _syncing)
        {
            if (request.Own is { } own) disk.Write(own);
            else disk.Write(request.Changes!);
        }

        _syncing = [];
    }

    private sealed record Request(Entry[]? Own, JournalChanges? Changes)
    {
        public TaskCompletionSource Done { get; } = new();
    }
}
