using System.Threading.Channels;

namespace Cmud.Replication;

/// <summary>A journal that counts and keeps nothing: "durable" means merged in the sync grain.</summary>
public sealed class MemoryJournal(Origin origin) : IJournal
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<byte[], Entry> _fresh = new(KeyOrder.Instance);
    private ulong _taken;
    private ulong _head;

    /// <inheritdoc/>
    public Origin Origin => origin;

    /// <inheritdoc/>
    public ulong Head
    {
        get
        {
            lock (_gate) return _head;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Entry[]> Append(IReadOnlyList<Entry> drafts)
    {
        var numbered = new Entry[drafts.Count];
        lock (_gate)
        {
            for (var i = 0; i < numbered.Length; i++)
            {
                numbered[i] = drafts[i].Numbered(++_head);
                Keep(numbered[i]);
            }
        }

        _signal.Writer.TryWrite(true);
        return ValueTask.FromResult(numbered);
    }

    /// <inheritdoc/>
    public JournalSlice? Take()
    {
        Dictionary<byte[], Entry> taken;
        ulong after, upTo;
        lock (_gate)
        {
            if (_head == _taken) return null;
            (taken, _fresh) = (_fresh, new(KeyOrder.Instance));
            (after, upTo, _taken) = (_taken, _head, _head);
        }

        var entries = taken.Values.ToArray();
        Array.Sort(entries, static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return new JournalSlice(after, upTo, entries);
    }

    /// <inheritdoc/>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _signal.Reader.ReadAsync(cancellationToken);

    /// <summary>Newest per key by stamp, not by sequence: grains of one server may commit in another order than they stamped.</summary>
    private void Keep(Entry entry) =>
        _fresh[entry.Key] = _fresh.TryGetValue(entry.Key, out var held) ? Entry.Merge(held, entry) : entry;
}
