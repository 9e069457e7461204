using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;

namespace Cmud.Tests.Simulation;

/// <summary>One server of the simulated world: the parts that the grains host, hosted by hand.</summary>
internal sealed class SimulatedServer(World world, int index)
{
    private static readonly TimeSpan Redial = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<(string From, string To), List<TimeSpan>> _sent = [];
    private readonly Dictionary<string, int> _links = [];
    private readonly HashSet<(Origin Origin, ulong Sequence)> _came = [];
    private Origin? _lastLife;
    private SimulatedDisk _disk = new();
    private SimulatedDisk? _backup;
    private ServerId? _former;
    private int _anew;
    private IJournal? _journal;
    private Replica[] _replicas = [];
    private HybridClock[] _clocks = [];
    private int _life;
    private ulong _leastIncarnation;
    private int _dialled;
    private TimeSpan _nextFeed;
    private bool _isFeeding;
    private bool _hasRoom;
    private TimeSpan _wake;

    public int Index => index;

    public bool IsRunning => Machine is not null;

    /// <summary>Of its present life, or the last.</summary>
    public Origin? Self => _journal?.Origin;

    public SyncMachine? Machine { get; private set; }

    public List<string> CameTwice { get; } = [];

    /// <summary>Who it was before its disk was replaced by an empty one.</summary>
    public ServerId Wiped { get; private set; }

    /// <summary>Another one each time that the others turned it away.</summary>
    public ServerId Id => new((ulong)(index + 1 + (100 * _anew)));

    public void Start()
    {
        if (IsRunning) return;

        var schedule = world.Schedule;
        // Whoever knows nothing of what was purged has a clock that goes right; see docs/known-gaps.md.
        var time = new ServerClock(new VirtualTime(world, index, _disk.Incarnation == 0 ? TimeSpan.Zero : schedule.ClockStep()));
        var least = Math.Max(_leastIncarnation, schedule.IsDurable ? _disk.Incarnation + 1 : 0);
        var origin = schedule.Bug == PlantedBug.SameIncarnation && _lastLife is { } last ? last : Origin.Boot(Id, time, schedule.Random, least);
        (_lastLife, _disk.Incarnation) = (origin, origin.Incarnation);
        world.Tell(index, () => $"starts as {origin}");
        _life++;
        _journal = schedule.IsDurable ? new SimulatedJournal(world, _disk, origin, FailStop) : new MemoryJournal(origin);
        _replicas = [.. Enumerable.Range(0, schedule.Grains).Select(_ => NewReplica())];
        _clocks = [.. _replicas.Select(_ => new HybridClock(time))];
        _links.Clear();
        _sent.Clear();
        (_isFeeding, _hasRoom) = (false, true);
        _wake = TimeSpan.MaxValue;
        Machine = new(schedule.Settings, origin, new(Id, Address(index), $"server{index}"), schedule.Grains, time, NewReplica(), _journal.IsDurable, () => _journal.Head);
        if (_journal.IsDurable) Step(new Recovered(_journal.Recover()));
        LookAtDisk();
        for (var grain = 0; grain < _replicas.Length; grain++) Load(grain);

        if (_former is { } former)
        {
            Step(new ForgetServer(former));
            JoinAll();
        }

        // The same command line at every start: server 0 joins nobody and relies on the others, each of them joins an earlier one.
        if (index == 0) Step(new Tick());
        else Step(new JoinServer(Address(schedule.Seed % index)));
    }

    /// <summary>An operator starts it with the addresses of the others.</summary>
    public void StartAndJoin()
    {
        Start();
        JoinAll();
    }

    public void Crash()
    {
        if (!IsRunning) return;

        Machine = null;
        world.Tell(index, () => "crashes");
        (_journal as SimulatedJournal)?.Crash();
        foreach (var server in world.Servers) server.LoseLink(Address(index));
    }

    /// <summary>What RoomWatch does.</summary>
    public void LookAtDisk()
    {
        if (!IsRunning || !_journal!.IsFull == _hasRoom) return;

        _hasRoom = !_hasRoom;
        Step(new RoomChanged(_hasRoom));
    }

    /// <summary>Copies the disk, for <see cref="Restore"/>.</summary>
    public void BackUp() => _backup = _disk.Copy();

    /// <summary>The disk breaks, and an operator puts the backup in its place.</summary>
    public void Restore()
    {
        if (_backup is null) return;

        Crash();
        _disk = _backup.Copy();
        world.Unsafe.Add(Id);
        Start();
    }

    /// <summary>The disk breaks, and an operator puts an empty one in its place. Not while somebody knows less than all: what only this one had is lost.</summary>
    public void Wipe()
    {
        if (world.Servers.Any(server => server.Machine?.Members.Count != world.Servers.Count)) return;

        world.Tell(index, () => "gets an empty disk");
        Crash();
        Wiped = Id;
        world.Unsafe.Add(Id);
        (_disk, _backup) = (new(), null);
        _anew++;
    }

    /// <summary>An operator says here that another server never returns. Not where it is the only one known: then nobody would know of this one.</summary>
    public void Forget(ServerId other)
    {
        if (other == ServerId.None || !IsRunning || !Machine!.Peers.Any(peer => peer.IsUp && peer.Id != ServerId.None && peer.Id != other)) return;

        world.Tell(index, () => $"is told to forget {other}");
        world.Unsafe.Add(other);
        Step(new ForgetServer(other));
    }

    /// <summary>What QueryGrain.Put and Delete do. Goes on in an event of the world when the journal has synced.</summary>
    /// <param name="grain">Which query grain.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">Null deletes.</param>
    /// <param name="timeToLive">Null for ever.</param>
    public async void Put(int grain, string key, string? value, TimeSpan? timeToLive)
    {
        if (!IsRunning) return;

        var (life, journal, clock) = (_life, _journal!, _clocks[grain]);
        var expiry = timeToLive is { } span ? (clock.Wall + span).ToUnixTimeMilliseconds() : Entry.Never;
        while (true)
        {
            var draft = new Entry(Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value), new(clock.Issue(), journal.Origin, (ushort)grain), 0, expiry);
            if (_replicas[grain].Get(draft.Key)?.Stamp > draft.Stamp) world.Failures.Add($"a Put of {key} at server {index} was stamped below what its replica shows");
            world.CheckStamp(index, draft.Stamp);
            world.Written[(key, draft.Stamp)] = (value, expiry);
            try
            {
                var committed = (await journal.Append([draft]))[0];
                if (life != _life || !IsRunning) return;

                Take(grain, committed);
                world.Tell(index, () => $"acknowledges {key} {(value is null ? "deleted" : "")} {committed.Stamp} as {committed.Sequence}");
                world.Acknowledged.Add((key, committed.Stamp));
                world.AcknowledgedAt.Add((key, committed.Stamp, world.Now));
                Feed();
                return;
            }
            catch (StaleStampException e)
            {
                clock.Observe(e.Floor);
            }
            catch (JournalFullException)
            {
                world.Refused++;
                return;
            }
        }
    }

    /// <summary>A frame from a server that dialled, with the way back, or one that came back over our own link to an address.</summary>
    public void Receive(byte[] bytes, WayBack? wayBack, string? cameBack)
    {
        if (!IsRunning) return;
        if (!FrameCodec.TryDecode(bytes, out var frame, out var error)) throw new InvalidOperationException(error);

        foreach (var entry in frame!.Push.SelectMany(section => section.Entries))
        {
            if (!_came.Add((entry.Origin, entry.Sequence))) CameTwice.Add($"{entry.Origin} {entry.Sequence} came to server {index} twice");
        }

        foreach (var section in frame.Push) world.Tell(index, () => $"hears from {frame.From}: {Describe(section)}");
        foreach (var entry in frame.Digest.Repairs) world.Tell(index, () => $"is sent by {frame.From} for its repair: {Door.Decode(entry.Key)} {entry.Stamp} as {entry.Sequence}");
        Step(new FrameArrived(frame, bytes.Length, wayBack, cameBack));
    }

    /// <summary>Whether a link is still the one that frames came over.</summary>
    public bool Has(WayBack wayBack) => IsRunning && _life == wayBack.Life && _links.GetValueOrDefault(wayBack.Address) == wayBack.Link;

    /// <summary>Whether two servers that run have the same <see cref="State"/>.</summary>
    public bool HoldsSameAs(SimulatedServer other) =>
        Machine!.Replica.Count == other.Machine!.Replica.Count
        && Entries().Zip(other.Entries()).All(static pair => pair.First.Stamp == pair.Second.Stamp && pair.First.Key.AsSpan().SequenceEqual(pair.Second.Key) && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value))
        && Machine.Holdings.Select(static held => held.Origin).SequenceEqual(other.Machine.Holdings.Select(static held => held.Origin))
        && Machine.Holdings.Zip(other.Machine.Holdings).All(static pair => pair.First.Sequences.SetEquals(pair.Second.Sequences));

    /// <summary>What the server holds, as one text: keys with stamps and values, then the held sets.</summary>
    public string State()
    {
        var text = new StringBuilder();
        foreach (var entry in Entries()) text.Append($"{Door.Decode(entry.Key)}={Door.Decode(entry.Value)}@{entry.Stamp} ");
        foreach (var held in Machine?.Holdings ?? []) text.Append($"\n  {held.Origin}: {held.Sequences}");
        return text.ToString();
    }

    public IEnumerable<Entry> Entries() => Machine?.Replica.From(null) ?? [];

    /// <summary>The first query grain whose replica is not the sync grain's, or null.</summary>
    public string? LaggingGrain()
    {
        for (var grain = 0; grain < _replicas.Length; grain++)
        {
            if (!_replicas[grain].From(null).Select(entry => entry.Stamp).SequenceEqual(Entries().Select(entry => entry.Stamp)))
                return $"grain {grain} of server {index} differs from its sync grain";
        }

        return null;
    }

    private static string Describe(Section section) => $"{section.Origin} ({section.After},{section.UpTo}] {string.Join(' ', section.Entries.Select(entry => $"{Door.Decode(entry.Key)}:{entry.Sequence}"))}"
        + string.Concat(section.Riders.Select(rider => $" {Door.Decode(rider.Winner.Key)} {rider.Winner.Stamp} over {rider.First}-{rider.Last}"));

    private void JoinAll()
    {
        foreach (var other in world.Servers.Where(other => other.Index != index)) Step(new JoinServer(Address(other.Index)));
    }

    private void LoseLink(string address)
    {
        if (IsRunning && _links.ContainsKey(address)) DialLater(address, Redial, wasUp: true);
    }

    /// <summary>What JournalFeed does: one contiguous slice at a time, at the pace of every pair.</summary>
    private void Feed()
    {
        if (_isFeeding) return;

        _isFeeding = true;
        var life = _life;
        world.At(world.Now > _nextFeed ? world.Now : _nextFeed, () =>
        {
            if (life != _life || !IsRunning) return;

            _isFeeding = false;
            if (_journal!.Take() is not { } slice) return;

            _nextFeed = world.Now + world.Schedule.Settings.SendInterval;
            Step(new Committed(slice));
        });
    }

    private void Step(SyncInput input)
    {
        foreach (var output in Machine!.Step(world.Now, input)) Do(output);

        var wake = Machine.NextWake;
        if (wake >= _wake && _wake > world.Now) return;

        _wake = wake;
        if (wake == TimeSpan.MaxValue) return;

        var life = _life;
        world.At(wake, () =>
        {
            if (life != _life || !IsRunning || _wake != wake) return;

            _wake = TimeSpan.MaxValue;
            Step(new Tick());
        });
    }

    private void Do(SyncOutput output)
    {
        switch (output)
        {
            case Keep(var number, var changes): KeepAsync(number, changes); break;
            case SendFrame(var address, var frame, var wayBack):
                Meter("sync", address);
                if (wayBack is WayBack way) world.CarryBack(index, way, FrameCodec.Encode(frame));
                else if (_links.GetValueOrDefault(address) is > 0 and var link) world.Carry(index, new(index, _life, address, link), FrameCodec.Encode(frame));
                break;
            case Deliver(var grain, var entries, var purged, var floor, var number):
                Meter("sync", $"grain {grain}");
                foreach (var entry in entries) Take(grain, entry);
                foreach (var entry in purged) world.Tell(index, () => $"purges {Door.Decode(entry.Key)} {entry.Stamp}");
                foreach (var entry in purged) _replicas[grain].Purge(entry);
                if (Machine!.Members.Count < world.Servers.Count) world.PurgedApart.UnionWith(purged.Select(entry => Door.Decode(entry.Key)));
                _replicas[grain].PurgeFloor = floor;
                Machine.Merged(grain, number);
                break;
            case Freshen(var grain, var freshness): CheckFreshness(grain, freshness); break;
            case Promise(var floor):
                var life = _life;
                var promised = new Promised(floor, _journal!.Promise(floor));
                world.After(TimeSpan.Zero, () =>
                {
                    if (life == _life && IsRunning) Step(promised);
                });
                break;
            case OpenLink(var address): DialLater(address, world.Schedule.Dial, wasUp: false); break;
            case ResetLink(var address): DialLater(address, Redial, wasUp: false); break;
            case CloseLink(var address): _links.Remove(address); break;
            case Outlived(var incarnation): BeginAnew(incarnation); break;
            case Fenced: BeginEmpty(); break;
            case Alarm alarm:
                world.Tell(index, () => alarm.Sentence);
                world.Alarms.Add((index, alarm));
                break;
            case Notice(var sentence) when world.Unsafe.Count == 0 && world.PurgedApart.Count == 0 && !world.Schedule.IsFalse: world.Failures.Add(sentence); break;
        }
    }

    /// <summary>Whether a write has come to a query grain: a delete that was purged before it came is shown where nothing is.</summary>
    private bool IsShown(int grain, string key, Stamp stamp)
    {
        var utf8 = Encoding.UTF8.GetBytes(key);
        return _replicas[grain].Shows(utf8, stamp) || (_replicas[grain].Get(utf8) is null && world.MayBePurged(key, stamp));
    }

    /// <summary>What a query grain may tell readers: here all that was delivered is merged at once.</summary>
    private void CheckFreshness(int grain, Freshness freshness)
    {
        // Frames that claim what they do not carry make whoever believes them claim it too.
        if (world.Schedule.IsFalse) return;

        foreach (var (key, stamp, at) in world.AcknowledgedAt)
        {
            // What a server held in memory only and lost with its life, or an operator gave up, nobody promises.
            // Who overwrites a write before it was sent anywhere claims its sequence without it; the winner comes by itself.
            if (world.Written.Keys.Any(other => other.Key == key && other.Stamp > stamp) || world.PurgedApart.Contains(key)) continue;

            var isKept = world.Schedule.IsDurable ? world.Unsafe.Count == 0 : world.Servers.Any(server => server.IsRunning && server.Self == stamp.Origin);
            if (isKept && freshness.Servers.Any(held => held.Server == stamp.Origin.Server && at < held.Time) && !IsShown(grain, key, stamp))
                world.Failures.Add($"grain {grain} of server {index} claims to be fresher than it is: it does not show {key} of {stamp}, acknowledged at {at}");
        }
    }

    /// <summary>What SyncGrain does with what is to be kept.</summary>
    private async void KeepAsync(ulong number, JournalChanges changes)
    {
        var life = _life;
        await _journal!.Keep(changes);
        if (life == _life && IsRunning) Step(new Kept(number));
    }

    /// <summary>The disk failed: the server ends, and somebody starts it again.</summary>
    private void FailStop()
    {
        Crash();
        world.After(world.Schedule.Load / 10, Start);
    }

    /// <summary>What QueryGrain.OnActivate does.</summary>
    private void Load(int grain)
    {
        byte[]? cursor = null;
        do
        {
            var slice = Machine!.Load(grain, _journal!.Head, cursor, 16_384);
            var number = Machine.Loaded(grain, slice.Entries, isLast: slice.Cursor is null, world.Now);
            foreach (var entry in slice.Entries) _replicas[grain].Merge(entry);
            // The bug: a clock that starts with the wall alone.
            if (world.Schedule.Bug != PlantedBug.ClockForgotten) _clocks[grain].Observe(slice.Clock);
            cursor = slice.Cursor;
            Machine.Merged(grain, number);
        }
        while (cursor is not null);
    }

    /// <summary>What the server command does: two starts within one tick of the clock may be numbered the wrong way round.</summary>
    private void BeginAnew(ulong laterIncarnation)
    {
        _leastIncarnation = Math.Max(_leastIncarnation, laterIncarnation + 1);
        var life = _life;
        world.After(TimeSpan.Zero, () =>
        {
            if (life != _life || !IsRunning) return;

            Crash();
            Start();
        });
    }

    /// <summary>What the server command does when the others turned it away.</summary>
    private void BeginEmpty()
    {
        if (world.Unsafe.Count == 0) world.Failures.Add($"server {index} was turned away for no reason");
        var life = _life;
        world.After(TimeSpan.Zero, () =>
        {
            if (life != _life || !IsRunning) return;

            Crash();
            world.TurnedAway++;
            (_former, _disk, _backup) = (Id, new(), null);
            world.Unsafe.Add(Id);
            _anew++;
            Start();
        });
    }

    /// <summary>Dials until the other side is there and neither way is cut. A link number of 0 is a link that is down.</summary>
    private void DialLater(string address, TimeSpan delay, bool wasUp)
    {
        _links[address] = 0;
        if (wasUp) Step(new LinkChanged(address, false));

        var life = _life;
        world.After(delay, () =>
        {
            if (life != _life || !IsRunning || _links.GetValueOrDefault(address, -1) != 0) return;

            var other = world.Servers[IndexOf(address)];
            if (!other.IsRunning || world.IsCut(index, other.Index) || world.IsCut(other.Index, index))
            {
                DialLater(address, Redial, wasUp: false);
                return;
            }

            _links[address] = ++_dialled;
            Step(new LinkChanged(address, true));
            Step(new LinkIdentified(address, new(other.Id, Address(other.Index), $"server{other.Index}")));
        });
    }

    /// <summary>Merges into a query grain's replica, and checks that stamps there never fall.</summary>
    private void Take(int grain, Entry entry)
    {
        _clocks[grain].Observe(entry.Stamp.Time);
        var before = _replicas[grain].Get(entry.Key)?.Stamp;
        _replicas[grain].Merge(entry);
        if (before > _replicas[grain].Get(entry.Key)!.Stamp) world.Failures.Add($"the stamp of {Door.Decode(entry.Key)} fell in grain {grain} of server {index}");
    }

    /// <summary>At most 10 messages in any sliding second per ordered pair.</summary>
    private void Meter(string from, string to)
    {
        if (!_sent.TryGetValue((from, to), out var times)) _sent[(from, to)] = times = [];
        times.Add(world.Now);
        if (times.Count > 10 && world.Now - times[^11] < TimeSpan.FromSeconds(1)) world.Failures.Add($"server {index} sent {to} more than 10 messages within a second");
    }

    private Replica NewReplica() => world.Schedule.Bug == PlantedBug.NoTieBreak
        ? new() { Rule = static (a, b) => b.Stamp.Time > a.Stamp.Time ? b : a }
        : new();

    private static string Address(int index) => $"127.0.0.1:{6000 + index}";

    public static int IndexOf(string address) => int.Parse(address.AsSpan(address.IndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture) - 6000;

    /// <summary>The link that a frame came over: what is sent back over it arrives while that link is there.</summary>
    public sealed record WayBack(int Server, int Life, string Address, int Link);

    private sealed class VirtualTime(World world, int server, TimeSpan off) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        /// <summary>Coarse on purpose: writes of one 50 ms step get the same wall time, so that ties are common.</summary>
        public override DateTimeOffset GetUtcNow() =>
            world.Wall + off + world.ClockError(server);

        public override long GetTimestamp() => world.Now.Ticks;
    }
}
