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
    private double _rate;
    private (HybridTimestamp Floor, ulong Head)? _offered;
    private long _acknowledged;
    private TimeSpan _minRoundTrip = TimeSpan.MaxValue;

    public Peer(SyncSettings settings, string address, ulong ownHead, TimeSpan now)
    {
        _settings = settings;
        Address = address;
        Pacer = new(settings.SendInterval);
        PushedUpTo = ownHead;
        LastSent = now;
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
        Origin = null;
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
        if (frame.WantsAnswer) OwesAnswer = true;
        // The first one stands until it is accepted: under load the head is always ahead of what is here.
        if (frame.ClockFloor > Floor) _offered ??= (frame.ClockFloor, frame.Head);
        if (frame.Echo == 0) return;

        var wasSilent = IsSilent(now);
        if (Unanswered is { } first && frame.Echo >= first.Number) Unanswered = null;
        while (_sent.TryPeek(out var sent) && sent.Number <= frame.Echo)
        {
            _sent.Dequeue();
            if (sent.Number != frame.Echo) continue;

            KnowsVersion = Math.Max(KnowsVersion, sent.Version);
            KnowsMembers = Math.Max(KnowsMembers, sent.Members);
            if (frame.EchoHeld < Frame.MaxEchoHeld) Measure(now - sent.At - frame.EchoHeld, frame.Wall, now);
        }

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

        var window = Math.Min(Math.Clamp((long)(2 * _rate * MinLoop.TotalSeconds), _settings.MinWindow, _settings.MaxWindow), Credit);
        var frame = Math.Clamp((long)(_rate * 0.1), _settings.MinFrameBytes, _settings.MaxFrameBytes);
        return (int)Math.Max(0, Math.Min(frame, window - _underWay.Sum(sent => (long)sent.Bytes)));
    }

    /// <summary>Takes note of a section on its way.</summary>
    public void PutUnderWay(Origin origin, Interval interval, int bytes, TimeSpan now) =>
        _underWay.Add(new(origin, interval, bytes, now, _acknowledged) { Due = now + ResendDelay });

    /// <summary>Drops what the peer told that it holds, or that it asks for again by itself, from what is under way and wanted.</summary>
    public void Acknowledge(TimeSpan now)
    {
        for (var i = _underWay.Count - 1; i >= 0; i--)
        {
            var sent = _underWay[i];
            if (ToldOf(sent.Origin)?.Covers(sent.Interval) != true)
            {
                if (IsSuspended(sent)) _underWay.RemoveAt(i);
                continue;
            }

            _acknowledged += sent.Bytes;
            var elapsed = Math.Max((now - sent.At).TotalSeconds, 0.001);
            _rate = Math.Max(_rate * 0.98, (_acknowledged - sent.AcknowledgedBefore) / elapsed);
            _resends = 0;
            _underWay.RemoveAt(i);
        }

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

    /// <summary>Turns what is due to be sent again into what is wanted.</summary>
    public void Resend(TimeSpan now)
    {
        if (!_underWay.Exists(sent => sent.Due <= now)) return;

        _resends++;
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

    private readonly record struct SentFrame(ulong Number, TimeSpan At, ulong Version, ulong Members);

    /// <summary>A section that was sent and is not yet told as held.</summary>
    private sealed record UnderWay(Origin Origin, Interval Interval, int Bytes, TimeSpan At, long AcknowledgedBefore)
    {
        public TimeSpan Due { get; set; }
    }
}
