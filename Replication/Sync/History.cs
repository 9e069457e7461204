using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>All that a server holds, by key (its replica) and by origin and sequence (its logs): takes sections in and cuts them out.</summary>
internal sealed class History
{
    private readonly SyncSettings _settings;
    private readonly Origin _self;
    private readonly SortedDictionary<Origin, OriginLog> _logs = [];
    private readonly ChangeRecord? _record;
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
        Log(self);
    }

    public Replica Replica { get; }

    /// <summary>Counts the changes of the held sets: what a peer was told is remembered as a version.</summary>
    public ulong Version { get; private set; } = 1;

    /// <summary>The greatest own sequence that any peer was ever sent: above it no other server can hold an entry.</summary>
    public ulong SentUpTo { get; set; }

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
        if (_logs.TryGetValue(origin, out var log)) return log;

        _logs[origin] = log = new OriginLog(origin);
        Claimed(log, default);
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
            if (other!.Stamp != entry.Stamp) Beaten(entry, isKept: entry.Origin == _self);
            return false;
        }

        Show(entry, other);
        // Own writes are in the journal before they come here.
        if (entry.Origin != _self) _record?.Add(entry);
        if (other is not null) Beaten(other, isKept: true);
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
                log.Keep(interval, ++Version);
            }
        }

        foreach (var (origin, key, hull) in contents.Shades)
        {
            if (hull is { } beaten) Shadow(Log(origin), key, beaten);
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
            if ((isNews ? replaced : entry) is { } beaten) Beaten(beaten, isKept: true);
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
        foreach (var (log, interval) in _record!.Kept(number)) log.Keep(interval, ++Version);
    }

    /// <summary>Claims sequences of an origin as held.</summary>
    public void Claim(Origin origin, Interval interval)
    {
        var log = Log(origin);
        if (!_settings.TrackGaps) interval = new(0, interval.UpTo);
        if (log.Claim(interval)) Claimed(log, interval);
    }

    /// <summary>Takes a winner in that rode along with a section, and remembers it, so that this server's own sections carry it too.</summary>
    /// <remarks>
    /// Its own sequence is claimed by itself, which is true whatever is held around it. Without that, an entry could stay on this
    /// server alone: were its origin to die, nobody would ask for it, and its position would be closed as lost.
    /// </remarks>
    /// <returns>Whether it was news.</returns>
    public bool Ride(Origin origin, Rider rider)
    {
        var winner = rider.Winner;
        // What was merged once has been beaten or purged since, if it is not there.
        var isNews = !Log(winner.Origin).Have.Contains(winner.Sequence) && Merge(winner);
        Claim(winner.Origin, new(winner.Sequence - 1, winner.Sequence));
        if (rider.First > 0 && Replica.Get(winner.Key) is not null) Shadow(Log(origin), winner.Key, new(rider.First - 1, rider.Last));
        return isNews;
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
    /// <param name="origin">Whose sequences.</param>
    /// <param name="range">Held sequences; the section claims all of them, or as many as fit.</param>
    /// <param name="budget">Bytes; one entry always fits. Reduced by what the section takes.</param>
    public Section Cut(Origin origin, Interval range, ref int budget)
    {
        var log = Log(origin);
        var entries = new List<Entry>();
        var upTo = range.UpTo;
        foreach (var entry in log.From(range.After))
        {
            if (entry.Sequence > range.UpTo) break;

            var cost = entry.Size + FrameCodec.EntryOverhead;
            if (entries.Count > 0 && cost > budget)
            {
                upTo = entries[^1].Sequence;
                break;
            }

            entries.Add(entry);
            budget -= cost;
        }

        var riders = Riders(log, new(range.After, upTo), out var bytes);
        budget -= bytes;
        return new(origin, range.After, upTo, entries, riders);
    }

    /// <summary>Forgets what of an ended life's shadows lies above all that is held of it.</summary>
    public void Clip(OriginLog log)
    {
        foreach (var (key, hull) in log.Clip())
        {
            if (hull is null) _shadows--;
            _record?.Shade(log.Origin, key, hull);
        }
    }

    /// <summary>Forgets shadows that every member has passed.</summary>
    /// <param name="allHold">Whether every member told that it holds sequences of an origin.</param>
    public void Fade(Func<Origin, Interval, bool> allHold)
    {
        if (_shadows == 0) return;

        foreach (var log in _logs.Values)
        {
            var faded = log.Fade((key, beaten) => allHold(log.Origin, beaten)
                && Replica.Get(key) is { } winner && allHold(winner.Origin, new(winner.Sequence - 1, winner.Sequence)));
            foreach (var key in faded) _record?.Shade(log.Origin, key, null);
            _shadows -= faded.Count;
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
    public bool HasShadow(byte[] key) => _shadows > 0 && _logs.Values.Any(log => log.ShadowOf(key) is not null);

    /// <summary>It is the newest of its key now.</summary>
    private void Show(Entry entry, Entry? replaced)
    {
        Digest.Replace(replaced, entry);
        Log(entry.Origin).Add(entry);
        Graves.Add(entry);
    }

    private List<Rider> Riders(OriginLog log, Interval claimed, out int bytes)
    {
        var riders = new List<Rider>();
        bytes = 0;
        foreach (var (key, beaten) in log.ShadowsIn(claimed))
        {
            var winner = Replica.Get(key)!;
            var isInside = winner.Origin == log.Origin && winner.Sequence > claimed.After && winner.Sequence <= claimed.UpTo;
            var cost = isInside ? 0 : winner.Size + FrameCodec.EntryOverhead;
            if (bytes + cost > _settings.MaxRiderBytes)
            {
                Unproved++;
                continue;
            }

            bytes += cost;
            riders.Add(new(winner, beaten.After + 1, beaten.UpTo));
        }

        return riders;
    }

    /// <summary>The own journal is written before it comes here; all else is durable when its record is.</summary>
    private void Claimed(OriginLog log, Interval interval)
    {
        if (_record is null || log.Origin == _self) log.Keep(interval, ++Version);
        else _record.Claim(log, interval);
    }

    private void Beaten(Entry entry, bool isKept)
    {
        var log = Log(entry.Origin);
        log.Remove(entry.Sequence);
        Graves.Remove(entry);
        if (isKept) _record?.Remove(entry);

        // Own entries that were never sent cannot be shown by anyone else; nor can anything where there is no one else.
        if (HasPeers && (entry.Origin != _self || entry.Sequence <= SentUpTo)) Shadow(log, entry.Key, new(entry.Sequence - 1, entry.Sequence));
    }

    private void Shadow(OriginLog log, byte[] key, Interval beaten)
    {
        if (!_settings.KeepBeaten) return;

        var isNew = log.ShadowOf(key) is null;
        if (isNew && _shadows >= _settings.MaxShadows)
        {
            Unproved++;
            return;
        }

        log.Shadow(key, beaten);
        if (isNew) _shadows++;
        _record?.Shade(log.Origin, key, log.ShadowOf(key));
    }
}
