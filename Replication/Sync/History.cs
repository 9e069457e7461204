using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>All that a server holds, by key (its replica) and by origin and sequence (its logs): takes sections in and cuts them out.</summary>
internal sealed class History
{
    /// <summary>Entries in the range of a section that are passed by because the receiver holds them, at most: a turn is not to grow with the log.</summary>
    private const int MaxKnown = 16_384;

    private readonly SyncSettings _settings;
    private readonly Origin _self;
    private readonly SortedDictionary<Origin, OriginLog> _logs = [];
    private readonly ChangeRecord? _record;
    private OriginLog _latest;
    private int _shadows;

    /// <param name="settings">Bounds.</param>
    /// <param name="self">The origin of the journal.</param>
    /// <param name="replica">Empty.</param>
    /// <param name="record">Takes down what is to be kept; null where nothing is, so that what is merged counts as durable.</param>
    public History(SyncSettings settings, Origin self, Replica replica, ChangeRecord? record)
    {
        _settings = settings;
        _self = self;
        _record = record;
        Replica = replica;
        _latest = _logs[self] = new(self);
        Claimed(_latest, []);
    }

    public Replica Replica { get; }

    /// <summary>Counts the changes of the held sets: what a peer was told is remembered as a version.</summary>
    public ulong Version { get; private set; } = 1;

    /// <summary>At least the greatest own sequence that any peer was ever sent: above it no other server can hold an entry.</summary>
    public ulong SentUpTo { get; private set; }

    /// <summary>Whether there is any other member; a lone server need not remember beaten positions.</summary>
    public bool HasPeers { get; set; }

    /// <summary>Claims that had to leave the bounds of riders or shadows and rest on the digest.</summary>
    public long Unproved { get; private set; }

    public int Shadows => _shadows;

    /// <summary>The digest of the replica.</summary>
    public LiveDigest Digest { get; } = new();

    /// <summary>What is to be purged one day.</summary>
    public Graves Graves { get; } = new();

    public IEnumerable<OriginLog> Logs => _logs.Values;

    public OriginLog Own => _logs[_self];

    /// <summary>The log of an origin, made (and told to the peers) where it was not known.</summary>
    public OriginLog Log(Origin origin)
    {
        // Sections are of one origin.
        if (_latest.Origin == origin) return _latest;
        if (_logs.TryGetValue(origin, out var log)) return _latest = log;

        _logs[origin] = log = new OriginLog(origin);
        Claimed(log, []);
        return log;
    }

    public bool Knows(Origin origin) => _logs.ContainsKey(origin);

    /// <summary>Whether a later life of the same server is known: no more sequences of this one are made.</summary>
    public bool IsEnded(Origin origin) => _logs.Keys.Any(other => other.Succeeds(origin));

    /// <summary>Whether this very write is the newest of its key.</summary>
    public bool Holds(Entry entry) => Replica.Get(entry.Key)?.Stamp == entry.Stamp;

    /// <summary>Takes an entry in. What is merged is claimed: its sequence is to be claimed in the same step, with the section that brought it.</summary>
    /// <returns>Whether it was news: now the newest of its key, and not known before.</returns>
    public bool Merge(Entry entry)
    {
        if (!Replica.Merge(entry, out var other))
        {
            if (other!.Stamp != entry.Stamp) Beaten(entry, other, isKept: entry.Origin == _self);
            return false;
        }

        Show(entry, other);
        // Own writes are in the journal before they come here.
        if (entry.Origin != _self) _record?.Add(entry);
        if (other is not null) Beaten(other, entry, isKept: true);
        return true;
    }

    /// <summary>Takes in what former lives left. Shadows and sets are there before the entries, which may beat one another still.</summary>
    /// <returns>The greatest timestamp among the entries.</returns>
    public HybridTimestamp Restore(JournalContents contents)
    {
        foreach (var holding in contents.Held)
        {
            var log = Log(holding.Origin);
            foreach (var interval in holding.Sequences)
            {
                log.Claim(interval);
                log.Keep([interval], ++Version);
            }
        }

        foreach (var (origin, key, hull) in contents.Shades)
        {
            if (hull is { } beaten) Shadow(Log(origin), key, beaten, winner: default);
        }

        return RestoreEntries(contents.Entries as Entry[] ?? [.. contents.Entries]);
    }

    /// <summary>The entries come in the order of sequences, which suits the logs; sorted by key they suit the replica: in either order a million go in within tenths of a second.</summary>
    private HybridTimestamp RestoreEntries(Entry[] entries)
    {
        var last = default(HybridTimestamp);
        foreach (var entry in entries)
        {
            Log(entry.Origin).Add(entry);
            last = HybridTimestamp.Max(last, entry.Stamp.Time);
        }

        KeyOrder.Sort(entries);
        Entry? newest = null;
        foreach (var entry in entries)
        {
            var isNews = Replica.Merge(entry, out var replaced);
            if (isNews) Digest.Replace(replaced, entry);
            if ((isNews ? replaced : entry) is { } beaten) Beaten(beaten, isNews ? entry : replaced!, isKept: true);
            // Those of one key follow one another: what the next one does not replace is the newest.
            if (isNews && replaced is null && newest is not null) Graves.Add(newest);
            if (isNews) newest = entry;
        }

        if (newest is not null) Graves.Add(newest);
        return last;
    }

    /// <summary>Takes note that what was recorded up to a number is durable.</summary>
    public void Kept(ulong number)
    {
        foreach (var (log, sequences) in _record!.Kept(number)) log.Keep(sequences, ++Version);
    }

    /// <summary>Claims sequences of an origin as held.</summary>
    public void Claim(Origin origin, Interval interval)
    {
        var log = Log(origin);
        if (!_settings.TrackGaps) interval = new(0, interval.UpTo);
        if (log.Claim(interval)) Claimed(log, [interval]);
    }

    /// <summary>Takes a winner in that rode along with a section, and remembers it, so that this server's own sections carry it too. <see cref="ClaimRidden"/> is to follow in the same step.</summary>
    /// <returns>Whether it was news.</returns>
    public bool Ride(Origin origin, Rider rider)
    {
        var winner = rider.Winner;
        // What was merged once has been beaten or purged since, if it is not there.
        var isNews = !Log(winner.Origin).Have.Contains(winner.Sequence) && Merge(winner);
        if (rider.First > 0 && Replica.Get(winner.Key) is not null) Shadow(Log(origin), winner.Key, new(rider.First - 1, rider.Last), Position.Of(winner));
        return isNews;
    }

    /// <summary>Claims winners that rode along, each by itself, which is true whatever is held around it.</summary>
    /// <remarks>
    /// Without that, an entry could stay on this server alone: were its origin to die, nobody would ask for it, and its position would be closed as lost. A server that lags behind
    /// holds tens of thousands of them, so all are taken in at once.
    /// </remarks>
    public void ClaimRidden(IEnumerable<Entry> winners)
    {
        foreach (var ridden in winners.GroupBy(static winner => winner.Origin))
        {
            var log = Log(ridden.Key);
            var alone = new IntervalSet();
            foreach (var sequence in ridden.Select(static winner => winner.Sequence).Order()) alone.Add(new(sequence - 1, sequence));
            var news = alone.Except(log.Have);
            if (news.IsEmpty) continue;

            log.Have.AddAll(news);
            Claimed(log, news);
        }
    }

    /// <summary>Takes in what a peer holds and this server should: they differed, though their sets did not.</summary>
    /// <returns>Whether it was news.</returns>
    public bool Repair(Entry entry)
    {
        if (Replica.Get(entry.Key)?.Stamp >= entry.Stamp) return false;

        var isNews = Merge(entry);
        Claim(entry.Origin, new(entry.Sequence - 1, entry.Sequence));
        return isNews;
    }

    /// <summary>A section of what is held within a range, from its beginning, of about a number of bytes.</summary>
    /// <remarks>
    /// A peer that lags behind is sent winners ahead of their turn, since they ride along with what they beat. So they count as much as entries do (or each frame to it would carry
    /// a MiB of them, however little its link takes), and once it has told that it holds them, they are not sent again in their turn.
    /// </remarks>
    /// <param name="origin">Whose sequences.</param>
    /// <param name="range">Held sequences; the section claims all of them, or as many as fit.</param>
    /// <param name="told">What the receiver told that it holds of them; null for nothing.</param>
    /// <param name="budget">Bytes; one entry always fits. Reduced by what the section takes.</param>
    public Section Cut(Origin origin, Interval range, IntervalSet? told, ref int budget)
    {
        var log = Log(origin);
        var (entries, bytes, met) = (new List<Entry>(), 0, 0);
        var (claimed, known) = (range, told?.UpTo > range.After ? told : null);
        foreach (var entry in log.From(range.After))
        {
            if (entry.Sequence > range.UpTo) break;

            var isKnown = known?.Contains(entry.Sequence) == true;
            if (isKnown ? ++met > MaxKnown : entries.Count > 0 && bytes + Cost(entry) > budget)
            {
                claimed = range with { UpTo = entry.Sequence - 1 };
                break;
            }

            if (isKnown) continue;

            entries.Add(entry);
            bytes += Cost(entry);
        }

        var riders = Riders(log, known, entries, budget, ref claimed);
        foreach (var entry in entries) budget -= Cost(entry);
        foreach (var rider in riders) budget -= CostBeside(entries, rider.Winner);
        return new(origin, claimed.After, claimed.UpTo, entries, riders);
    }

    /// <summary>Takes note that a peer is sent a section.</summary>
    public void Sent(Section section)
    {
        if (section.Origin == _self) SentUpTo = Math.Max(SentUpTo, section.UpTo);
        foreach (var rider in section.Riders) Sent(rider.Winner);
    }

    /// <summary>Takes note that a peer is sent an entry ahead of its turn.</summary>
    public void Sent(Entry entry)
    {
        if (entry.Origin == _self) SentUpTo = Math.Max(SentUpTo, entry.Sequence);
    }

    /// <summary>Forgets what of an ended life's shadows lies above all that is held of it.</summary>
    public void Clip(OriginLog log)
    {
        _shadows -= log.Shadows.Count;
        foreach (var (key, hull) in log.Shadows.Clip(log.Have.UpTo)) _record?.Shade(log.Origin, key, hull);
        _shadows += log.Shadows.Count;
    }

    /// <summary>Forgets shadows that every member has passed.</summary>
    /// <remarks>It is enough that all have passed one winner: who beats that casts the next shadow. Under load there are tens of thousands, so what all hold is asked once for each origin.</remarks>
    /// <param name="heldByAll">What every member told that it holds of an origin.</param>
    public void Fade(Func<Origin, IntervalSet> heldByAll)
    {
        if (_shadows == 0) return;

        var held = _logs.Keys.ToDictionary(static origin => origin, heldByAll);
        foreach (var log in _logs.Values)
        {
            _shadows -= log.Shadows.Count;
            foreach (var key in log.Shadows.Fade(held[log.Origin], IsHeld)) _record?.Shade(log.Origin, key, null);
            _shadows += log.Shadows.Count;
        }

        bool IsHeld(byte[] key, Position winner)
        {
            if (winner == default) winner = Replica.Get(key) is { } newest ? Position.Of(newest) : default;
            return held.TryGetValue(winner.Origin, out var sequences) && sequences.Contains(winner.Sequence);
        }
    }

    /// <summary>Forgets a tombstone or an expired entry for good.</summary>
    public void Purge(Entry entry)
    {
        Replica.Purge(entry);
        Replica.PurgeFloor = HybridTimestamp.Max(Replica.PurgeFloor, entry.Stamp.Time.Next);
        Graves.Remove(entry);
        _logs[entry.Origin].Remove(entry.Sequence);
        _record?.Remove(entry);
    }

    /// <summary>Whether some position of a key was beaten that not every member is known to have passed.</summary>
    public bool HasShadow(byte[] key) => _shadows > 0 && _logs.Values.Any(log => log.Shadows.Has(key));

    /// <summary>It is the newest of its key now.</summary>
    private void Show(Entry entry, Entry? replaced)
    {
        Digest.Replace(replaced, entry);
        Log(entry.Origin).Add(entry);
        Graves.Add(entry);
    }

    /// <summary>The winners over what a claim covers and the receiver does not hold yet. Where they take too much beside the entries, it ends sooner, and the entries with it.</summary>
    private List<Rider> Riders(OriginLog log, IntervalSet? known, List<Entry> entries, int budget, ref Interval claimed)
    {
        var (riders, of) = (new List<Rider>(), new Dictionary<byte[], int>(KeyOrder.Instance));
        var (passed, bytes, riding) = (0, 0, 0);
        foreach (var (key, beaten) in log.Shadows.In(claimed))
        {
            for (; passed < entries.Count && entries[passed].Sequence <= beaten.After; passed++) bytes += Cost(entries[passed]);

            // It was claimed with what proved it.
            if (known?.Covers(beaten) == true) continue;

            if (of.TryGetValue(key, out var place))
            {
                riders[place] = riders[place] with { Last = Math.Max(riders[place].Last, beaten.UpTo) };
                continue;
            }

            // Purged by all: nothing is left that it could beat.
            if (Replica.Get(key) is not { } winner) continue;

            var cost = CostBeside(entries, winner);
            if (beaten.After > claimed.After && bytes + cost > budget)
            {
                claimed = claimed with { UpTo = beaten.After };
                entries.RemoveRange(passed, entries.Count - passed);
                break;
            }

            if (riding + cost > _settings.MaxRiderBytes)
            {
                Unproved++;
                continue;
            }

            (bytes, riding) = (bytes + cost, riding + cost);
            of[key] = riders.Count;
            riders.Add(new(winner, beaten.After + 1, beaten.UpTo));
        }

        return riders;
    }

    private static int Cost(Entry entry) => entry.Size + FrameCodec.EntryOverhead;

    /// <summary>What a winner takes as a rider: one that is among the entries is only named.</summary>
    private static int CostBeside(List<Entry> entries, Entry winner) => Section.PlaceOf(entries, winner) >= 0 ? 0 : Cost(winner);

    /// <summary>The own journal is written before it comes here; all else is durable when its record is.</summary>
    private void Claimed(OriginLog log, IntervalSet news)
    {
        if (_record is null || log.Origin == _self) log.Keep(news, ++Version);
        else _record.Claim(log, news);
    }

    private void Beaten(Entry entry, Entry winner, bool isKept)
    {
        var log = Log(entry.Origin);
        log.Remove(entry.Sequence);
        Graves.Remove(entry);
        if (isKept) _record?.Remove(entry);

        // What beat a shadowed position stands for all that follows it: that everybody claims it must say that everybody has a write of the key.
        if (HasPeers && (!IsOurs(entry, winner) || HasShadow(entry.Key))) Shadow(log, entry.Key, new(entry.Sequence - 1, entry.Sequence), Position.Of(winner));
    }

    /// <summary>Whether nobody else can ever show a beaten entry, so that whoever claims it need not have what beat it.</summary>
    /// <remarks>That is so of own entries that were never sent and were beaten by own ones: what another server's write beat comes back where a power cut takes that write, which may not be on the disk yet.</remarks>
    private bool IsOurs(Entry beaten, Entry winner) => beaten.Origin == _self && winner.Origin == _self && beaten.Sequence > SentUpTo;

    private void Shadow(OriginLog log, byte[] key, Interval beaten, Position winner)
    {
        if (!_settings.KeepBeaten) return;

        _shadows -= log.Shadows.Count;
        var hull = log.Shadows.Add(key, beaten, winner, mayGrow: _shadows + log.Shadows.Count < _settings.MaxShadows);
        _shadows += log.Shadows.Count;
        if (hull is null)
        {
            Unproved++;
            return;
        }

        _record?.Shade(log.Origin, key, hull);
    }
}

/// <summary>Which write: its number in its origin.</summary>
internal readonly record struct Position(Origin Origin, ulong Sequence)
{
    /// <summary>That of an entry.</summary>
    public static Position Of(Entry entry) => new(entry.Origin, entry.Sequence);
}
