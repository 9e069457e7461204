using System.Numerics;
using System.Runtime.InteropServices;

namespace Cmud.Replication;

/// <summary>A map in the order of its keys, for one thread at a time: a B+-tree in memory.</summary>
/// <remarks>
/// <para>
/// List wants the keys from some key on, in order, in O(log n + results), while Puts come in at any place. A sorted array
/// moves half of itself for every new key; a binary tree goes down twenty pointers for one key of a million, and .NET's
/// cannot start a scan in its middle. Here the entries lie in leaves of up to 64, chained in order; inner nodes of up to
/// 64 children lead to them, so that a million keys are 4 levels, and a scan is one way down and then a walk along the leaves.
/// </para>
/// <para>
/// Child i of an inner node holds the keys from Keys[i] up to Keys[i + 1]; the first child takes whatever is
/// less, too. Keys are in order in every node. All leaves lie equally deep. The root has either no children or at least two.
/// </para>
/// <para>
/// Removal is lazy: a leaf that loses keys is not joined with its neighbour, because new keys will soon fill it again. A leaf that
/// loses its last key is taken out of the tree and of the chain, so a scan meets at least one entry in every leaf, and an
/// emptied map holds one leaf. A removed key may still be referred to as the lower bound of a node, at most once per node.
/// </para>
/// <para>
/// Keys lie anywhere in memory, so to halve a node is to wait for six of them. Each node keeps a hint of 32 bits for each key in one piece: the bits after what all
/// its keys begin with alike. To count the hints below that of a key, a few instructions for all 64, says where it is. In a leaf one key is looked at then, or two where it is absent, which proves it; on the way down
/// none but the one that says whether the key begins as all of the node do, unless its hint is another's too. (As in Graefe, "Modern B-Tree Techniques", 2011, section 3.4, "poor man's normalized keys".)
/// </para>
/// </remarks>
/// <param name="order">The order of keys; a struct is called without indirection.</param>
public sealed class OrderedMap<TKey, TValue, TOrder>(TOrder order)
    where TKey : notnull
    where TOrder : IHintedOrder<TKey>
{
    /// <summary>Most entries of a leaf and children of an inner node.</summary>
    /// <remarks>Wider: fewer levels, but more to move for a new key. 64 references are 512 bytes, eight cache lines.</remarks>
    private const int Width = 64;

    private readonly TOrder _order = order;
    private Node _root = Node.Leaf();
    private Node? _last;
    private ulong _version;

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>Looks a key up. O(log n).</summary>
    public bool TryGet(TKey key, out TValue value) => TryGet(key, _order, out value);

    /// <summary>Looks up what may be no key yet. O(log n).</summary>
    /// <param name="sought">What is looked for.</param>
    /// <param name="order">The order of this map, for that.</param>
    /// <param name="value">Its value.</param>
    public bool TryGet<TSought, TSoughtOrder>(TSought sought, TSoughtOrder order, out TValue value)
        where TSought : allows ref struct
        where TSoughtOrder : IHintedOrder<TKey, TSought>
    {
        var leaf = LeafFor(sought, order);
        var place = Find(leaf, sought, order, from: 0);
        value = place >= 0 ? leaf.Values![place]! : default!;
        return place >= 0;
    }

    /// <summary>The place of a key's value, made (default) where it was absent. O(log n).</summary>
    /// <returns>The place itself; valid until the next change of the map.</returns>
    public ref TValue? Slot(TKey key)
    {
        if (IsNext(key)) return ref Append(key);

        var leaf = LeafFor(key, _order);
        var place = Find(leaf, key, _order, from: 0);
        if (place >= 0) return ref leaf.Values![place];

        if (leaf.IsFull)
        {
            leaf = MakeRoom(key);
            place = Find(leaf, key, _order, from: 0);
            _last = null;
        }

        leaf.Open(~place, key, _order);
        Count++;
        _version++;
        return ref leaf.Values![~place];
    }

    /// <summary>Takes a key out. O(log n).</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(TKey key)
    {
        if (!Remove(_root, key)) return false;

        while (_root is { Children: { } children, Count: 1 }) _root = children[0];
        Count--;
        _version++;
        _last = null;
        return true;
    }

    /// <summary>Takes all keys out.</summary>
    public void Clear()
    {
        _root = Node.Leaf();
        Count = 0;
        _version++;
        _last = null;
    }

    /// <summary>All keys with their values, in order.</summary>
    /// <remarks>Good until a key is added or removed; after that it throws <see cref="InvalidOperationException"/>.</remarks>
    public IEnumerable<(TKey Key, TValue Value)> All()
    {
        var first = _root;
        while (first.Children is { } children) first = children[0];
        return Scan(first, 0, _version);
    }

    /// <summary>The keys from <paramref name="key"/> on with their values, in order. O(log n + results).</summary>
    /// <remarks>Good until a key is added or removed; after that it throws <see cref="InvalidOperationException"/>.</remarks>
    /// <param name="key">Where to start; need not be there.</param>
    /// <param name="inclusive">Whether <paramref name="key"/> itself is among the results.</param>
    public IEnumerable<(TKey Key, TValue Value)> From(TKey key, bool inclusive)
    {
        var leaf = LeafFor(key, _order);
        var place = Find(leaf, key, _order, from: 0);
        var start = place < 0 ? ~place : inclusive ? place : place + 1;
        return Scan(leaf, start, _version);
    }

    /// <summary>Whether a key comes after all others, and the last leaf has room for it: sequences and loads come in order, and need no way down.</summary>
    private bool IsNext(TKey key)
    {
        _last ??= LastLeaf();
        return !_last.IsFull && _last.Count > 0 && _order.Compare(_last.Keys[_last.Count - 1], key) < 0;
    }

    private ref TValue? Append(TKey key)
    {
        var place = _last!.Count;
        _last.Open(place, key, _order);
        Count++;
        _version++;
        return ref _last.Values![place];
    }

    private Node LastLeaf()
    {
        var last = _root;
        while (last.Children is { } children) last = children[last.Count - 1];
        return last;
    }

    private IEnumerable<(TKey Key, TValue Value)> Scan(Node start, int place, ulong version)
    {
        ThrowIfChangedSince(version);
        for (var leaf = start; leaf is not null; leaf = leaf.Next)
        {
            for (; place < leaf.Count; place++)
            {
                yield return (leaf.Keys[place], leaf.Values![place]!);
                ThrowIfChangedSince(version);
            }

            place = 0;
        }
    }

    private void ThrowIfChangedSince(ulong version)
    {
        if (version != _version) throw new InvalidOperationException("A key was added to or removed from the map after this scan began; begin a new scan after the last key seen.");
    }

    private Node LeafFor<TSought, TSoughtOrder>(TSought sought, TSoughtOrder order)
        where TSought : allows ref struct
        where TSoughtOrder : IHintedOrder<TKey, TSought>
    {
        var node = _root;
        while (node.Children is { } children) node = children[ChildFor(node, sought, order)];
        return node;
    }

    private static int ChildFor<TSought, TSoughtOrder>(Node node, TSought sought, TSoughtOrder order)
        where TSought : allows ref struct
        where TSoughtOrder : IHintedOrder<TKey, TSought>
    {
        var hint = order.Hint(sought, node.Alike);
        var below = node.HintsBelow(hint);
        // Among keys that begin alike and have other hints, hints are as good as keys.
        if (!node.IsHint(below, hint) && order.Begins(sought, node.Keys[0], node.Alike)) return Math.Max(0, below - 1);

        var place = Find(node, sought, order, from: 1);
        return place >= 0 ? place : ~place - 1;
    }

    /// <summary>The place of a key among the keys of a node, or the complement of where it belongs.</summary>
    private static int Find<TSought, TSoughtOrder>(Node node, TSought sought, TSoughtOrder order, int from)
        where TSought : allows ref struct
        where TSoughtOrder : IHintedOrder<TKey, TSought>
    {
        var (keys, low, high) = (node.Keys, from, node.Count - 1);
        var hinted = Math.Max(from, node.HintsBelow(order.Hint(sought, node.Alike)));
        if (hinted <= high)
        {
            var comparison = order.Compare(keys[hinted], sought);
            if (comparison == 0) return hinted;
            if (comparison < 0) low = hinted + 1;
            else high = hinted - 1;
        }

        // Is it just above the one before? Then nothing is left to be halved.
        if (hinted == high + 1 && high >= low)
        {
            var comparison = order.Compare(keys[high], sought);
            if (comparison == 0) return high;
            if (comparison < 0) low = hinted;
            else high--;
        }

        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var comparison = order.Compare(keys[middle], sought);
            if (comparison == 0) return middle;
            if (comparison < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    /// <summary>Goes down to the leaf for a key and splits each full node on the way, so that every split finds room in the node above.</summary>
    /// <remarks>
    /// A node at the right edge is split at its end and not in its middle: keys that come in ascending order, as when a
    /// replica loads another's, leave full nodes behind them instead of half-empty ones.
    /// </remarks>
    /// <returns>The leaf, with room for one more.</returns>
    private Node MakeRoom(TKey key)
    {
        if (_root.IsFull) _root = Node.Above(_root, _order);

        var node = _root;
        var atRightEdge = true;
        while (node.Children is { } children)
        {
            var place = ChildFor(node, key, _order);
            atRightEdge &= place == node.Count - 1;
            if (children[place].IsFull)
            {
                node.SplitChild(place, keep: atRightEdge ? Width - 1 : Width / 2, _order);
                place = ChildFor(node, key, _order);
                atRightEdge &= place == node.Count - 1;
            }

            node = children[place];
        }

        return node;
    }

    /// <summary>Takes a key out below a node, and every node out that is empty without it; the caller sees to the node itself.</summary>
    private bool Remove(Node node, TKey key)
    {
        if (node.Children is not { } children)
        {
            var place = Find(node, key, _order, from: 0);
            if (place < 0) return false;

            node.Close(place);
            return true;
        }

        var child = ChildFor(node, key, _order);
        if (!Remove(children[child], key)) return false;

        if (children[child].Count == 0)
        {
            children[child].Unchain();
            node.Close(child);
        }

        return true;
    }

    /// <summary>A leaf (Values, no Children) or an inner node (Children, no Values); the nodes of one level are chained in order.</summary>
    private sealed class Node
    {
        public readonly TKey[] Keys = new TKey[Width];
        public readonly TValue?[]? Values;
        public readonly Node[]? Children;
        private readonly uint[] _hints = new uint[Width];
        private Node? _previous;

        private Node(bool isLeaf)
        {
            if (isLeaf) Values = new TValue?[Width];
            else Children = new Node[Width];
            Array.Fill(_hints, uint.MaxValue);
        }

        public int Count { get; private set; }

        public Node? Next { get; private set; }

        public bool IsFull => Count == Width;

        /// <summary>How many bytes all keys begin with alike; those that are not looked at may differ.</summary>
        public int Alike { get; private set; }

        public static Node Leaf() => new(isLeaf: true);

        /// <summary>An inner node with one child.</summary>
        public static Node Above(Node child, TOrder order)
        {
            var node = new Node(isLeaf: false);
            node.Open(0, child.Keys[0], order);
            node.Children![0] = child;
            return node;
        }

        /// <summary>How many keys have a hint below this one; there is none where there is no key.</summary>
        public int HintsBelow(uint hint)
        {
            var (wanted, below) = (new Vector<uint>(hint), Vector<uint>.Zero);
            // A mask has all bits set, which is minus one.
            foreach (var hints in MemoryMarshal.Cast<uint, Vector<uint>>(_hints.AsSpan())) below -= Vector.LessThan(hints, wanted);
            return (int)Vector.Sum(below);
        }

        /// <summary>Whether the key at a place has a hint.</summary>
        public bool IsHint(int place, uint hint) => place < Count && _hints[place] == hint;

        /// <summary>Makes a place for a key; what belongs to the key there is the default until the caller sets it.</summary>
        public void Open(int place, TKey key, TOrder order)
        {
            Open(Keys, place, key);
            Open(_hints, place, uint.MaxValue);
            if (Values is not null) Open(Values, place, default);
            if (Children is not null) Open(Children, place, null!);
            Count++;
            // Its neighbour stands for all: what that shares with the others, it shares too.
            var alike = Count == 1 ? order.Alike(key, key) : order.Alike(key, Keys[place == 0 ? 1 : place - 1]);
            if (Count == 1 || alike < Alike) Hint(alike, order);
            else _hints[place] = order.Hint(key, Alike);
        }

        /// <summary>Takes a key out with what belongs to it.</summary>
        public void Close(int place)
        {
            Close(Keys, place);
            Close(_hints, place);
            _hints[Count - 1] = uint.MaxValue;
            if (Values is not null) Close(Values, place);
            if (Children is not null) Close(Children, place);
            Count--;
        }

        /// <summary>Splits a child in two: the first <paramref name="keep"/> of its keys stay, the others go to a new child after it.</summary>
        public void SplitChild(int place, int keep, TOrder order)
        {
            var left = Children![place];
            var right = new Node(isLeaf: left.Children is null);
            left.MoveTail(keep, right);
            left.HintAnew(order);
            right.HintAnew(order);

            right._previous = left;
            right.Next = left.Next;
            if (left.Next is not null) left.Next._previous = right;
            left.Next = right;

            Open(place + 1, right.Keys[0], order);
            Children[place + 1] = right;
            if (place > 0) return;

            // The first child took keys below its bound, and may have kept nothing else: bounds stay in order.
            Keys[0] = left.Keys[0];
            HintAnew(order);
        }

        public void Unchain()
        {
            if (_previous is not null) _previous.Next = Next;
            if (Next is not null) Next._previous = _previous;
        }

        /// <summary>Keys are in order: what the first and the last share, all share.</summary>
        private void HintAnew(TOrder order) => Hint(order.Alike(Keys[0], Keys[Count - 1]), order);

        private void Hint(int alike, TOrder order)
        {
            Alike = alike;
            for (var i = 0; i < Count; i++) _hints[i] = order.Hint(Keys[i], alike);
            Array.Fill(_hints, uint.MaxValue, Count, Width - Count);
        }

        private void MoveTail(int keep, Node right)
        {
            MoveTail(Keys, right.Keys, keep);
            if (Values is not null) MoveTail(Values, right.Values!, keep);
            if (Children is not null) MoveTail(Children, right.Children!, keep);
            right.Count = Count - keep;
            Count = keep;
        }

        private void Open<T>(T[] items, int place, T item)
        {
            Array.Copy(items, place, items, place + 1, Count - place);
            items[place] = item;
        }

        private void Close<T>(T[] items, int place)
        {
            Array.Copy(items, place + 1, items, place, Count - place - 1);
            // Or what was removed would be kept from the garbage collector.
            items[Count - 1] = default!;
        }

        private void MoveTail<T>(T[] from, T[] to, int keep)
        {
            Array.Copy(from, keep, to, 0, Count - keep);
            Array.Clear(from, keep, Count - keep);
        }
    }
}
