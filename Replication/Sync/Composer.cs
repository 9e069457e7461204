using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>What goes out to peers: whether a frame is due, and what it carries.</summary>
internal sealed class Composer(SyncSettings settings, Origin self, ServerClock clock, History history, Members members, Purger purger, Deferrals deferrals, Reconciler reconciler, Func<ulong> journalHead)
{
    private readonly Dictionary<Peer, List<Holding>> _asks = [];

    /// <summary>This life began with what a former one left.</summary>
    public bool IsRestored { get; set; }

    /// <summary>Whether the journal has room for what peers send; every frame says so.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>Puts a want into the next frame to its holder.</summary>
    public void Ask(Peer holder, Holding want)
    {
        if (!_asks.TryGetValue(holder, out var asks)) _asks[holder] = asks = [];
        asks.Add(want);
    }

    /// <summary>Forgets what a peer was to be asked.</summary>
    public void Forget(Peer peer) => _asks.Remove(peer);

    /// <summary>When the next frame to a peer is due, as far as its pace allows; a heartbeat if nothing else.</summary>
    public TimeSpan DueAt(Peer peer, TimeSpan now) => peer.OwesAnswer || _asks.ContainsKey(peer) || reconciler.HasParts(peer) || HasData(peer, now) ? peer.Pacer.NextSlot : HeartbeatAt(peer, now);

    /// <summary>The next frame to a peer: what is asked of it goes along, and is asked once.</summary>
    /// <param name="peer">To whom.</param>
    /// <param name="asksAll">Whether it is asked for all that it holds.</param>
    /// <param name="now">Monotonic time.</param>
    public Frame Compose(Peer peer, bool asksAll, TimeSpan now)
    {
        _asks.Remove(peer, out var asks);
        var sections = Sections(peer, now);
        var digest = reconciler.Take(peer, now);
        foreach (var repair in digest.Repairs) history.Sent(repair);
        return new()
        {
            From = self,
            To = peer.Origin ?? new(peer.Id, 0),
            Number = peer.Frames + 1,
            Echo = peer.Heard,
            EchoHeld = peer.Heard == 0 ? TimeSpan.Zero : now - peer.HeardAt,
            Wall = clock.MachineWall,
            ClockFloor = purger.Floor,
            Head = journalHead(),
            Credit = HasRoom ? uint.MaxValue : 0,
            Flags = (peer.IsUnheard ? FrameFlags.Hello : 0) | (IsRestored ? FrameFlags.Restored : 0) | (peer.IsSilent(now) ? FrameFlags.Ping : 0) | (asksAll ? FrameFlags.WantAll : 0),
            Have = [.. history.Logs.Where(log => log.ChangedAt > peer.KnowsVersion).Select(log => log.Tell(settings.MaxIntervals))],
            Push = sections,
            Deferred = deferrals.Tell(),
            Want = asks ?? [],
            Digest = digest,
            // A peer that lost its memory meanwhile does not know who sends: every heartbeat says it.
            Members = members.Version > peer.KnowsMembers ? [.. members.All] : sections.Count == 0 ? [members.Me] : [],
        };
    }

    /// <summary>Turns a server away, and tells it what is held here, so that it can say what only it has.</summary>
    public Frame Fence(Origin server) => new()
    {
        From = self,
        To = server,
        Number = 1,
        Flags = FrameFlags.Fenced,
        Have = [.. history.Logs.Select(log => log.Tell(settings.MaxIntervals))],
    };

    /// <summary>Own new writes first, then what was asked for, oldest first, as far as window and frame allow.</summary>
    private List<Section> Sections(Peer peer, TimeSpan now)
    {
        var sections = new List<Section>();
        var budget = peer.Budget(now);
        var head = history.Own.Have.UpTo;
        while (budget > 0 && peer.PushedUpTo < head)
        {
            Cut(self, new(peer.PushedUpTo, head));
            peer.PushedUpTo = sections[^1].UpTo;
        }

        foreach (var (origin, wanted) in peer.Wanted)
        {
            while (budget > 0 && !wanted.IsEmpty)
            {
                Cut(origin, wanted.First());
                wanted.Remove(sections[^1].Interval);
            }
        }

        if (budget <= 0 && sections.Count > 0) peer.FrameIsFull(now);
        return sections;

        void Cut(Origin origin, Interval range)
        {
            var most = Math.Min(budget, settings.MaxSectionBytes);
            var left = most;
            var section = history.Cut(origin, range, peer.ToldOf(origin), ref left);
            // An interval without live entries still takes bytes.
            var bytes = most - left + FrameCodec.EntryOverhead;
            budget -= bytes;
            sections.Add(section);
            history.Sent(section);
            peer.PutUnderWay(origin, section.Interval, bytes, now);
            peer.Counters.EntriesSent += section.Entries.Count + section.Riders.Count;
            peer.Counters.DataBytesSent += bytes;
        }
    }

    private bool HasData(Peer peer, TimeSpan now) =>
        (peer.PushedUpTo < history.Own.Have.UpTo || peer.Wanted.Values.Any(wanted => !wanted.IsEmpty)) && peer.Budget(now) > 0;

    private TimeSpan HeartbeatAt(Peer peer, TimeSpan now)
    {
        if (peer.Frames == 0) return now;

        var isBusy = peer.IsUnheard || peer.SentVersion < history.Version || history.Graves.Dead.Count > 0 || purger.Floor > peer.ToldFloor;
        return peer.LastSent + (isBusy && !peer.IsSilent(now) ? settings.BusyHeartbeat : settings.IdleHeartbeat);
    }
}
