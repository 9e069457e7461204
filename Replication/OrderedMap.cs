namespace Cmud.Replication;

/// <summary>Placeholder until the B+-tree lands.</summary>
public sealed class OrderedMap<TKey, TValue, TOrder>(TOrder order)
    where TKey : notnull
    where TOrder : IComparer<TKey>
{
    private readonly TOrder _order = order;

    /// <summary>Count.</summary>
    public int Count => throw new NotImplementedException(_order.ToString());

    /// <summary>Looks a key up.</summary>
    public bool TryGet(TKey key, out TValue value) => throw new NotImplementedException();

    /// <summary>The place of a key's value, made (default) where it was absent. Valid until the next change.</summary>
    public ref TValue? Slot(TKey key) => throw new NotImplementedException();
}
