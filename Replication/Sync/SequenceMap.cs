namespace Cmud.Replication.Sync;

/// <summary>Values by sequence, in order: in pages of 64, as sequences come one after the other.</summary>
/// <remarks>
/// Beside a tree of the values themselves, which it was, there is no search within a page and 1/64 of the keys. Where later writes beat earlier ones at random, old pages hold few values: by
/// arithmetic, 5 slots of 8 bytes for each in the middle, since a page is dropped when its last value goes; where every 64th write alone is never beaten, all 64.
/// </remarks>
/// <typeparam name="T">Of the values.</typeparam>
internal sealed class SequenceMap<T> where T : class
{
    private const int PageBits = 6;

    private const int PageSize = 1 << PageBits;

    private readonly OrderedMap<ulong, Page, SequenceOrder> _pages = new(default);
    private Page _latest = new(ulong.MaxValue);

    /// <summary>Puts a value at a sequence, in place of one that is there.</summary>
    public void Set(ulong sequence, T value)
    {
        if (_latest.Number != sequence >> PageBits)
        {
            ref var page = ref _pages.Slot(sequence >> PageBits);
            _latest = page ??= new(sequence >> PageBits);
        }

        ref var slot = ref _latest.Values[sequence % PageSize];
        if (slot is null) _latest.Count++;
        slot = value;
    }

    /// <summary>Forgets the value at a sequence; nothing where there is none.</summary>
    public void Remove(ulong sequence)
    {
        if (!_pages.TryGet(sequence >> PageBits, out var page) || page.Values[sequence % PageSize] is null) return;

        page.Values[sequence % PageSize] = null;
        if (--page.Count > 0) return;

        _pages.Remove(page.Number);
        if (_latest == page) _latest = new(ulong.MaxValue);
    }

    /// <summary>The values above a sequence, in order. It may not be changed meanwhile.</summary>
    public IEnumerable<T> From(ulong after)
    {
        if (after == ulong.MaxValue) yield break;

        var first = after + 1;
        foreach (var (number, page) in _pages.From(first >> PageBits, inclusive: true))
        {
            for (var i = number == first >> PageBits ? (int)(first % PageSize) : 0; i < PageSize; i++)
            {
                if (page.Values[i] is { } value) yield return value;
            }
        }
    }

    private sealed class Page(ulong number)
    {
        public readonly T?[] Values = new T?[PageSize];

        public ulong Number => number;

        public int Count { get; set; }
    }
}
