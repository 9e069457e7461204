namespace Cmud.Replication;

/// <summary>An order of keys that says in 32 bits where a key stands among keys that begin alike.</summary>
/// <remarks>It is that of the bytes of the keys: who is less there, has no greater hint.</remarks>
public interface IHintedOrder<TKey> : IComparer<TKey>
{
    /// <summary>How many bytes two keys begin with alike.</summary>
    int Alike(TKey a, TKey b);

    /// <summary>The four bytes of a key after so many, the first one highest; zeros where there are fewer.</summary>
    uint Hint(TKey key, int alike);
}
