using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>
/// The safety net: servers whose held sets say the same compare digests of what they hold, and mend what differs all the same. It should never find anything.
/// </summary>
/// <remarks>
/// <para>
/// Held sets prove equality only as far as every claim was true. A fault of the code or of memory can make one false for ever, since what is claimed is never asked for.
/// The obvious check, to compare one hash of everything, says "different" whenever a write is under way. So what is compared are buckets that rest: if a bucket has not
/// changed for 5 s at either side, and each side knows that the other holds all that it held itself 5 s ago, then whatever is in it at one is at the other, or has been beaten there, and the sums are equal.
/// </para>
/// <para>
/// A look goes down in steps, each a part of an ordinary frame: roots (16 bytes every 5 s), groups, buckets, the keys of those that differ, entries. The server with the lesser id begins it.
/// Nothing is remembered from one step to the next that the loss of a frame could harm; a look that breaks off is followed by another.
/// </para>
/// <para>
/// Entries are repaired with their own stamps, so a repair is a merge as any other, and harmless where it was not needed. Tombstones and what expires are no part of digests, since each server purges them at a
/// moment of its own, and are sent only where the other shows what they beat.
/// </para>
/// </remarks>
internal sealed class Reconciler(SyncSettings settings, Origin self, History history)
{
    /// <summary>Most groups whose buckets are told in one look where something is wrong: 32 x 4 KiB.</summary>
    private const int MaxGroups = 32;

    /// <summary>The same where most of what differs is only under way.</summary>
    private const int MaxBusyGroups = 4;

    /// <summary>Most buckets that are listed in one look: of a million keys some 16,000, as many as a listing holds.</summary>
    private const int MaxBuckets = 1_024;

    /// <summary>Most bytes of keys, stamps and hashes in a listing: at 60 bytes a key, 17,000 keys.</summary>
    private const int MaxListing = 1 << 20;

    /// <summary>Most bytes of entries in a repair: it goes beside the window.</summary>
    private const int MaxRepair = 1 << 20;

    private readonly Dictionary<Peer, Talk> _talks = [];
    private List<Holding>? _recent;
    private List<Holding>? _older;
    private TimeSpan _rememberedAt;
    private TimeSpan _olderAt;

    /// <summary>Entries that were repaired here: 0, but for faults.</summary>
    public long Repairs { get; private set; }

    /// <summary>Keys with one stamp and two values, here and at a peer: nobody can say which is right.</summary>
    public long Contradictions { get; private set; }

    /// <summary>Whether a walk for a peer goes on.</summary>
    public bool IsWalking { get; private set; }

    /// <summary>Whether there is something to say to a peer before the next heartbeat.</summary>
    public bool HasParts(Peer peer) => _talks.TryGetValue(peer, out var talk) && talk.Life == peer.Origin && !(talk.Parts.IsEmpty && talk.Groups.Count == 0);

    public void Forget(Peer peer) => _talks.Remove(peer);

    /// <summary>Remembers what is held, for comparisons later.</summary>
    public void Remember(TimeSpan now)
    {
        if (_recent is not null && now - _rememberedAt < settings.Settled) return;

        (_older, _olderAt, _rememberedAt) = (_recent, _rememberedAt, now);
        _recent = [.. history.Logs.Select(log => new Holding(log.Origin, log.Have.Clone()))];
    }

    /// <summary>What goes into the next frame to a peer.</summary>
    public DigestParts Take(Peer peer, TimeSpan now)
    {
        if (peer.Origin is null || peer.IsUnheard || peer.IsSilent(now)) return DigestParts.None;

        var talk = TalkWith(peer, now);
        // Summed up as the frame leaves, which also tells what is held: neither may be older than the other.
        var parts = talk.Groups.Count == 0 || !IsComparable(peer) ? talk.Parts : talk.Parts with
        {
            Buckets = [.. talk.Groups.Select(group => new BucketSums(group, history.Digest.BucketSums(group), history.Digest.Settled(group, _olderAt)))],
        };
        (talk.Parts, talk.Groups) = (DigestParts.None, []);
        if (now - talk.RootAt < settings.Settled) return parts;

        talk.RootAt = now;
        return parts with { Root = history.Digest.Root };
    }

    /// <summary>Takes in what a peer says.</summary>
    /// <param name="peer">Who.</param>
    /// <param name="parts">What.</param>
    /// <param name="isLatest">Whether no later frame of the peer has come before: what that told is not in these sums.</param>
    /// <param name="now">Monotonic time.</param>
    /// <returns>Entries that this server should hold; for <see cref="Repaired"/>.</returns>
    public IReadOnlyList<Entry> Hear(Peer peer, DigestParts parts, bool isLatest, TimeSpan now)
    {
        if (parts.IsEmpty || peer.Origin is null) return [];

        var talk = TalkWith(peer, now);
        if (parts.Root is { } root) Compare(peer, talk, root, now);
        if (parts.Groups.Length > 0) TellBuckets(peer, talk, parts.Groups);
        if (parts.Buckets.Count > 0 && isLatest) ListDiffering(peer, talk, parts.Buckets);
        if (parts.Listing is { } listing) talk.Walk = new(listing.Buckets, listing, listing.WantsAnswer, isAnswer: true);
        return parts.Repairs;
    }

    /// <summary>Takes note that an entry was repaired.</summary>
    public void Repaired() => Repairs++;

    /// <summary>One slice of each walk that is under way.</summary>
    public void Walk(IReadOnlyCollection<Peer> peers)
    {
        IsWalking = false;
        foreach (var peer in peers)
        {
            if (!_talks.TryGetValue(peer, out var talk) || talk.Walk is not { } walk) continue;

            if (walk.Go(history)) IsWalking = true;
            else
            {
                Contradictions += walk.Contradictions;
                talk.Parts = talk.Parts with { Listing = walk.Listing ?? talk.Parts.Listing, Repairs = walk.Repairs };
                talk.Walk = null;
            }
        }
    }

    /// <summary>Begins a look where roots differ for long: soon where both hold just the same sequences, for then they should be equal; seldom otherwise, since what is under way makes them differ.</summary>
    private void Compare(Peer peer, Talk talk, UInt128 root, TimeSpan now)
    {
        if (root == history.Digest.Root) talk.EqualAt = now;
        if (root == history.Digest.Root || self.Server > peer.Id) return;

        var rest = AreSetsEqual(peer) ? settings.Settled : settings.BusyLook;
        if (now - talk.EqualAt < rest || !IsComparable(peer)) return;

        talk.EqualAt = now;
        talk.Parts = talk.Parts with { Groups = history.Digest.GroupSums() };
    }

    /// <summary>Is to tell the buckets of some groups that differ; of others the next time.</summary>
    private void TellBuckets(Peer peer, Talk talk, byte[] groups)
    {
        talk.Groups = [.. Digest.Differing([groups, history.Digest.GroupSums()]).Select(static group => (byte)group).OrderBy(group => (byte)(group - talk.NextGroup)).Take(AreSetsEqual(peer) ? MaxGroups : MaxBusyGroups)];
        if (talk.Groups.Count > 0) talk.NextGroup = (byte)(talk.Groups[^1] + 1);
    }

    /// <summary>Begins to list the keys of the buckets that rest at both sides and differ.</summary>
    private void ListDiffering(Peer peer, Talk talk, IReadOnlyList<BucketSums> told)
    {
        if (talk.Walk is not null || !IsComparable(peer)) return;

        var differing = new List<ushort>();
        foreach (var (group, sums, settled) in told)
        {
            var rests = history.Digest.Settled(group, _olderAt);
            differing.AddRange(Digest.Differing([sums, history.Digest.BucketSums(group)])
                .Where(bucket => (settled[bucket / 8] & rests[bucket / 8] & (1 << (bucket % 8))) != 0)
                .Select(bucket => (ushort)((group * Digest.GroupSize) + bucket)));
        }

        if (differing.Count > 0) talk.Walk = new([.. differing.Take(MaxBuckets)], theirs: null, wantsListing: true, isAnswer: false);
    }

    private bool AreSetsEqual(Peer peer) =>
        history.Logs.All(log => peer.ToldOf(log.Origin) is { } told ? told.SetEquals(log.Have) : log.Have.IsEmpty) && peer.Told.All(told => told.Value.IsEmpty || history.Knows(told.Key));

    /// <summary>Whether a peer has told that it holds what was held here a while ago. Each side sees to its own half.</summary>
    private bool IsComparable(Peer peer) =>
        _older?.TrueForAll(held => held.Sequences.IsEmpty || peer.ToldOf(held.Origin)?.Covers(held.Sequences) == true) == true;

    private Talk TalkWith(Peer peer, TimeSpan now)
    {
        if (_talks.TryGetValue(peer, out var talk) && talk.Life == peer.Origin) return talk;

        return _talks[peer] = new(peer.Origin, now);
    }

    /// <summary>What is said to a peer in its present life.</summary>
    private sealed class Talk(Origin? life, TimeSpan since)
    {
        public Origin? Life => life;

        public DigestParts Parts { get; set; } = DigestParts.None;

        public TimeSpan RootAt { get; set; } = TimeSpan.MinValue / 2;

        /// <summary>When the roots were last equal, or it was last looked where they differ.</summary>
        public TimeSpan EqualAt { get; set; } = since;

        /// <summary>Whose buckets are to be told.</summary>
        public IReadOnlyList<byte> Groups { get; set; } = [];

        public byte NextGroup { get; set; }

        public BucketWalk? Walk { get; set; }
    }

    /// <summary>A walk over all entries for those of some buckets, in slices: there is no index by bucket, since it is hardly ever needed.</summary>
    /// <param name="buckets">Which.</param>
    /// <param name="theirs">What the peer listed, to find what it lacks; null where it has not yet.</param>
    /// <param name="wantsListing">Whether to list what is here.</param>
    /// <param name="isAnswer">Whether the listing made here answers theirs.</param>
    private sealed class BucketWalk(IReadOnlyList<ushort> buckets, BucketListing? theirs, bool wantsListing, bool isAnswer)
    {
        private readonly HashSet<ushort> _buckets = [.. buckets];
        private readonly Dictionary<byte[], ListedKey> _theirs = (theirs?.Keys ?? []).DistinctBy(static listed => listed.Key, KeyOrder.Instance).ToDictionary(static listed => listed.Key, KeyOrder.Instance);
        private readonly List<ListedKey> _listed = [];
        private readonly List<Entry> _repairs = [];
        private byte[]? _cursor;
        private byte[]? _upTo;
        private int _listedBytes;
        private int _repairBytes;

        public IReadOnlyList<Entry> Repairs => _repairs;

        public long Contradictions { get; private set; }

        public BucketListing? Listing => wantsListing ? new([.. _buckets], WantsAnswer: !isAnswer, _upTo, _listed) : null;

        /// <summary>Takes a slice; false where that was the last.</summary>
        public bool Go(History history)
        {
            _cursor = history.Replica.Slice(_cursor, entry =>
            {
                if (_buckets.Contains(history.Digest.BucketOf(entry.Key))) Look(entry, history.Digest.HashOf(entry));
                return true;
            });
            return _cursor is not null;
        }

        private void Look(Entry entry, ulong hash)
        {
            if (wantsListing && _upTo is null)
            {
                _listed.Add(new(entry.Key, entry.Stamp, hash));
                _listedBytes += entry.Key.Length + 32;
                if (_listedBytes > MaxListing) _upTo = entry.Key;
            }

            if (theirs is null || (theirs.UpTo is { } last && KeyOrder.Instance.Compare(entry.Key, last) > 0)) return;

            if (_theirs.TryGetValue(entry.Key, out var shown) ? entry.Stamp > shown.Stamp : Digest.Counts(entry)) Repair(entry);
            else if (entry.Stamp == shown.Stamp && hash != shown.Hash) Contradictions++;
        }

        private void Repair(Entry entry)
        {
            if (_repairBytes >= MaxRepair) return;

            _repairs.Add(entry);
            _repairBytes += entry.Size + FrameCodec.EntryOverhead;
        }
    }
}
