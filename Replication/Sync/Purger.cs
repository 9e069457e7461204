using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>
/// Forgets tombstones and expired entries, once nothing that they beat can come any more: from nobody's disk, from no frame under way, and from no clock
/// that is behind.
/// </summary>
/// <remarks>
/// The obvious design, to keep them for a time, resurrects what they deleted whenever a server was away for longer. Here no time is set. An entry goes when
/// every member has told that it holds its origin's sequences up to it without a gap, so that none shows what it beat; and when every member has promised
/// that it stamps nothing below it any more, and all that it had stamped below is held here.
/// </remarks>
internal sealed class Purger(SyncSettings settings, Origin self, HybridClock clock, History history, Members members, ChangeRecord? record)
{
    /// <summary>Most entries that go at once, so that a step stays short.</summary>
    private const int MaxPurge = 4_096;

    private readonly Dictionary<Origin, ulong> _marks = [];
    private readonly HashSet<ServerId> _caught = [];
    private readonly HashSet<Origin> _admitted = [];
    private (HybridTimestamp Floor, ulong UpTo)? _promised;
    private ulong? _awaited;
    private bool _isAsked;

    /// <summary>What this server has promised: no lower stamp follows, and all lower ones have sequences that are told. 0 at first.</summary>
    public HybridTimestamp Floor { get; private set; }

    /// <summary>Whether a promise is on its way, or due.</summary>
    public bool IsBusy(IReadOnlyCollection<Peer> peers) => _isAsked || _promised is not null || peers.Any(peer => peer.Floor > Floor || peer.IsPromising(Believable));

    /// <summary>A floor that the journal is to promise: there is something to purge above the last one, here or, as their promises show, at the peers; null where there is not.</summary>
    public HybridTimestamp? Ask(IReadOnlyCollection<Peer> peers)
    {
        if (_isAsked || _promised is not null) return null;

        // As far as the others, and no farther: two that always went beyond one another would never rest.
        var floor = history.Graves.Dead.Any(entry => entry.Stamp.Time >= Floor) ? clock.Now : peers.Aggregate(Floor, static (most, peer) => HybridTimestamp.Max(most, peer.Floor));
        _isAsked = floor > Floor;
        return _isAsked ? floor : null;
    }

    /// <summary>The journal has promised.</summary>
    public void Promised(HybridTimestamp floor, ulong upTo)
    {
        clock.Observe(floor);
        (_isAsked, _promised, _awaited) = (false, (floor, upTo), record?.Touch());
    }

    /// <summary>The journal has kept all up to a number: the clock of the promise may be in it.</summary>
    public void Kept(ulong number)
    {
        if (_awaited <= number) _awaited = null;
    }

    /// <summary>What goes now; already gone from the history.</summary>
    public IReadOnlyList<Entry> Purge(IReadOnlyCollection<Peer> peers)
    {
        if (_promised is var (promised, upTo) && _awaited is null && history.Own.Have.UpTo >= upTo) (Floor, _promised) = (promised, null);
        foreach (var peer in peers) peer.AcceptFloor(history, Believable);
        history.Graves.Expire(clock.Wall.ToUnixTimeMilliseconds());
        if (history.Graves.Dead.Count == 0 || (settings.AwaitFloors && !HoldsAllThatWasTold(peers))) return [];

        var floor = peers.Aggregate(Floor, static (least, peer) => peer.Floor < least ? peer.Floor : least);
        var purged = history.Graves.Dead.Where(entry => (!settings.AwaitFloors || (entry.Stamp.Time < floor && AllHold(peers, entry))) && !history.HasShadow(entry.Key)).Take(MaxPurge).ToArray();
        foreach (var entry in purged) Purge(entry);
        Catch(peers);
        return purged;
    }

    /// <summary>Takes note of those who hold all that was ever purged: they must never come with less. A newcomer is not yet one of them.</summary>
    private void Catch(IReadOnlyCollection<Peer> peers)
    {
        foreach (var peer in peers)
        {
            if (_marks.Count == 0 || peer.Origin is not { } life || _admitted.Contains(life) || !_marks.All(mark => peer.ToldOf(mark.Key)?.Floor >= mark.Value)) continue;

            _admitted.Add(life);
            if (_caught.Add(peer.Id)) record?.Caught(peer.Id);
        }
    }

    /// <summary>What a former life knew.</summary>
    public void Restore(JournalContents contents)
    {
        foreach (var mark in contents.Purged) _marks[mark.Origin] = mark.Sequence;
        _caught.UnionWith(contents.Caught);
        history.Replica.PurgeFloor = contents.PurgeFloor;
    }

    /// <summary>Whether a life is not yet known to have begun with all that its server once told.</summary>
    public bool IsDoubtful(Frame frame) => (frame.Flags & FrameFlags.Restored) != 0 && _caught.Contains(frame.From.Server) && !_admitted.Contains(frame.From);

    /// <summary>
    /// Whether a server comes with less than it had told before something was purged: a backup was restored there, which may hold what the purged
    /// tombstones had deleted. Asked of a life's first frame to this one, which tells all that is held.
    /// </summary>
    public bool IsBehind(Frame frame)
    {
        if (!IsDoubtful(frame)) return false;
        if (_marks.Any(mark => !frame.Have.Any(holding => holding.Origin == mark.Key && holding.Sequences.Floor >= mark.Value))) return true;

        _admitted.Add(frame.From);
        return false;
    }

    /// <summary>A floor above this is left to wait: whoever promises as much stamps above it from then on, so a wrong clock would set this one.</summary>
    private HybridTimestamp Believable => HybridTimestamp.Of(clock.Wall + settings.MaxAhead);

    private void Purge(Entry entry)
    {
        history.Purge(entry);
        _marks[entry.Origin] = Math.Max(_marks.GetValueOrDefault(entry.Origin), entry.Sequence);
        record?.Purged(new(entry.Origin, _marks[entry.Origin]), history.Replica.PurgeFloor);
    }

    /// <summary>A member that told of nothing yet in its present life may hold anything.</summary>
    private bool HoldsAllThatWasTold(IReadOnlyCollection<Peer> peers) =>
        members.AreAll(peers) && peers.All(peer => !peer.IsUnheard && peer.Told.All(told => history.Log(told.Key).Durable.Covers(told.Value)));

    private bool AllHold(IReadOnlyCollection<Peer> peers, Entry entry) =>
        history.Log(entry.Origin).Durable.Floor >= entry.Sequence
        && peers.All(peer => peer.ToldOf(entry.Origin)?.Floor >= entry.Sequence && peer.Knows(self));
}
