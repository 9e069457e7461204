using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>
/// Rule 4: whatever any peer holds and we have lacked for a while is asked of one holder; of another where that one stays silent.
/// </summary>
/// <remarks>
/// The obvious design, to ask the moment a gap is seen, fetches twice what is merely late. So every part of a gap has an
/// age, and is ripe after the time in which the live push, or its first repetition, should have come. The origin itself is
/// the first choice, since it alone knows what it has under way to us; then the peer with the shortest round trip.
/// What a first frame shows below the live push will never be pushed, so a newcomer's gaps are ripe at once.
/// </remarks>
internal sealed class WantPlanner(SyncSettings settings, History history, Deferrals deferrals)
{
    private readonly Dictionary<Origin, List<Gap>> _gaps = [];
    private readonly List<Ask> _asks = [];
    private readonly Dictionary<Peer, int> _failures = [];

    /// <summary>Whether anything is lacked that some peer holds.</summary>
    public bool IsIdle => _gaps.Count == 0 && _asks.Count == 0;

    /// <summary>Takes note that a peer sent entries of an origin.</summary>
    public void Progress(Peer peer, Origin origin, TimeSpan now)
    {
        foreach (var ask in _asks)
        {
            if (ask.Holder == peer && ask.Origin == origin) ask.LastProgress = now;
        }
    }

    /// <summary>Takes note that a peer was asked for all before it told what that is: it is not asked for that again while it sends.</summary>
    public void AskedAll(Peer peer, TimeSpan now)
    {
        foreach (var (origin, told) in peer.Told)
        {
            var lacked = told.Except(history.Log(origin).Have);
            if (!lacked.IsEmpty) _asks.Add(new(peer, origin, lacked, now));
        }
    }

    /// <summary>What to ask of whom now.</summary>
    /// <param name="peers">All peers.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="ripeAtOnce">The peer whose first frame this is: its holdings will not be pushed.</param>
    public IEnumerable<(Peer Holder, Holding Want)> Plan(IReadOnlyCollection<Peer> peers, TimeSpan now, Peer? ripeAtOnce)
    {
        var heard = peers.Where(peer => peer.IsHeard(now)).ToArray();
        Settle(heard, now);

        var wants = new List<(Peer, Holding)>();
        foreach (var origin in heard.SelectMany(peer => peer.Told.Keys).Distinct().Order())
        {
            Age(origin, heard, now, ripeAtOnce);
            if (!_gaps.TryGetValue(origin, out var gaps)) continue;

            var ripe = new IntervalSet();
            foreach (var gap in gaps.Where(gap => now >= gap.RipeAt)) ripe.AddAll(gap.Set);
            foreach (var ask in _asks.Where(ask => ask.Origin == origin)) ripe.RemoveAll(ask.Set);
            if (!ripe.IsEmpty) Assign(origin, ripe, heard, now, wants);
        }

        return wants;
    }

    /// <summary>Forgets a peer's promises: it died, or its link did.</summary>
    public void Forget(Peer peer) => _asks.RemoveAll(ask => ask.Holder == peer);

    /// <summary>Ends asks that are fulfilled, and those whose holder stays silent.</summary>
    private void Settle(Peer[] heard, TimeSpan now)
    {
        for (var i = _asks.Count - 1; i >= 0; i--)
        {
            var ask = _asks[i];
            ask.Set.RemoveAll(history.Log(ask.Origin).Have);
            if (deferrals.Of(ask.Origin) is { } deferred) ask.Set.RemoveAll(deferred);
            if (ask.Set.IsEmpty)
            {
                _failures.Remove(ask.Holder);
                _asks.RemoveAt(i);
                continue;
            }

            var patience = ask.Holder.AckLoop + settings.MinResendDelay;
            if (heard.Contains(ask.Holder) && now - ask.LastProgress <= patience) continue;

            _failures[ask.Holder] = _failures.GetValueOrDefault(ask.Holder) + 1;
            _asks.RemoveAt(i);
        }
    }

    /// <summary>Brings the gaps of an origin up to date: new parts get the present time, filled ones go.</summary>
    private void Age(Origin origin, Peer[] heard, TimeSpan now, Peer? ripeAtOnce)
    {
        var have = history.Log(origin).Have;
        var lacked = new IntervalSet();
        foreach (var peer in heard)
        {
            if (peer.ToldOf(origin) is { } told && !have.Covers(told)) lacked.AddAll(told.Except(have));
        }

        // What came too early came: it is lacked when its time has come.
        if (deferrals.Of(origin) is { } deferred) lacked.RemoveAll(deferred);
        if (lacked.IsEmpty)
        {
            _gaps.Remove(origin);
            return;
        }

        if (!_gaps.TryGetValue(origin, out var gaps)) _gaps[origin] = gaps = [];
        var fresh = lacked.Clone();
        for (var i = gaps.Count - 1; i >= 0; i--)
        {
            var still = gaps[i].Set.Intersect(lacked);
            if (still.IsEmpty) gaps.RemoveAt(i);
            else gaps[i] = gaps[i] with { Set = still };
            fresh.RemoveAll(still);
        }

        if (fresh.IsEmpty) return;

        // Of an origin that is heard itself, what another has already got is most likely on its way from there.
        var isPushed = Array.Exists(heard, peer => peer != ripeAtOnce && peer.Origin == origin);
        var atOnce = isPushed ? new() : ripeAtOnce?.ToldOf(origin)?.Intersect(fresh) ?? new();
        fresh.RemoveAll(atOnce);
        var slowest = heard.Max(peer => peer.RoundTrip ?? TimeSpan.Zero);
        if (!atOnce.IsEmpty) gaps.Add(new(now, atOnce));
        if (!fresh.IsEmpty) gaps.Add(new(now + settings.WantDelay + slowest + settings.SendInterval, fresh));
    }

    /// <summary>Gives ripe sequences to holders; a large gap is split over all that hold its parts, and what is in too many pieces waits for the next round.</summary>
    private void Assign(Origin origin, IntervalSet ripe, Peer[] heard, TimeSpan now, List<(Peer, Holding)> wants)
    {
        var holders = heard
            .Where(peer => peer.ToldOf(origin) is { } told && !told.Intersect(ripe).IsEmpty)
            .OrderBy(peer => _failures.GetValueOrDefault(peer))
            .ThenByDescending(peer => peer.Id == origin.Server)
            .ThenBy(peer => peer.RoundTrip ?? TimeSpan.MaxValue)
            .ThenBy(peer => peer.Id)
            .ToArray();

        var share = ripe.Size > settings.SplitGap && holders.Length > 1 ? ripe.Size / (ulong)holders.Length + 1 : ulong.MaxValue;
        for (var i = 0; i < holders.Length && !ripe.IsEmpty; i++)
        {
            var holds = holders[i].ToldOf(origin)!.Intersect(ripe);
            var part = (i == holders.Length - 1 ? holds : First(holds, share)).Lowest(settings.MaxIntervals);
            if (part.IsEmpty) continue;

            ripe.RemoveAll(part);
            _asks.Add(new(holders[i], origin, part.Clone(), now));
            wants.Add((holders[i], new(origin, part)));
        }
    }

    private static IntervalSet First(IntervalSet set, ulong count)
    {
        var first = new IntervalSet();
        foreach (var interval in set)
        {
            if (count == 0) break;

            var upTo = interval.Count <= count ? interval.UpTo : interval.After + count;
            first.Add(new(interval.After, upTo));
            count -= upTo - interval.After;
        }

        return first;
    }

    private sealed record Gap(TimeSpan RipeAt, IntervalSet Set);

    private sealed class Ask(Peer holder, Origin origin, IntervalSet set, TimeSpan at)
    {
        public Peer Holder => holder;

        public Origin Origin => origin;

        public IntervalSet Set => set;

        public TimeSpan LastProgress { get; set; } = at;
    }
}
