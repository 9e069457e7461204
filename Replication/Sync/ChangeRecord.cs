using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>
/// What is to be kept on disk, gathered until the end of a step: what was merged, what it beat, and what is claimed with it go to the journal as one,
/// and the claims are told when the journal says that it has them.
/// </summary>
internal sealed class ChangeRecord
{
    private readonly Queue<(ulong Number, List<(OriginLog, IntervalSet)> Claims)> _underWay = new();
    private readonly Dictionary<(Origin, ulong), Entry> _entries = [];
    private readonly List<Mark> _gone = [];
    private readonly Dictionary<Origin, Dictionary<byte[], Interval?>> _shades = [];
    private List<(OriginLog Log, IntervalSet Sequences)> _claims = [];
    private readonly Dictionary<Origin, ulong> _purged = [];
    private readonly HashSet<ServerId> _caught = [];
    private HybridTimestamp _purgeFloor;
    private bool _isTouched;
    private ulong _taken;
    private ulong _membersKept;

    public void Add(Entry entry) => _entries[(entry.Origin, entry.Sequence)] = entry;

    /// <summary>An entry that may be on disk is no longer the newest of its key.</summary>
    public void Remove(Entry entry)
    {
        if (!_entries.Remove((entry.Origin, entry.Sequence))) _gone.Add(new(entry.Origin, entry.Sequence));
    }

    public void Claim(OriginLog log, IntervalSet sequences) => _claims.Add((log, sequences));

    public void Shade(Origin origin, byte[] key, Interval? hull)
    {
        if (!_shades.TryGetValue(origin, out var shades)) _shades[origin] = shades = new(KeyOrder.Instance);
        shades[key] = hull;
    }

    /// <summary>An entry is forgotten; below the floor, what is not there was deleted.</summary>
    public void Purged(Mark mark, HybridTimestamp floor)
    {
        _purged[mark.Origin] = Math.Max(_purged.GetValueOrDefault(mark.Origin), mark.Sequence);
        _purgeFloor = floor;
    }

    public void Caught(ServerId server) => _caught.Add(server);

    /// <summary>Asks for the clock to be kept, though nothing else is to be; gives the number under which it will be.</summary>
    public ulong Touch()
    {
        _isTouched = true;
        return _taken + 1;
    }

    /// <summary>All that was gathered since the last time, with its number; null where there is nothing.</summary>
    public Keep? Take(Members members, HybridTimestamp clock)
    {
        var areMembersNew = members.Version != _membersKept;
        if (_entries.Count == 0 && _gone.Count == 0 && _claims.Count == 0 && _shades.Count == 0 && !areMembersNew && !_isTouched) return null;

        var changes = new JournalChanges
        {
            Entries = [.. _entries.Values],
            Gone = [.. _gone],
            Held = [.. _claims.Select(claim => claim.Log).Distinct().Select(log => new Holding(log.Origin, log.Have.Clone()))],
            Shades = [.. _shades.SelectMany(origin => origin.Value.Select(shade => new Shade(origin.Key, shade.Key, shade.Value)))],
            Members = areMembersNew ? [.. members.All] : [],
            Purged = [.. _purged.Select(mark => new Mark(mark.Key, mark.Value))],
            Caught = [.. _caught],
            PurgeFloor = _purgeFloor,
            Clock = clock,
        };
        _underWay.Enqueue((++_taken, _claims));
        (_claims, _membersKept, _isTouched) = ([], members.Version, false);
        _entries.Clear();
        _gone.Clear();
        _shades.Clear();
        _purged.Clear();
        _purgeFloor = default;
        _caught.Clear();
        return new(_taken, changes);
    }

    /// <summary>The claims that are durable now that the journal has kept all up to a number.</summary>
    public IEnumerable<(OriginLog Log, IntervalSet Sequences)> Kept(ulong number)
    {
        while (_underWay.TryPeek(out var oldest) && oldest.Number <= number)
        {
            foreach (var claim in _underWay.Dequeue().Claims) yield return claim;
        }
    }
}
