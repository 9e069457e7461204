using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>Another server, as this one sees it: what it holds, what is under way to it, and how its link behaves.</summary>
internal sealed class Peer
{
    /// <summary>Frames whose leaving time is remembered for the round trip: at 10 a second, those of the last 25 s.</summary>
    private const int RememberedFrames = 256;

    private readonly SyncSettings _settings;
    private readonly Queue<SentFrame> _sent = new();
    private readonly List<UnderWay> _underWay = [];
    private readonly Dictionary<Origin, (ulong Frame, ulong UpTo)> _reach = [];
    private readonly Dictionary<Origin, IntervalSet> _deferred = [];
    private ulong _deferredAt;
    private int _resends;
    private long _frame;
    private TimeSpan _paced;
    private TimeSpan? _lateSince;
    private TimeSpan _lateAt;
    private readonly ShortestLoop _loops = new();
    private (HybridTimestamp Floor, ulong Head)? _offered;
    private SentFrame? _echoed;
    private ulong _taken;
    private TimeSpan? _leftAfter;
    private (TimeSpan LeftAfter, ulong Head)? _news;
    private TimeSpan _minRoundTrip = TimeSpan.MaxValue;

    public Peer(SyncSettings settings, string address, ulong ownHead, TimeSpan now)
    {
        _settings = settings;
        Address = address;
        Pacer = new(settings.SendInterval);
        PushedUpTo = ownHead;
        LastSent = now;
        _frame = Math.Min(settings.FirstFrameBytes, settings.MaxFrameBytes);
    }

    /// <summary>The host:port that its link dials.</summary>
    public string Address { get; set; }

    /// <summary>Its present life, or null before it was first heard.</summary>
    public Origin? Origin { get; private set; }

    /// <summary>Who it is; known from its first frame, its link, or a member list.</summary>
    public ServerId Id { get; set; }

    public Pacer Pacer { get; }

    public PairCounters Counters { get; } = new();

    /// <summary>The wall of its machine.</summary>
    public PeerClock Clock { get; private set; } = new();

    /// <summary>Our own link to it is up.</summary>
    public bool IsLinked { get; private set; }

    /// <summary>The connection that it dialled, if frames may go back over it: used while our own link is not up.</summary>
    public object? ReturnPath { get; private set; }

    /// <summary>Can be sent frames.</summary>
    public bool IsUp => IsLinked || ReturnPath is not null;

    /// <summary>It asked for all that we hold, and was not yet granted it.</summary>
    public bool WantsAll { get; set; }

    /// <summary>What it told us that it holds. Only grows within one of its lives.</summary>
    public Dictionary<Origin, IntervalSet> Told { get; } = [];

    /// <summary>What it asked for and was not yet sent; at most what we hold.</summary>
    public SortedDictionary<Origin, IntervalSet> Wanted { get; } = [];

    /// <summary>Own sequences up to here were pushed on this link, or were there before it: those flow only when asked for.</summary>
    public ulong PushedUpTo { get; set; }

    /// <summary>The version of our held sets that it surely knows.</summary>
    public ulong KnowsVersion { get; private set; }

    /// <summary>The version that the last frame told it.</summary>
    public ulong SentVersion { get; private set; }

    public ulong KnowsMembers { get; private set; }

    public TimeSpan LastSent { get; private set; }

    public TimeSpan? LastHeard { get; private set; }

    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>It sent something that is answered at the next slot.</summary>
    public bool OwesAnswer { get; set; }

    /// <summary>The number and time of the first frame that it has not yet answered.</summary>
    public (ulong Number, TimeSpan At)? Unanswered { get; private set; }

    public ulong Frames { get; private set; }

    public ulong Heard { get; private set; }

    public TimeSpan HeardAt { get; private set; }

    /// <summary>How much data it can take, as its latest frame says.</summary>
    public uint Credit { get; private set; } = uint.MaxValue;

    /// <summary>What it has promised: no lower stamp of its present life follows, and all lower ones are held here. 0 at first.</summary>
    public HybridTimestamp Floor { get; private set; }

    /// <summary>The floor that the last frame told it.</summary>
    public HybridTimestamp ToldFloor { get; private set; }

    /// <summary>It has promised more, which waits for what it speaks of to come.</summary>
    /// <param name="believable">Promises above this one wait for the time to come near, and for nothing else.</param>
    public bool IsPromising(HybridTimestamp believable) => _offered?.Floor <= believable;

    /// <summary>
    /// All that it acknowledged before this time, of our own clock, and that stands, is held here; null where that is not known of any time. What was acknowledged
    /// by a former life is too, as far as the present one holds it. See <see cref="Sync.HeldAsOf"/>.
    /// </summary>
    public TimeSpan? HeldAsOf { get; private set; }

    /// <summary>Nothing of its present life was taken in yet.</summary>
    public bool IsNew { get; set; }

    /// <summary>It was not yet heard in its present life.</summary>
    public bool IsUnheard => Heard == 0;

    public bool HasUnderWay => _underWay.Count > 0;

    /// <summary>Least time for a send to be acknowledged: two round trips and both sides' pace.</summary>
    public TimeSpan AckLoop => 2 * (RoundTrip ?? TimeSpan.Zero) + 2 * _settings.SendInterval;

    private TimeSpan SilentAfter => Max(_settings.Silence, 2 * (RoundTrip ?? TimeSpan.Zero) + 2 * _settings.SendInterval);

    /// <summary>Owes an answer for too long: gets no data.</summary>
    public bool IsSilent(TimeSpan now) => Unanswered is { } first && now - first.At > SilentAfter;

    /// <summary>Can be asked for what it holds.</summary>
    public bool IsHeard(TimeSpan now) => Origin is not null && IsUp && !IsSilent(now);

    /// <summary>Begins a new life of the peer, or of the link to a server that was known by its address only.</summary>
    public void Meet(Origin origin, ulong ownHead, bool keepPush)
    {
        Origin = origin;
        Id = origin.Server;
        Told.Clear();
        _reach.Clear();
        Wanted.Clear();
        WantsAll = false;
        ReturnPath = null;
        (_offered, Floor) = (null, default);
        (_echoed, _taken, _leftAfter, _news, IsNew) = (null, 0, null, null, true);
        (Clock, _deferredAt) = (new(), 0);
        _deferred.Clear();
        if (!keepPush) ForgetUnderWay();
        if (!keepPush) PushedUpTo = ownHead;
        KnowsVersion = KnowsMembers = SentVersion = 0;
        (Heard, Credit) = (0, uint.MaxValue);
    }

    /// <summary>Another server is at its address, not yet heard.</summary>
    public void BecomeAnother(ulong ownHead)
    {
        Meet(default, ownHead, keepPush: false);
        (Origin, HeldAsOf) = (null, null);
    }

    /// <summary>The peer has forgotten, or never knew, what we hold.</summary>
    public void TellAllAgain() => KnowsVersion = KnowsMembers = SentVersion = 0;

    /// <summary>Takes note of what it holds. Sets only grow, so frames may come in any order; how far a set that was cut reaches is as the latest says.</summary>
    public void Tells(Holding holding, ulong frame)
    {
        if (!Told.TryGetValue(holding.Origin, out var told)) Told[holding.Origin] = told = new();
        told.AddAll(holding.Sequences);
        if (_reach.GetValueOrDefault(holding.Origin).Frame <= frame) _reach[holding.Origin] = (frame, holding.IsWhole ? ulong.MaxValue : holding.Sequences.UpTo);
    }

    /// <summary>Takes note of what waits there for its clock: it asks for that again, so nobody else need send it. The latest frame says all.</summary>
    public void Defers(IReadOnlyList<Holding> deferred, ulong frame)
    {
        if (frame < _deferredAt) return;

        _deferredAt = frame;
        _deferred.Clear();
        foreach (var holding in deferred) _deferred[holding.Origin] = holding.Sequences;
    }

    /// <summary>The sequence up to which what it told of an origin was all that it held.</summary>
    public ulong ReachOf(Origin origin) => _reach.TryGetValue(origin, out var reach) ? reach.UpTo : ulong.MaxValue;

    /// <summary>Whether it told that it knows a life.</summary>
    public bool Knows(Origin life) => Told.ContainsKey(life);

    /// <summary>Whether it told that it knows a later life of the same server.</summary>
    public bool KnowsEnd(Origin life) => Told.Keys.Any(later => later.Succeeds(life));

    /// <summary>Our own link is up. Where it takes over from a return path that works, nothing was lost.</summary>
    public void LinkUp(TimeSpan now)
    {
        if (!IsUp || IsSilent(now)) BeginAnew(now);
        IsLinked = true;
    }

    /// <summary>A frame came over a connection that the peer dialled; the latest one counts.</summary>
    public void CanAnswerOver(object returnPath, TimeSpan now)
    {
        if (!IsUp) BeginAnew(now);
        ReturnPath = returnPath;
    }

    /// <summary>What cut our own link cut the peer's too, most likely: if not, its next frame brings the return path again.</summary>
    public void LinkDown()
    {
        IsLinked = false;
        ReturnPath = null;
        Unanswered = null;
    }

    /// <summary>Takes note of a frame from the peer; the echo gives the round trip and what it knows.</summary>
    public void Hear(Frame frame, TimeSpan now)
    {
        LastHeard = now;
        // An earlier frame that comes late tells what was.
        if (frame.Number > Heard) (Heard, HeardAt, Credit) = (frame.Number, now, frame.Credit);
        // The first one stands until it is accepted: under load the head is always ahead of what is here.
        if (frame.ClockFloor > Floor) _offered ??= (frame.ClockFloor, frame.Head);
        _leftAfter = null;
        if (frame.Echo == 0) return;

        var wasSilent = IsSilent(now);
        if (frame.Echo > _taken) Advance(frame.Echo, now);
        if (Unanswered is { } first && frame.Echo >= first.Number) Unanswered = null;
        while (_sent.TryPeek(out var sent) && sent.Number <= frame.Echo)
        {
            _sent.Dequeue();
            if (sent.Number != frame.Echo) continue;

            _echoed = sent;
            KnowsVersion = Math.Max(KnowsVersion, sent.Version);
            KnowsMembers = Math.Max(KnowsMembers, sent.Members);
            if (frame.EchoHeld < Frame.MaxEchoHeld) Measure(now - sent.At - frame.EchoHeld, frame.Wall, now);
        }

        // It had our frame, which left then, and kept it for so long before this one left.
        if (_echoed?.Number == frame.Echo && frame.EchoHeld < Frame.MaxEchoHeld) _leftAfter = _echoed.Value.At + frame.EchoHeld;

        // It is back: what was under way is lost, or nearly so.
        if (wasSilent && Unanswered is null)
        {
            foreach (var sent in _underWay) sent.Due = now;
        }
    }

    /// <summary>Takes a promise at its word as soon as all that it speaks of is held here.</summary>
    public void AcceptFloor(History history, HybridTimestamp believable)
    {
        if (_offered is not var (floor, head) || floor > believable || Origin is not { } origin || history.Log(origin).Durable.Floor < head) return;

        (Floor, _offered) = (floor, null);
    }

    /// <summary>The frame that is being made carries as much as it may.</summary>
    public void FrameIsFull(TimeSpan now)
    {
        foreach (var sent in _underWay) sent.IsFull |= sent.At == now;
    }

    /// <summary>Takes note of what a frame, which is in, tells of the time until which all is held here.</summary>
    /// <remarks>
    /// No clocks are compared: it left after ours that it echoes had come, and its head was read then. What it had acknowledged by then has numbers up
    /// to that head, so when all of those are held here, so is all that it had acknowledged at a time that is known on our own clock.
    /// </remarks>
    public void Freshen(Frame frame, History history)
    {
        AcceptNews(history);
        if (_leftAfter is not { } left) return;

        // As with floors, the first one stands: under load the head is always ahead of what is here.
        _news ??= (left, frame.Head);
        AcceptNews(history);
    }

    /// <summary>Takes note of a frame to the peer.</summary>
    public void Sent(Frame frame, ulong version, ulong members, TimeSpan now)
    {
        Frames = frame.Number;
        ToldFloor = frame.ClockFloor;
        LastSent = now;
        SentVersion = version;
        OwesAnswer = false;
        Pacer.Sent(now);
        _sent.Enqueue(new(frame.Number, now, version, members));
        if (_sent.Count > RememberedFrames) _sent.Dequeue();
        if (frame.WantsAnswer) Unanswered ??= (frame.Number, now);
    }

    /// <summary>What it holds of an origin, as far as it told.</summary>
    public IntervalSet? ToldOf(Origin origin) => Told.GetValueOrDefault(origin);

    /// <summary>Bytes of data that may be put into the next frame.</summary>
    public int Budget(TimeSpan now)
    {
        if (!IsUp || IsSilent(now)) return 0;

        var window = Math.Min(Math.Clamp((long)(2 * _frame * (MinLoop / _settings.SendInterval)), _settings.MinWindow, _settings.MaxWindow), Credit);
        return (int)Math.Max(0, Math.Min(_frame, window - _underWay.Sum(sent => (long)sent.Bytes)));
    }

    /// <summary>Takes note of a section on its way.</summary>
    public void PutUnderWay(Origin origin, Interval interval, int bytes, TimeSpan now) =>
        _underWay.Add(new(origin, interval, bytes, now, Frames + 1, now + ResendDelay));

    /// <summary>Drops what the peer told that it holds, or that it asks for again by itself, from what is under way and wanted.</summary>
    public void Acknowledge(TimeSpan now)
    {
        var acknowledged = 0UL;
        for (var i = _underWay.Count - 1; i >= 0; i--)
        {
            var sent = _underWay[i];
            if (ToldOf(sent.Origin)?.Covers(sent.Interval) != true)
            {
                if (IsSuspended(sent)) _underWay.RemoveAt(i);
                continue;
            }

            acknowledged = Math.Max(acknowledged, sent.Frame);
            Pace(sent, now);
            _resends = 0;
            _underWay.RemoveAt(i);
        }

        MissBelow(acknowledged);
        foreach (var (origin, wanted) in Wanted)
        {
            if (ToldOf(origin) is { } told) wanted.RemoveAll(told);
            if (_deferred.TryGetValue(origin, out var deferred)) wanted.RemoveAll(deferred);
        }
    }

    /// <summary>What was asked for again while it is on its way is not sent twice, unless it is due.</summary>
    public void RemoveUnderWay(Origin origin, IntervalSet wanted)
    {
        foreach (var sent in _underWay)
        {
            if (sent.Origin == origin) wanted.Remove(sent.Interval);
        }
    }

    /// <summary>The peer has taken frames up to one.</summary>
    /// <remarks>
    /// A busy peer is not one to which frames were lost: as long as it goes on, what it has not come to yet is waited for, and what it has just taken gets the
    /// time of being kept and told. (By the time since it was sent alone, a tenth of what a busy newcomer got came twice.)
    /// </remarks>
    private void Advance(ulong echo, TimeSpan now)
    {
        foreach (var sent in _underWay)
        {
            if (sent.Frame > _taken) sent.Due = Max(sent.Due, now + ResendDelay);
        }

        _taken = echo;
    }

    /// <summary>What left before a frame that is acknowledged, and is not, was lost: it is due at its first time.</summary>
    private void MissBelow(ulong acknowledged)
    {
        foreach (var sent in _underWay)
        {
            if (sent.Frame < acknowledged) sent.Due = sent.FirstDue;
        }
    }

    /// <summary>Turns what is due to be sent again into what is wanted.</summary>
    public void Resend(TimeSpan now)
    {
        if (!_underWay.Exists(sent => sent.Due <= now)) return;

        _resends++;
        (_frame, _paced) = (Math.Max(_settings.MinFrameBytes, _frame / 2), now);
        for (var i = _underWay.Count - 1; i >= 0; i--)
        {
            var sent = _underWay[i];
            if (sent.Due > now) continue;

            Want(sent.Origin).Add(sent.Interval);
            if (ToldOf(sent.Origin) is { } told) Want(sent.Origin).RemoveAll(told);
            _underWay.RemoveAt(i);
        }
    }

    public IntervalSet Want(Origin origin)
    {
        if (!Wanted.TryGetValue(origin, out var wanted)) Wanted[origin] = wanted = new();
        return wanted;
    }

    /// <summary>Frames can pass again; those that were under way did not arrive, or nearly so.</summary>
    private void BeginAnew(TimeSpan now)
    {
        Unanswered = null;
        // A word at once, so that both sides know again that they hear each other.
        OwesAnswer = true;
        foreach (var sent in _underWay) sent.Due = now;
    }

    /// <summary>
    /// Finds how much a frame may carry: twice as much while what is sent comes back acknowledged in time, half as much when for a while nothing does; once per
    /// acknowledgement loop, since what is under way was sized by the rule before. One that is late is no queue, only a machine that was busy with something else (as in CoDel, RFC 8289).
    /// </summary>
    /// <remarks>
    /// The obvious design, to measure what is acknowledged per second and send as much, never finds a link faster than what is sent on it: 64 KiB per frame at
    /// first were 64 KiB for ever. What the time of an acknowledgement has above the shortest of the last seconds is what the link, and the peer's merging and disk, took.
    /// </remarks>
    private void Pace(UnderWay sent, TimeSpan now)
    {
        var late = _loops.Above(now - sent.At, now);
        if (sent.At < _paced) return;

        if (late > 2 * _settings.LinkTime)
        {
            // Two that are late before and after a pause are two that are late once.
            if (_lateSince is null || now - _lateAt > 4 * _settings.SendInterval) _lateSince = now;
            _lateAt = now;
        }
        else
        {
            _lateSince = null;
        }

        if (_lateSince is { } since && now - since >= 2 * _settings.SendInterval) (_frame, _paced, _lateSince) = (Math.Max(_settings.MinFrameBytes, _frame / 2), now, null);
        else if (late <= _settings.LinkTime && sent.IsFull) (_frame, _paced) = (Math.Min(_settings.MaxFrameBytes, _frame * 2), now);
    }

    private void AcceptNews(History history)
    {
        if (_news is not var (left, head) || Origin is not { } life || !history.Log(life).Have.Covers(new Interval(0, head))) return;
        if (Told.Any(told => told.Key.Server == life.Server && told.Key != life && !history.Log(told.Key).Have.Covers(told.Value))) return;

        (HeldAsOf, _news) = (HeldAsOf > left ? HeldAsOf : left, null);
    }

    private TimeSpan MinLoop => (_minRoundTrip == TimeSpan.MaxValue ? TimeSpan.Zero : _minRoundTrip) + 2 * _settings.SendInterval;

    private TimeSpan ResendDelay
    {
        get
        {
            var first = Max(_settings.MinResendDelay, AckLoop);
            return TimeSpan.FromTicks(Math.Min(first.Ticks << Math.Min(_resends, 6), Math.Max(_settings.MaxResendDelay.Ticks, first.Ticks)));
        }
    }

    /// <summary>It arrived, and what it carried waits there: it leaves the window.</summary>
    private bool IsSuspended(UnderWay sent)
    {
        if (!_deferred.TryGetValue(sent.Origin, out var deferred)) return false;

        var settled = deferred.Clone();
        if (ToldOf(sent.Origin) is { } told) settled.AddAll(told);
        return settled.Covers(sent.Interval);
    }

    private void Measure(TimeSpan sample, DateTimeOffset? wall, TimeSpan now)
    {
        if (sample < TimeSpan.Zero) sample = TimeSpan.Zero;
        if (wall is { } shown) Clock.Measure(shown, sample, now);
        // One side stood still (a paused process): that is no property of the way.
        if (RoundTrip is not null && sample > _settings.Silence) return;

        // As TCP smooths it (RFC 6298): one eighth of what is new.
        RoundTrip = RoundTrip is { } smooth ? smooth + (sample - smooth) / 8 : sample;
        if (sample < _minRoundTrip) _minRoundTrip = sample;
    }

    private void ForgetUnderWay()
    {
        _underWay.Clear();
        _sent.Clear();
        Unanswered = null;
        _resends = 0;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>The shortest acknowledgement loop of the last 5 to 10 s: a path, or a machine, that became slower is no queue that we made.</summary>
    private sealed class ShortestLoop
    {
        private static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

        private TimeSpan _present = TimeSpan.MaxValue;
        private TimeSpan _former = TimeSpan.MaxValue;
        private TimeSpan _since;

        /// <summary>By how much a loop is longer than the shortest; takes it in.</summary>
        public TimeSpan Above(TimeSpan loop, TimeSpan now)
        {
            if (now - _since > Memory) (_former, _present, _since) = (_present, TimeSpan.MaxValue, now);
            if (loop < _present) _present = loop;
            return loop - (_former < _present ? _former : _present);
        }
    }

    private readonly record struct SentFrame(ulong Number, TimeSpan At, ulong Version, ulong Members);

    /// <summary>A section that was sent and is not yet told as held.</summary>
    private sealed record UnderWay(Origin Origin, Interval Interval, int Bytes, TimeSpan At, ulong Frame, TimeSpan FirstDue)
    {
        /// <summary>When it is sent again.</summary>
        public TimeSpan Due { get; set; } = FirstDue;

        /// <summary>Its frame carried as much as it may.</summary>
        public bool IsFull { get; set; }
    }
}
