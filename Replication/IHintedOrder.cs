namespace Cmud.Replication;

/// <summary>An order of keys that says in 32 bits where a key stands among keys that begin alike.</summary>
/// <remarks>It is that of the bytes of the keys: who is less there, has no greater hint.</remarks>
public interface IHintedOrder<TKey> : IHintedOrder<TKey, TKey>
{
    /// <summary>How many bytes two keys begin with alike.</summary>
    int Alike(TKey a, TKey b);
}

/// <summary>That order as a search needs it: keys against what is looked for, which may lie where it came and be no key yet.</summary>
public interface IHintedOrder<in TKey, in TSought>
    where TSought : allows ref struct
{
    /// <summary>Less than 0 where the key comes before what is looked for, 0 where it is that.</summary>
    int Compare(TKey key, TSought sought);

    /// <summary>Whether what is looked for begins with the first so many bytes of a key.</summary>
    bool Begins(TSought sought, TKey key, int alike);

    /// <summary>The four bytes after so many, the first one highest; zeros where there are fewer.</summary>
    uint Hint(TSought sought, int alike);
}
