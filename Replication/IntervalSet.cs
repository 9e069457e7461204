using System.Collections;

namespace Cmud.Replication;

/// <summary>A set of sequences, held as intervals: in order, and neither overlapping nor touching. For one thread at a time.</summary>
/// <remarks>
/// What a server holds of an origin is a long run from the start and, after losses, some islands above it. So a plain list
/// with binary search does; two sets are joined, cut and compared in one walk over both.
/// </remarks>
public sealed class IntervalSet : IEnumerable<Interval>
{
    /// <summary>Up to so many intervals are taken in or out one by one, each by binary search.</summary>
    private const int FewIntervals = 4;

    private readonly List<Interval> _intervals = [];

    /// <summary>How many intervals there are.</summary>
    public int Count => _intervals.Count;

    /// <summary>Whether it holds nothing.</summary>
    public bool IsEmpty => _intervals.Count == 0;

    /// <summary>How many sequences it holds.</summary>
    public ulong Size
    {
        get
        {
            var size = 0UL;
            foreach (var interval in _intervals) size += interval.Count;
            return size;
        }
    }

    /// <summary>The greatest sequence up to which all are held; 0 where the first is not.</summary>
    public ulong Floor => !IsEmpty && _intervals[0].After == 0 ? _intervals[0].UpTo : 0;

    /// <summary>The greatest sequence held, or 0.</summary>
    public ulong UpTo => IsEmpty ? 0 : _intervals[^1].UpTo;

    /// <summary>Takes an interval in; intervals that overlap or touch become one.</summary>
    public void Add(Interval added)
    {
        if (added.IsEmpty) return;

        var first = FirstReaching(added.After);
        var (after, upTo, end) = (added.After, added.UpTo, first);
        for (; end < Count && _intervals[end].After <= added.UpTo; end++)
        {
            after = Math.Min(after, _intervals[end].After);
            upTo = Math.Max(upTo, _intervals[end].UpTo);
        }

        _intervals.RemoveRange(first, end - first);
        _intervals.Insert(first, new Interval(after, upTo));
    }

    /// <summary>Takes all of another set in.</summary>
    public void AddAll(IntervalSet other)
    {
        if (other.Count > FewIntervals)
        {
            Become(Union(_intervals, other._intervals));
            return;
        }

        // A copy, because the other may be this very set.
        foreach (var interval in other._intervals.ToArray()) Add(interval);
    }

    /// <summary>Takes an interval out; one that reaches beyond it on both sides becomes two.</summary>
    public void Remove(Interval removed)
    {
        if (removed.IsEmpty) return;

        var kept = new List<Interval>(2);
        var first = FirstReaching(removed.After);
        var end = first;
        for (; end < Count && _intervals[end].After < removed.UpTo; end++)
        {
            var held = _intervals[end];
            var below = held with { UpTo = Math.Min(held.UpTo, removed.After) };
            var above = held with { After = Math.Max(held.After, removed.UpTo) };
            if (!below.IsEmpty) kept.Add(below);
            if (!above.IsEmpty) kept.Add(above);
        }

        _intervals.RemoveRange(first, end - first);
        _intervals.InsertRange(first, kept);
    }

    /// <summary>Takes all of another set out.</summary>
    public void RemoveAll(IntervalSet other)
    {
        if (other.Count > FewIntervals)
        {
            Become(Difference(_intervals, other._intervals));
            return;
        }

        // A copy, because the other may be this very set.
        foreach (var interval in other._intervals.ToArray()) Remove(interval);
    }

    /// <summary>Whether it holds a sequence.</summary>
    public bool Contains(ulong sequence) => sequence > 0 && Covers(new Interval(sequence - 1, sequence));

    /// <summary>Whether it holds every sequence of an interval.</summary>
    public bool Covers(Interval interval)
    {
        if (interval.IsEmpty) return true;

        var place = FirstReaching(interval.UpTo);
        return place < Count && _intervals[place].After <= interval.After;
    }

    /// <summary>Whether it holds every sequence of another set.</summary>
    public bool Covers(IntervalSet other)
    {
        foreach (var interval in other._intervals)
        {
            if (!Covers(interval)) return false;
        }

        return true;
    }

    /// <summary>A new set: what this one holds and the other does not.</summary>
    public IntervalSet Except(IntervalSet other)
    {
        var rest = Clone();
        rest.RemoveAll(other);
        return rest;
    }

    /// <summary>A new set: what both hold.</summary>
    public IntervalSet Intersect(IntervalSet other) => Except(Except(other));

    /// <summary>A new set: the lowest intervals of this one, at most a number of them.</summary>
    public IntervalSet Lowest(int count)
    {
        var lowest = new IntervalSet();
        lowest._intervals.AddRange(_intervals.Take(count));
        return lowest;
    }

    /// <summary>A new set that holds the same.</summary>
    public IntervalSet Clone()
    {
        var clone = new IntervalSet();
        clone._intervals.AddRange(_intervals);
        return clone;
    }

    /// <summary>Whether both hold the same sequences.</summary>
    public bool SetEquals(IntervalSet other) => _intervals.SequenceEqual(other._intervals);

    /// <summary>The intervals in order; invalid after a change of the set.</summary>
    public IEnumerator<Interval> GetEnumerator() => _intervals.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The intervals, as in "(0,5] (7,9]".</summary>
    public override string ToString() => string.Join(' ', _intervals);

    private void Become(List<Interval> intervals)
    {
        _intervals.Clear();
        _intervals.AddRange(intervals);
    }

    /// <summary>Both lists in one walk, in order of their beginnings.</summary>
    private static List<Interval> Union(List<Interval> left, List<Interval> right)
    {
        var union = new List<Interval>(left.Count + right.Count);
        for (int l = 0, r = 0; l < left.Count || r < right.Count;)
        {
            var next = r == right.Count || (l < left.Count && left[l].After <= right[r].After) ? left[l++] : right[r++];
            if (union.Count > 0 && next.After <= union[^1].UpTo) union[^1] = union[^1] with { UpTo = Math.Max(union[^1].UpTo, next.UpTo) };
            else union.Add(next);
        }

        return union;
    }

    /// <summary>What is left of a list without another, in one walk.</summary>
    private static List<Interval> Difference(List<Interval> from, List<Interval> removed)
    {
        var difference = new List<Interval>(from.Count + removed.Count);
        var r = 0;
        foreach (var interval in from)
        {
            var after = interval.After;
            while (r < removed.Count && removed[r].UpTo <= after) r++;
            for (var i = r; i < removed.Count && removed[i].After < interval.UpTo; i++)
            {
                if (removed[i].After > after) difference.Add(new(after, removed[i].After));
                after = Math.Max(after, removed[i].UpTo);
            }

            if (after < interval.UpTo) difference.Add(new(after, interval.UpTo));
        }

        return difference;
    }

    /// <summary>The place of the first interval whose end is at or above a sequence, or Count.</summary>
    private int FirstReaching(ulong sequence)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (_intervals[middle].UpTo < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

/// <summary>The sequences above <paramref name="After"/>, up to and with <paramref name="UpTo"/>.</summary>
/// <param name="After">The sequence before the first.</param>
/// <param name="UpTo">The last sequence.</param>
public readonly record struct Interval(ulong After, ulong UpTo)
{
    /// <summary>Whether there is no sequence in it.</summary>
    public bool IsEmpty => UpTo <= After;

    /// <summary>How many sequences there are in it.</summary>
    public ulong Count => IsEmpty ? 0 : UpTo - After;

    /// <summary>The least interval that has both in it.</summary>
    public Interval Hull(Interval other) => new(Math.Min(After, other.After), Math.Max(UpTo, other.UpTo));

    /// <summary>As in "(0,5]".</summary>
    public override string ToString() => FormattableString.Invariant($"({After},{UpTo}]");
}
