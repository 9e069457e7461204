using Cmud.Replication.Frames;
using Cmud.Replication.Watch;

namespace Cmud.Replication.Sync;

/// <summary>
/// The sync protocol of one server, as a state machine: inputs in, outputs out; no I/O, no clock of its own, no threads.
/// Push fast, pull to repair.
/// </summary>
/// <remarks>
/// <para>
/// Each server numbers what it accepted; everyone keeps, per origin, the set of sequences it holds; frames carry sections
/// that claim closed intervals. Own writes are pushed as they come (latency); gaps, newcomers and dead origins are pulled
/// from any holder (repair). A lost frame, a dead origin and a new server are thereby one mechanism.
/// </para>
/// <para>
/// The simulator, the in-process tests and the silo run this same code. It is called from one thread at a time; every
/// call gives what there is to do now, and <see cref="NextWake"/> says when to call again if nothing happens before.
/// </para>
/// </remarks>
public sealed class SyncMachine
{
    /// <summary>How often shadows are looked through: each costs a look at every peer's sets.</summary>
    private static readonly TimeSpan FadeInterval = TimeSpan.FromMilliseconds(500);

    private readonly SyncSettings _settings;
    private readonly Origin _self;
    private readonly ServerClock _time;
    private readonly HybridClock _clock;
    private readonly History _history;
    private readonly WantPlanner _wants;
    private readonly Voids _voids;
    private readonly Purger _purger;
    private readonly Deferrals _deferrals;
    private readonly ClockWatch _watch;
    private readonly Reconciler _reconciler;
    private readonly Composer _composer;
    private readonly LocalReceiver[] _locals;
    private readonly Members _members;
    private readonly ChangeRecord? _record;
    private readonly PeerTable _table;
    private readonly List<Peer> _peers;
    private readonly CatchUp _catchUp;
    private readonly List<SyncOutput> _outputs = [];
    private readonly Queue<Arrival> _arriving = [];
    private TimeSpan? _lastUpkeep;
    private TimeSpan _lastFade;
    private Peer? _firstHeard;
    private Peer? _askedAll;
    private bool _isStirred;

    /// <summary>A server that begins a life.</summary>
    /// <param name="settings">Bounds and times.</param>
    /// <param name="self">The origin of its journal.</param>
    /// <param name="me">How the others find it.</param>
    /// <param name="queryGrains">How many local query grains there are.</param>
    /// <param name="time">Its clock, which this machine holds against those of the others.</param>
    /// <param name="replica">Its replica, empty at first.</param>
    /// <param name="isDurable">Whether a journal keeps what it says is to be kept; otherwise what is merged counts as durable.</param>
    /// <param name="head">The journal's last sequence now, all that was acknowledged is at or below; null takes what came from it.</param>
    public SyncMachine(SyncSettings settings, Origin self, Member me, int queryGrains, ServerClock time, Replica replica, bool isDurable = false, Func<ulong>? head = null)
    {
        _settings = settings;
        _self = self;
        _time = time;
        _clock = new(time);
        _record = isDurable ? new() : null;
        _history = new(settings, self, replica, _record);
        _deferrals = new(settings, time, _history);
        _wants = new(settings, _history, _deferrals);
        _members = new(me, settings.MaxMembers);
        _table = new(settings, self, _history, _members, _outputs);
        _table.Dropped += Drop;
        _peers = _table.All;
        _catchUp = new(_history);
        _voids = new(self, _history, _members);
        _watch = new(settings, time, _members);
        _purger = new(settings, self, _clock, _history, _members, _record);
        _reconciler = new(settings, self, _history);
        _composer = new(settings, self, time, _history, _members, _purger, _deferrals, _reconciler, head ?? (() => _history.Own.Have.UpTo));
        _locals = [.. Enumerable.Range(0, queryGrains).Select(grain => new LocalReceiver(grain, settings.SendInterval))];
        LocalCounters = [.. _locals.Select(_ => new PairCounters())];
    }

    /// <summary>The replica that holds all that this server holds.</summary>
    public Replica Replica => _history.Replica;

    /// <summary>What went to each local query grain.</summary>
    public IReadOnlyList<PairCounters> LocalCounters { get; }

    /// <summary>All servers known, this one included.</summary>
    public IReadOnlyCollection<Member> Members => [.. _members.All.Where(member => !member.IsForgotten)];

    /// <summary>The peers: who they are, where, and what went to them and came.</summary>
    public IEnumerable<PeerView> Peers => _peers.Select(peer => new PeerView(peer.Address, peer.Id, peer.IsLinked, peer.RoundTrip, peer.Counters));

    /// <summary>How far the wall of a peer's machine is ahead of this server's clock; null where it was not measured of late.</summary>
    public TimeSpan? ClockOffset(ServerId server, TimeSpan now) => _table.Of(server)?.Clock.WallAt(now) - _time.GetUtcNow();

    /// <summary>How many sequences that are held here a peer has not yet told that it holds too; 0 of one that is not known.</summary>
    public ulong LackedBy(ServerId server) => _table.Of(server) is { } found
        ? _history.Logs.Aggregate(0UL, (sum, log) => sum + (found.ToldOf(log.Origin) is { } told ? log.Have.Except(told) : log.Have).Size)
        : 0;

    /// <summary>Whether all that the peers held when they were first heard, in this life of theirs and ours, is here and on its way to the query grains. A server that knows of others is not before it has heard one.</summary>
    public bool IsCaughtUp => _catchUp.IsDone && !Array.Exists(_locals, static local => local.IsBehind)
        && (_peers.Count == 0 || _peers.Exists(static peer => !peer.IsUnheard)) && !_peers.Exists(static peer => !peer.IsUnheard && peer.IsNew);

    /// <summary>What is held, by origin.</summary>
    public IEnumerable<Holding> Holdings => _history.Logs.Select(log => new Holding(log.Origin, log.Have));

    /// <summary>Claims that left the bounds of their proof; see <see cref="SyncSettings.MaxShadows"/>.</summary>
    public long Unproved => _history.Unproved;

    /// <summary>Beaten positions that are remembered now.</summary>
    public int Shadows => _history.Shadows;

    /// <summary>Entries that a comparison of digests found missing here: 0, but for faults.</summary>
    public long Repairs => _reconciler.Repairs;

    /// <summary>Entries that came from a peer when a later write of another server stood here: of two that did not know of each other, the one that lost.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Sequences that wait for this server's clock to come near their stamps.</summary>
    public ulong Deferred => _deferrals.Count;

    /// <summary>Entries that came too early, since the start; one that comes twice counts twice.</summary>
    public long DeferredInAll => _deferrals.Total;

    /// <summary>The groups in which they wait.</summary>
    internal int DeferredGroups => _deferrals.Groups;

    /// <summary>Tombstones and expired entries that are not yet purged.</summary>
    public int Dead => _history.Graves.Dead.Count;

    /// <summary>Whether there is more to take in of frames that came: call <see cref="Step"/> again, after whoever else waits for a turn.</summary>
    public bool HasMore => _arriving.Count > 0;

    /// <summary>When to call <see cref="Step"/> with a <see cref="Tick"/> if nothing happens before; never before the last call's time.</summary>
    public TimeSpan NextWake { get; private set; }

    /// <summary>Takes an input in and says what to do.</summary>
    /// <param name="now">Monotonic time; never falls.</param>
    /// <param name="input">What happened.</param>
    public IReadOnlyList<SyncOutput> Step(TimeSpan now, SyncInput input)
    {
        _outputs.Clear();
        _history.Digest.Now = now;
        switch (input)
        {
            case Recovered(var contents): Restore(contents, now); break;
            case Committed(var slice): Commit(slice); break;
            case Kept(var number):
                _history.Kept(number);
                _purger.Kept(number);
                break;
            case Promised(var floor, var upTo): _purger.Promised(floor, upTo); break;
            case FrameArrived arrived: _arriving.Enqueue(new(arrived)); break;
            case LinkChanged(var address, var isUp): ChangeLink(address, isUp, now); break;
            case LinkIdentified(var address, var member): _table.Identify(address, member); break;
            case JoinServer(var address): _table.Join(address, now); break;
            case ForgetServer(var server): _table.Forget(server); break;
            case RoomChanged(var hasRoom): ChangeRoom(hasRoom); break;
            case Tick: break;
        }

        GoOn(now);
        if (_catchUp.Look()) AwaitLocals();
        Upkeep(now);
        _reconciler.Walk(_peers);
        foreach (var local in _locals) Flush(local, now);
        foreach (var peer in _peers) Flush(peer, now);
        foreach (var local in _locals) Freshen(local);
        if (_record?.Take(_members, _clock.Last) is { } changes) _outputs.Add(changes);
        NextWake = Earliest(now);
        return [.. _outputs];
    }

    /// <summary>Whether every peer has told that it holds all own writes up to a sequence.</summary>
    public bool IsHandedOver(ulong head) => head == 0
        || (_history.Own.Have.UpTo >= head && _peers.TrueForAll(peer => peer.ToldOf(_self)?.Covers(new Interval(0, head)) == true));

    /// <summary>Adds the encoded size of a frame to the counters of its pair.</summary>
    public void CountBytes(string address, int bytes)
    {
        if (_table.At(address) is { } peer) peer.Counters.BytesSent += bytes;
    }

    /// <summary>When the next slice may be given to a local query grain without breaking the pace.</summary>
    public TimeSpan LoadSlot(int grain) => _locals[grain].Pacer.NextSlot;

    /// <summary>Gives a waking query grain a slice of all that is held; what is merged meanwhile follows as deltas.</summary>
    /// <param name="grain">Its key.</param>
    /// <param name="journalHead">The journal's last sequence as it woke: what its predecessor wrote is not in its replica.</param>
    /// <param name="after">The cursor of the slice before, or null.</param>
    /// <param name="max">Most entries.</param>
    public LoadSlice Load(int grain, ulong journalHead, byte[]? after, int max)
    {
        if (after is null) _locals[grain].BeginLoad(journalHead);

        var entries = _history.Replica.From(after).Take(max).ToArray();
        return new(entries, entries.Length < max ? null : entries[^1].Key, _clock.Last, _history.Replica.PurgeFloor);
    }

    /// <summary>Takes note that slices of a load go to a query grain as one message.</summary>
    /// <param name="grain">Its key.</param>
    /// <param name="entries">What is in them.</param>
    /// <param name="isLast">Whether the load ends with them; what came meanwhile follows.</param>
    /// <param name="now">Monotonic time.</param>
    /// <returns>The number of the message.</returns>
    public ulong Loaded(int grain, IReadOnlyCollection<Entry> entries, bool isLast, TimeSpan now)
    {
        if (isLast) _locals[grain].EndLoad();
        Count(LocalCounters[grain], entries);
        _locals[grain].Pacer.Sent(now);
        return ++_locals[grain].Deliveries;
    }

    /// <summary>Takes note of how far a local query grain has taken in what it was sent.</summary>
    /// <param name="grain">Its key.</param>
    /// <param name="number">Of the last message, see <see cref="Deliver"/>.</param>
    public void Merged(int grain, ulong number) => _locals[grain].Merged = number;

    private void Restore(JournalContents contents, TimeSpan now)
    {
        _table.Restore(contents.Members, now);
        _composer.IsRestored = contents.Held.Count > 0;
        _purger.Restore(contents);
        _clock.Observe(contents.Clock);
        _clock.Observe(_history.Restore(contents));
    }

    private void Commit(JournalSlice slice)
    {
        foreach (var entry in slice.Entries)
        {
            if (_history.Merge(entry)) Spread(entry);
        }

        _history.Claim(_self, new(slice.After, slice.UpTo));
    }

    /// <summary>News goes to every local query grain but the one that wrote it.</summary>
    private void Spread(Entry entry)
    {
        _clock.Observe(entry.Stamp.Time);
        foreach (var local in _locals)
        {
            if (!local.Wrote(entry, _self)) local.Outbox.Add(entry);
        }
    }

    /// <summary>Takes frames in, in their order, as much as one turn allows: a large one takes several.</summary>
    /// <remarks>Sections are claims of their own, and what a frame says beside them is taken at its end, so others may have their turn in between.</remarks>
    private void GoOn(TimeSpan now)
    {
        while (_arriving.TryPeek(out var next))
        {
            if (!next.HasBegun) (next.HasBegun, next.Peer) = (true, Receive(next.Arrived, now));
            // Its sender's life may have ended since it began.
            if (next.Peer is { } peer && peer.Origin == next.Arrived.Frame.From && _peers.Contains(peer) && !_history.IsEnded(next.Arrived.Frame.From))
            {
                if (!TakeSections(next, peer, now)) return;

                Finish(next.Arrived.Frame, peer, now);
            }

            _arriving.Dequeue();
            // That was a turn of work.
            if (next.Taken > 1) return;
        }
    }

    /// <summary>Takes note of who sent a frame.</summary>
    /// <returns>The peer; null where nothing of the frame is taken.</returns>
    private Peer? Receive(FrameArrived arrived, TimeSpan now)
    {
        var frame = arrived.Frame;
        if (frame.To.Server != ServerId.None && frame.To.Server != _self.Server) return null;
        if (frame.From.Server == _self.Server)
        {
            Say($"A frame came from a server with this server's id {_self.Server}; give each server an address (or a data directory) of its own.");
            return null;
        }

        if (LaterSelf(frame) is { } later)
        {
            _outputs.Add(new Outlived(later.Incarnation));
            return null;
        }

        if (frame.To == _self && (frame.Flags & FrameFlags.Fenced) != 0)
        {
            _outputs.Add(new Fenced(frame.Have));
            return null;
        }

        // An ended life: what it told is older than what its successor tells, and its holes may have been closed.
        if (_history.IsEnded(frame.From)) return null;
        if (_purger.IsDoubtful(frame) && !IsTo(frame))
        {
            _table.Outlive(frame.From);
            return null;
        }

        if (_members.IsForgotten(frame.From.Server) || _purger.IsBehind(frame))
        {
            TurnAway(frame, arrived);
            return null;
        }

        if (_table.Meet(frame, arrived.CameBack, now, out var isNewLife) is not { } peer) return null;

        if (isNewLife) _firstHeard = peer;
        peer.Counters.MessagesReceived++;
        peer.Counters.BytesReceived += arrived.Bytes;
        if (arrived.ReturnPath is { } path) peer.CanAnswerOver(path, now);
        peer.Hear(frame.To == _self || frame.To == default ? frame : frame with { Echo = 0 }, now);
        // At once: a server that goes on before its next upkeep must not stamp by a wall that is known to be wrong.
        CheckClock(now);
        _table.Learn(frame, peer, now);
        return peer;
    }

    /// <summary>Takes in what is left of a frame, as much as one turn allows.</summary>
    /// <remarks>What is sent to a former life of this server leaves out what that had told that it held, so its claims are not for this one, which is sent the same again.</remarks>
    /// <returns>Whether that was all.</returns>
    private bool TakeSections(Arrival arriving, Peer peer, TimeSpan now)
    {
        if (!IsTo(arriving.Arrived.Frame)) return true;

        var bytes = 0;
        for (var push = arriving.Arrived.Frame.Push; arriving.Taken < push.Count; arriving.Taken++)
        {
            var section = push[arriving.Taken];
            if (bytes >= _settings.MaxSectionBytes) return false;

            Take(section, peer, now);
            bytes += section.Entries.Sum(static entry => entry.Size + FrameCodec.EntryOverhead) + FrameCodec.EntryOverhead;
        }

        return true;
    }

    /// <summary>What a frame says beside its data, which is in by now.</summary>
    private void Finish(Frame frame, Peer peer, TimeSpan now)
    {
        // What is said to a former life tells only what had changed since that was told.
        var isWhole = IsTo(frame);
        foreach (var holding in frame.Have)
        {
            _history.Log(holding.Origin);
            peer.Tells(holding, frame.Number);
            if (peer.IsNew && isWhole) _catchUp.Await(holding);
        }

        if (isWhole) peer.IsNew = false;
        peer.Freshen(frame, _history);
        Reconcile(peer, frame.Digest, isLatest: frame.Number == peer.Heard, now);
        // Gaps may have opened: the next upkeep looks.
        _isStirred |= frame.Have.Count > 0 || frame.Push.Count > 0;
        peer.OwesAnswer |= frame.WantsAnswer;
        peer.Defers(frame.Deferred, frame.Number);
        peer.Acknowledge(now);
        foreach (var want in frame.Want) Grant(peer, want);
        peer.WantsAll |= (frame.Flags & FrameFlags.WantAll) != 0;
        if (peer != _askedAll) return;

        _wants.AskedAll(peer, now);
        _askedAll = null;
    }

    /// <summary>What has come is on its way to the query grains when they are given what waits for them now.</summary>
    private void AwaitLocals()
    {
        foreach (var local in _locals) local.IsBehind = !local.Outbox.IsEmpty;
    }

    private void Reconcile(Peer peer, DigestParts parts, bool isLatest, TimeSpan now)
    {
        var (before, limit) = (_reconciler.Repairs, _deferrals.Limit);
        foreach (var entry in _reconciler.Hear(peer, parts, isLatest, now))
        {
            // It comes again with a later look.
            if (_deferrals.Defers(entry, limit) || !_history.Repair(entry)) continue;

            _reconciler.Repaired();
            // To the grain that wrote it too: it had forgotten it with the others.
            foreach (var local in _locals) local.Outbox.Add(entry);
            _clock.Observe(entry.Stamp.Time);
        }

        if (_reconciler.Repairs > before) Say($"{_reconciler.Repairs - before} entries that this server should have held were not here; server {peer.Id} has sent them. This should not happen: please report it.");
    }

    /// <summary>Whether it is to this life, or to whoever is here. What is said to a former one tells only what had changed since.</summary>
    private bool IsTo(Frame frame) => frame.To == _self || frame.To.Incarnation == 0;

    /// <summary>Nothing of what it sent is taken. It is told over its own connection, or by its address if it is a peer.</summary>
    private void TurnAway(Frame frame, FrameArrived arrived)
    {
        var address = _table.Of(frame.From.Server)?.Address ?? arrived.CameBack;
        if (address is null && arrived.ReturnPath is null) return;

        Say($"Server {frame.From.Server} was turned away: it was forgotten, or its data are older than what was deleted and purged since. It begins anew, empty.");
        _outputs.Add(new SendFrame(address ?? "", _composer.Fence(frame.From), arrived.ReturnPath));
    }

    /// <summary>A later life of this server that a frame speaks of; the sender takes no frames of this one.</summary>
    private Origin? LaterSelf(Frame frame)
    {
        Origin? latest = frame.To.Succeeds(_self) ? frame.To : null;
        foreach (var holding in frame.Have)
        {
            if (holding.Origin.Succeeds(latest ?? _self)) latest = holding.Origin;
        }

        return latest;
    }

    /// <summary>Merges a section, but for what is too far ahead; what was not news goes no further.</summary>
    private void Take(Section section, Peer peer, TimeSpan now)
    {
        var (have, limit) = (_history.Log(section.Origin).Have, _deferrals.Limit);
        foreach (var entry in section.Entries)
        {
            peer.Counters.EntriesReceived++;
            if (have.Contains(entry.Sequence) || _history.Holds(entry)) peer.Counters.EntriesKnown++;
            else if (_deferrals.Defers(entry, limit)) continue;
            else if (_history.Merge(entry)) Spread(entry);
            else if (_history.Replica.Get(entry.Key)?.Origin.Server != entry.Origin.Server) Conflicts++;
        }

        var ridden = section.Riders.Where(rider => !_deferrals.Defers(rider.Winner, limit)).ToArray();
        foreach (var rider in ridden)
        {
            if (_history.Ride(section.Origin, rider)) Spread(rider.Winner);
        }

        _history.ClaimRidden(ridden.Select(static rider => rider.Winner));
        foreach (var interval in _deferrals.Claimable(section, limit)) _history.Claim(section.Origin, interval);
        _wants.Progress(peer, section.Origin, now);
    }

    /// <summary>Puts what a peer asks for, and is not about to get anyway, among what it is sent.</summary>
    private void Grant(Peer peer, Holding want)
    {
        var granted = want.Sequences.Intersect(_history.Log(want.Origin).Have);
        if (want.Origin == _self) granted.Remove(new(peer.PushedUpTo, ulong.MaxValue));
        if (peer.ToldOf(want.Origin) is { } told) granted.RemoveAll(told);
        peer.RemoveUnderWay(want.Origin, granted);
        peer.Want(want.Origin).AddAll(granted);
    }

    /// <summary>As the frame leaves that tells what is held, so that it is granted exactly what it is told.</summary>
    private void GrantAll(Peer peer)
    {
        peer.WantsAll = false;
        foreach (var log in _history.Logs) Grant(peer, new(log.Origin, log.Have));
    }

    /// <summary>Whoever has heard nobody in this life asks the first server that it reaches for all; to ask two would fetch all twice.</summary>
    private bool AsksAll(Peer peer)
    {
        if (_peers.Exists(other => !other.IsUnheard)) return false;

        _askedAll ??= peer;
        return _askedAll == peer;
    }

    private void ChangeLink(string address, bool isUp, TimeSpan now)
    {
        if (_table.At(address) is not { } peer) return;

        if (isUp) peer.LinkUp(now);
        else peer.LinkDown();
        if (!isUp) _wants.Forget(peer);
    }

    /// <summary>Every peer is told at its next slot: until then it sends on, which the journal's reserve has room for.</summary>
    private void ChangeRoom(bool hasRoom)
    {
        _composer.HasRoom = hasRoom;
        foreach (var peer in _peers) peer.OwesAnswer = true;
    }

    /// <summary>Nothing is asked of a peer that is given up, nor told to it.</summary>
    private void Drop(Peer peer)
    {
        _wants.Forget(peer);
        _composer.Forget(peer);
        _reconciler.Forget(peer);
        if (_askedAll == peer) _askedAll = null;
    }

    /// <summary>Once per send interval: resend, ask, close, forget.</summary>
    private void Upkeep(TimeSpan now)
    {
        if ((_firstHeard is null || HasMore) && now - _lastUpkeep < _settings.SendInterval) return;

        _lastUpkeep = now;
        foreach (var peer in _peers)
        {
            if (peer.Unanswered is { } first && now - first.At > _settings.LinkReset)
            {
                peer.LinkDown();
                _wants.Forget(peer);
                _outputs.Add(new ResetLink(peer.Address));
            }

            if (!peer.IsSilent(now)) peer.Resend(now);
        }

        if (!HasMore) Plan(now);
        CheckClock(now);
        _outputs.AddRange(_deferrals.Look(now));
        _reconciler.Remember(now);
        if (now - _lastFade < FadeInterval) return;

        _lastFade = now;
        if (_table.IsWhole) _history.Fade(_table.HeldByAll);
        Bury();
    }

    private void CheckClock(TimeSpan now)
    {
        if (_watch.Look(_peers, now) is { } alarm) _outputs.Add(alarm);
    }

    /// <summary>Asks for what is lacked, and gives up what nobody has. Not while a frame is being taken in: what is still in it is not lacked.</summary>
    private void Plan(TimeSpan now)
    {
        // Who has no room asks for nothing: what is lacked stays lacked, and is asked for when there is room.
        if (_composer.HasRoom)
        {
            foreach (var (holder, want) in _wants.Plan(_peers, now, _askedAll?.IsUp == true ? null : _firstHeard)) _composer.Ask(holder, want);
        }

        (_firstHeard, _isStirred) = (null, false);
        _voids.Close(_peers);
    }

    private void Bury()
    {
        foreach (var purged in _purger.Purge(_peers))
        {
            foreach (var local in _locals) local.Outbox.Purge(purged);
        }

        if (_purger.Ask(_peers) is { } floor) _outputs.Add(new Promise(floor));
    }

    private void Flush(LocalReceiver local, TimeSpan now)
    {
        if (local.Outbox.IsEmpty || !local.IsReady || !local.Pacer.IsFree(now)) return;

        var (entries, purged) = local.Outbox.Take();
        Count(LocalCounters[local.Grain], entries);
        local.Pacer.Sent(now);
        local.IsBehind = false;
        _outputs.Add(new Deliver(local.Grain, entries, purged, _history.Replica.PurgeFloor, ++local.Deliveries));
    }

    /// <summary>A query grain is as fresh as this server when nothing waits for it but what is on its way.</summary>
    private void Freshen(LocalReceiver local)
    {
        if (local.IsLoading || !local.Outbox.IsEmpty) return;

        HeldAsOf[] servers = [.. _members.All.Where(member => !member.IsForgotten && member.Id != _self.Server).Select(member => new HeldAsOf(member.Id, _table.Of(member.Id)?.HeldAsOf))];
        OriginFloor[] floors = [.. _history.Logs.Select(static log => new OriginFloor(log.Origin, log.Have.Floor)).Where(static floor => floor.Sequence > 0).Take(Coverage.MaxOrigins)];
        if (servers.AsSpan().SequenceEqual([.. local.Freshness.Servers]) && floors.AsSpan().SequenceEqual([.. local.Freshness.Floors])) return;

        local.Freshness = new(local.Deliveries, servers, floors);
        _outputs.Add(new Freshen(local.Grain, local.Freshness));
    }

    private void Flush(Peer peer, TimeSpan now)
    {
        if (!peer.IsUp || !peer.Pacer.IsFree(now)) return;

        if (peer.WantsAll) GrantAll(peer);
        if (now < _composer.DueAt(peer, now)) return;

        var frame = _composer.Compose(peer, AsksAll(peer), now);
        peer.Sent(frame, _history.Version, _members.Version, now);
        peer.Counters.MessagesSent++;
        _outputs.Add(new SendFrame(peer.Address, frame, peer.IsLinked ? null : peer.ReturnPath));
    }

    /// <summary>The next time at which anything may fall due.</summary>
    private TimeSpan Earliest(TimeSpan now)
    {
        var earliest = HasMore ? now : TimeSpan.MaxValue;
        foreach (var local in _locals)
        {
            // Nobody says when a grain has taken in what it was sent: to look is cheaper than a message.
            if (!local.Outbox.IsEmpty && !local.IsLoading) Sooner(local.IsReady ? local.Pacer.NextSlot : now + _settings.SendInterval);
        }

        var isBusy = _isStirred || !_wants.IsIdle || _history.Shadows > 0 || _history.Graves.Dead.Count > 0 || _purger.IsBusy(_peers);
        foreach (var peer in _peers)
        {
            if (!peer.IsUp) continue;

            isBusy |= peer.HasUnderWay || peer.Unanswered is not null;
            Sooner(_composer.DueAt(peer, now));
        }

        if (_reconciler.IsWalking) Sooner(now);
        if (_deferrals.NextDue is { } due) Sooner(now + TimeSpan.FromTicks(Math.Max(due.Ticks, _settings.SendInterval.Ticks)));
        if (isBusy) Sooner((_lastUpkeep ?? now) + _settings.SendInterval);
        if (_history.Graves.NextExpiry is { } expiry) Sooner(now + TimeSpan.FromMilliseconds(Math.Max(0, expiry - _clock.Wall.ToUnixTimeMilliseconds())) + FadeInterval);
        return earliest < now ? now : earliest;

        void Sooner(TimeSpan at)
        {
            if (at < earliest) earliest = at;
        }
    }

    private void Say(string sentence) => _outputs.Add(new Notice(sentence));

    private static void Count(PairCounters counters, IReadOnlyCollection<Entry> entries)
    {
        counters.MessagesSent++;
        counters.EntriesSent += entries.Count;
        counters.DataBytesSent += entries.Sum(entry => (long)entry.Size);
    }

    /// <summary>A frame that is being taken in.</summary>
    private sealed class Arrival(FrameArrived arrived)
    {
        public FrameArrived Arrived => arrived;

        public bool HasBegun { get; set; }

        /// <summary>Who sent it; null where nothing of it is taken.</summary>
        public Peer? Peer { get; set; }

        /// <summary>How many of its sections are in.</summary>
        public int Taken { get; set; }
    }
}

/// <summary>A peer, to look at.</summary>
/// <param name="Address">host:port that its link dials.</param>
/// <param name="Id">Who it is; none before it was heard.</param>
/// <param name="IsUp">Whether the link can carry frames.</param>
/// <param name="RoundTrip">Smoothed; null before it was measured.</param>
/// <param name="Counters">What went and came.</param>
public sealed record PeerView(string Address, ServerId Id, bool IsUp, TimeSpan? RoundTrip, PairCounters Counters);
