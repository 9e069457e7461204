using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Cmud.Replication;

/// <summary>What a journal committed and the sync grain has not yet taken: newest per key, so its size is bounded by the keys. Safe for many threads.</summary>
public sealed class JournalTail
{
    /// <summary>Room for so many is kept for the next ones: what a busy server commits between two slices, in 2 MB.</summary>
    private const int KeptRoom = 65_536;

    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<byte[], Entry> _fresh = new(KeyOrder.Instance);
    private Dictionary<byte[], Entry>? _spare;
    private ulong _taken;
    private ulong _head;

    /// <summary>The last sequence committed; 0 before the first.</summary>
    public ulong Head
    {
        get
        {
            lock (_gate) return _head;
        }
    }

    /// <summary>Takes in what was committed: the sequences that follow <see cref="Head"/>.</summary>
    /// <returns>Those that lost to another here: nobody else will ever hear of them.</returns>
    public IReadOnlyList<Entry> Add(IReadOnlyList<Entry> committed)
    {
        List<Entry>? lost = null;
        lock (_gate)
        {
            foreach (var entry in committed)
            {
                _head = entry.Sequence;
                // By stamp, not by sequence: grains of one server may commit in another order than they stamped.
                ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(_fresh, entry.Key, out _);
                var winner = held is null ? entry : Entry.Merge(held, entry);
                if (held is not null) (lost ??= []).Add(ReferenceEquals(winner, entry) ? held : entry);
                held = winner;
            }
        }

        _signal.Writer.TryWrite(true);
        return lost ?? [];
    }

    /// <inheritdoc cref="IJournal.Take"/>
    public JournalSlice? Take()
    {
        Dictionary<byte[], Entry> taken;
        ulong after, upTo;
        lock (_gate)
        {
            if (_head == _taken) return null;
            (taken, _fresh, _spare) = (_fresh, _spare ?? new(KeyOrder.Instance), null);
            (after, upTo, _taken) = (_taken, _head, _head);
        }

        var entries = taken.Values.ToArray();
        if (entries.Length <= KeptRoom)
        {
            taken.Clear();
            lock (_gate) _spare = taken;
        }

        Array.Sort(Array.ConvertAll(entries, static entry => entry.Sequence), entries);
        return new JournalSlice(after, upTo, entries);
    }

    /// <inheritdoc cref="IJournal.WaitAsync"/>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _signal.Reader.ReadAsync(cancellationToken);
}
