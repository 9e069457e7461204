using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;

namespace Cmud.Tests.Simulation;

/// <summary>
/// Servers, their links and their faults in virtual time: the real sync machines, journals, clocks, replicas and frame codec; only time,
/// network and crashes are made up.
/// </summary>
internal sealed class World
{
    /// <summary>How long after the heal every replica must be equal.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly List<(int A, int B)> _cuts = [];
    private long _order;
    private ServerId? _full;

    public World(Schedule schedule)
    {
        Schedule = schedule;
        Servers = [.. Enumerable.Range(0, schedule.Servers).Select(index => new SimulatedServer(this, index))];
    }

    /// <summary>Is told what happens, if anybody wants to know.</summary>
    public Action<string>? Trace { get; init; }

    public Schedule Schedule { get; }

    public TimeSpan Now { get; private set; }

    public IReadOnlyList<SimulatedServer> Servers { get; }

    /// <summary>Every write that was ever tried, by key and stamp: without an acknowledgement it may be there or not.</summary>
    public Dictionary<(string Key, Stamp Stamp), (string? Value, long Expiry)> Written { get; } = [];

    /// <summary>Every write that was acknowledged.</summary>
    public HashSet<(string Key, Stamp Stamp)> Acknowledged { get; } = [];

    /// <summary>The same, with when.</summary>
    public List<(string Key, Stamp Stamp, TimeSpan At)> AcknowledgedAt { get; } = [];

    /// <summary>Servers whose acknowledged writes may be lost by an operator's hand: restored from a backup, or forgotten.</summary>
    public HashSet<ServerId> Unsafe { get; } = [];

    /// <summary>Keys whose delete was purged by a server that did not yet know all the others: what these wrote before comes back; see docs/known-gaps.md.</summary>
    public HashSet<string> PurgedApart { get; } = [];

    /// <summary>What was said of clocks, and by which server.</summary>
    public List<(int Server, Alarm Alarm)> Alarms { get; } = [];

    /// <summary>How often a server was turned away, and began anew, empty.</summary>
    public int TurnedAway { get; set; }

    /// <summary>Writes that a full disk refused.</summary>
    public int Refused { get; set; }

    /// <summary>Frames that claimed what they did not carry.</summary>
    public int Falsified { get; private set; }

    private bool _isUnproved;

    /// <summary>Broken promises.</summary>
    public List<string> Failures { get; } = [];

    public bool IsHealed { get; private set; }

    /// <summary>Entries that came to a server which had got them in their own place before; those that had come as riders do not count.</summary>
    public IEnumerable<string> CameTwice => Servers.SelectMany(server => server.CameTwice);

    /// <summary>Time from the heal to equal replicas.</summary>
    public TimeSpan TimeToConverge { get; private set; }

    public void Tell(int server, Func<string> what) => Trace?.Invoke($"{Now.TotalMilliseconds,9:F0} server {server} {what()}");

    public void At(TimeSpan time, Action action) => _events.Enqueue(action, (time, _order++));

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    /// <summary>Runs the schedule and gives the broken promises.</summary>
    /// <remarks>Without the test's own context: what waits for a disk goes on in the event that completes it, on this thread, or never where the server died.</remarks>
    public IReadOnlyList<string> Run()
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return RunToTheEnd();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private List<string> RunToTheEnd()
    {
        var random = Schedule.Random;
        if (Schedule.IsHarsh) LoseWinners();
        foreach (var server in Servers) At(server.Index == 0 ? TimeSpan.Zero : Schedule.Within(Schedule.Load / 4), server.Start);
        for (var i = 0; i < Schedule.Puts; i++)
        {
            var (time, server, grain, key) = (Schedule.Within(Schedule.Load), random.Next(Schedule.Servers), random.Next(Schedule.Grains), random.Next(Schedule.Keys));
            var (isDelete, timeToLive) = Schedule.Fate();
            At(time, () => Servers[server].Put(grain, $"key{key}", isDelete ? null : $"value{_order}", timeToLive));
        }

        for (var i = 0; i < Schedule.Crashes; i++)
        {
            var (time, server, down) = (Schedule.Within(Schedule.Load), random.Next(Schedule.Servers), Schedule.Within(Schedule.Load / 4));
            At(time, () => Servers[server].Crash());
            At(time + down, () => Servers[server].Start());
        }

        for (var i = 0; i < Schedule.Partitions; i++)
        {
            var cut = (random.Next(Schedule.Servers), random.Next(Schedule.Servers));
            At(Schedule.Within(Schedule.Load), () => _cuts.Add(cut));
        }

        if (Schedule.IsDurable) FailDisks();
        At(Schedule.Load, Heal);
        var deadline = Schedule.Load + Patience + Schedule.Ahead;
        while (Failures.Count == 0 && _events.TryDequeue(out var action, out var key))
        {
            if (key.At > deadline)
            {
                Failures.Add($"replicas still differ {(deadline - Schedule.Load).TotalSeconds} s after the heal: {Difference()}");
                break;
            }

            Now = key.At;
            action();
            CheckClaims();
            if (IsHealed && IsSettled()) break;
        }

        // What waits for clocks does not count.
        TimeToConverge = Now - Schedule.Load - Schedule.Ahead;
        CheckAtEnd();
        return Failures;
    }

    /// <summary>What one claims and another shows, it has, or what beats it: else it would never ask for it, and were the other to die, it would be lost. Not where an operator gave up what it had, frames are false, or bounds made claims rest on digests.</summary>
    private void CheckClaims()
    {
        _isUnproved |= Schedule.IsFalse || Unsafe.Count > 0 || Servers.Any(static server => server.Machine?.Unproved > 0);
        if (_isUnproved) return;

        foreach (var claimer in Servers.Where(static server => server.IsRunning))
        {
            var claimed = claimer.Machine!.Holdings.ToDictionary(static holding => holding.Origin, static holding => holding.Sequences);
            foreach (var entry in Servers.Where(server => server != claimer && server.IsRunning).SelectMany(static shower => shower.Entries()))
            {
                if (!claimed.TryGetValue(entry.Origin, out var sequences) || !sequences.Contains(entry.Sequence)) continue;

                var held = claimer.Machine.Replica.Get(entry.Key);
                if (held?.Stamp >= entry.Stamp || PurgedApart.Contains(Door.Decode(entry.Key))) continue;

                // Purged: each server does it at a moment of its own.
                if (held is null && (entry.IsTombstone || entry.Expiry != Entry.Never)) continue;

                Failures.Add($"at {Now.TotalMilliseconds:F0} server {claimer.Index} claims {entry.Origin} {entry.Sequence} of {Door.Decode(entry.Key)} at {entry.Stamp}, and has {held?.Stamp.ToString() ?? "nothing"}");
                return;
            }
        }
    }

    /// <summary>
    /// What server 1 writes reaches server 0 only; the last server forgets all and is given what 0 has of its own; then 0 and 1 die together, with
    /// all winners of 1 over writes of 0 that server 2 still shows.
    /// </summary>
    private void LoseWinners()
    {
        var last = Schedule.Servers - 1;
        for (var other = 2; other <= last; other++) _cuts.AddRange([(1, other), (other, 1)]);
        var forgets = (Schedule.Load / 2) + Schedule.Within(Schedule.Load / 8);
        At(forgets, () => Servers[last].Crash());
        At(forgets, Servers[last].Start);
        At(forgets + Schedule.Within(Schedule.Load / 4), () =>
        {
            Servers[0].Crash();
            Servers[1].Crash();
        });
    }

    /// <summary>All go down at once, and come back one after another; for a while one has no room.</summary>
    private void FailDisks()
    {
        for (var i = 0; i < Schedule.Blackouts; i++)
        {
            var time = Schedule.Load * Schedule.DiskRandom.NextDouble();
            At(time, () =>
            {
                foreach (var server in Servers) server.Crash();
            });
            foreach (var server in Servers) At(time + (Schedule.Load / 4 * Schedule.DiskRandom.NextDouble()), server.Start);
        }

        if (Schedule.Seed % 7 == 2) Operate((server, _) => server.BackUp(), (server, _) => server.Restore());
        if (Schedule.Seed % 7 == 3) Operate((server, _) => server.Crash(), (server, other) => other.Forget(server.Id), (server, _) => server.StartAndJoin());
        if (Schedule.Seed % 7 == 4) Operate((server, _) => server.Wipe(), (server, _) => server.Start(), (server, other) => other.Forget(server.Wiped));
        if (Schedule.Seed % 3 != 0) return;

        var (index, full) = (Schedule.DiskRandom.Next(Servers.Count), Schedule.Load * Schedule.DiskRandom.NextDouble());
        At(full, () => Fill(Servers[index]));
        At(full + (Schedule.Load / 4), () => Fill(null));
    }

    /// <summary>What operators do to one server, and another, one thing after the other during the load.</summary>
    private void Operate(params Action<SimulatedServer, SimulatedServer>[] steps)
    {
        var first = Schedule.DiskRandom.Next(Servers.Count);
        var (server, other) = (Servers[first], Servers[(first + 1) % Servers.Count]);
        var times = steps.Select(_ => Schedule.Load * Schedule.DiskRandom.NextDouble()).Order().ToArray();
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            At(times[i], () => step(server, other));
        }
    }

    /// <summary>One server's disk has no room from now on, or none's.</summary>
    private void Fill(SimulatedServer? server)
    {
        _full = server?.Id;
        foreach (var each in Servers) each.LookAtDisk();
    }

    /// <summary>Whether a server's disk has no room now.</summary>
    public bool IsDiskFull(ServerId server) => _full == server && !IsHealed;

    /// <summary>The right time.</summary>
    public DateTimeOffset Wall => DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000 + (long)(Now.TotalMilliseconds / 50) * 50);

    /// <summary>By how much a server's clock is far off now.</summary>
    public TimeSpan ClockError(int server) => Schedule.WrongClock is { } wrong && wrong.Server == server && Now >= wrong.From && Now < wrong.Until ? wrong.Off : TimeSpan.Zero;

    /// <summary>A wrong clock must not set others: they stamp ahead by what they may believe, and by how much their own clocks step, and no more.</summary>
    public void CheckStamp(int server, Stamp stamp)
    {
        var ahead = stamp.Time.Wall - Wall;
        if (server != Schedule.WrongClock?.Server && ahead > Schedule.Settings.MaxAhead + Simulation.Schedule.MaxClockStep) Failures.Add($"server {server}, whose clock is right, stamps {ahead.TotalSeconds:F1} s ahead");
    }

    /// <summary>Share of syncs that fail now.</summary>
    public double DiskErrors => IsHealed ? 0 : Schedule.DiskErrors;

    /// <summary>Frames from one server to another: lost, doubled and delayed as drawn; one way of a cut carries nothing.</summary>
    public void Carry(int from, SimulatedServer.WayBack link, byte[] frame)
    {
        var to = SimulatedServer.IndexOf(link.Address);
        if (Schedule.IsFalse) frame = Falsify(frame);
        Carry(from, to, () => Servers[to].Receive(frame, link, cameBack: null));
    }

    /// <summary>Now and then an entry is taken out of a section that claims it: whoever gets the frame believes that it holds what it does not.</summary>
    private byte[] Falsify(byte[] frame)
    {
        if (IsHealed || !FrameCodec.TryDecode(frame, out var honest, out _) || Schedule.DiskRandom.Next(4) > 0 || honest!.Push.Count == 0) return frame;

        var section = honest.Push[0];
        var kept = section.Entries.Where(entry => section.Riders.Any(rider => rider.Winner == entry)).ToArray();
        if (kept.Length == section.Entries.Count) return frame;

        Falsified++;
        return FrameCodec.Encode(honest with { Push = [section with { Entries = kept }, .. honest.Push.Skip(1)] });
    }

    /// <summary>A frame that goes back over a link, as long as that is there.</summary>
    public void CarryBack(int from, SimulatedServer.WayBack link, byte[] frame) => Carry(from, link.Server, () =>
    {
        if (Servers[link.Server].Has(link)) Servers[link.Server].Receive(frame, wayBack: null, link.Address);
    });

    private void Carry(int from, int to, Action arrive)
    {
        var copies = IsHealed ? 1 : (Schedule.Random.NextDouble() < Schedule.Loss ? 0 : 1) + (Schedule.Random.NextDouble() < Schedule.Duplication ? 1 : 0);
        for (; copies > 0; copies--)
        {
            var delay = Schedule.Delay + (IsHealed ? TimeSpan.Zero : Schedule.Within(Schedule.Jitter));
            After(delay, () =>
            {
                if (!IsCut(from, to)) arrive();
            });
        }
    }

    public bool IsCut(int from, int to) => _cuts.Contains((from, to));

    private void Heal()
    {
        IsHealed = true;
        _cuts.Clear();
        Fill(null);
        foreach (var server in Servers.Where(server => !server.IsRunning)) server.Start();
        // Nothing is purged before somebody says that the wiped one never returns.
        After(TimeSpan.FromSeconds(20), () =>
        {
            foreach (var wiped in Servers.Where(server => server.Wiped != ServerId.None).ToArray())
            {
                foreach (var server in Servers.Where(server => server != wiped)) server.Forget(wiped.Wiped);
            }
        });
    }

    /// <summary>Whether all replicas and held sets are equal, and nothing deleted is left. Asked after every event, so words are for <see cref="Difference"/>.</summary>
    private bool IsSettled() =>
        Servers.All(static server => server is { IsRunning: true, Machine: { Dead: 0, Deferred: 0 } })
        && Servers.Skip(1).All(server => server.HoldsSameAs(Servers[0]))
        && Servers.All(static server => server.LaggingGrain() is null);

    /// <summary>The first thing that <see cref="IsSettled"/> lacks, in words.</summary>
    private string Difference()
    {
        if (Servers.FirstOrDefault(server => server.Machine?.Deferred > 0) is { } waiting) return $"server {waiting.Index} waits for its clock";

        foreach (var server in Servers)
        {
            if (!server.IsRunning) return $"server {server.Index} is down";
            if (!server.HoldsSameAs(Servers[0])) return $"server 0 holds\n{Servers[0].State()}\nserver {server.Index} holds\n{server.State()}";
            if (server.LaggingGrain() is { } lag) return lag;
        }

        return $"what was deleted is still held: {string.Join(", ", Servers.Select(static server => server.Machine!.Dead))} by server";
    }

    /// <summary>Whether a key may be absent though it was written: a delete, or a write that has expired, is at least as new.</summary>
    public bool MayBePurged(string key, Stamp stamp) => Written.Any(written => written.Key.Key == key && written.Key.Stamp >= stamp
        && (written.Value.Value is null || written.Value.Expiry != Entry.Never));

    private void CheckAtEnd()
    {
        foreach (var server in Servers.Where(server => server.IsRunning))
        {
            foreach (var entry in server.Entries())
            {
                if (!Written.TryGetValue((Door.Decode(entry.Key), entry.Stamp), out var written) || written != (entry.IsTombstone ? null : Door.Decode(entry.Value), entry.Expiry))
                    Failures.Add($"server {server.Index} holds {Door.Decode(entry.Key)} with a value that nobody wrote");
            }
        }

        if (Schedule.Crashes > 0 && !Schedule.IsDurable) return;

        var newest = Servers[0].Entries().ToDictionary(entry => Door.Decode(entry.Key), entry => entry.Stamp);
        foreach (var (key, stamp) in Acknowledged.Where(write => !Unsafe.Contains(write.Stamp.Origin.Server) && !PurgedApart.Contains(write.Key)))
        {
            if (newest.TryGetValue(key, out var held) ? held < stamp : !MayBePurged(key, stamp)) Failures.Add($"the acknowledged write of {key} at {stamp} is lost");
        }
    }
}
