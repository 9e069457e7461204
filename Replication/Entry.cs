namespace Cmud.Replication;

/// <summary>One write to one key. Immutable once it has its number, and shared by all replicas of a server: nobody may write into its arrays.</summary>
public sealed class Entry
{
    /// <summary>The expiry of an entry that never expires.</summary>
    public const long Never = 0;

    /// <summary>A write of <paramref name="value"/> to <paramref name="key"/>; a null value is a tombstone.</summary>
    /// <param name="key">UTF-8, as <see cref="Door"/> let it in.</param>
    /// <param name="value">UTF-8, or null for a delete.</param>
    /// <param name="stamp">Its place in the total order of writes.</param>
    /// <param name="sequence">Its number in its origin, 1 and up; 0 while the journal has not yet given one.</param>
    /// <param name="expiry">Milliseconds since 1970 at which it expires, or <see cref="Never"/>.</param>
    public Entry(byte[] key, byte[]? value, Stamp stamp, ulong sequence, long expiry = Never)
    {
        Key = key;
        Value = value;
        Stamp = stamp;
        Sequence = sequence;
        Expiry = expiry;
    }

    /// <summary>The key, UTF-8.</summary>
    public byte[] Key { get; }

    /// <summary>The value, UTF-8; null for a tombstone.</summary>
    public byte[]? Value { get; }

    /// <summary>Its place in the total order of writes.</summary>
    public Stamp Stamp { get; }

    /// <summary>Its number in its origin, dense from 1; 0 before the journal gave one.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Milliseconds since 1970 at which it expires, or <see cref="Never"/>.</summary>
    public long Expiry { get; }

    /// <summary>Who accepted it.</summary>
    public Origin Origin => Stamp.Origin;

    /// <summary>Whether this write deletes the key.</summary>
    public bool IsTombstone => Value is null;

    /// <summary>Whether a reader is shown it: no tombstone, and not expired at <paramref name="now"/> (milliseconds since 1970).</summary>
    public bool IsLive(long now) => !IsTombstone && (Expiry == Never || Expiry > now);

    /// <summary>How long it is still shown, from <paramref name="now"/> on (milliseconds since 1970); null where it never expires.</summary>
    /// <remarks>Within what <see cref="Door"/> lets in, whatever a peer sent.</remarks>
    public TimeSpan? TimeLeft(long now) =>
        Expiry == Never ? null : TimeSpan.FromMilliseconds(Math.Clamp(Expiry - now, 0, (long)Door.MaxTimeToLive.TotalMilliseconds));

    /// <summary>Bytes of key and value: what bounds are counted in.</summary>
    public int Size => Key.Length + (Value?.Length ?? 0);

    /// <summary>Last writer wins. Associative, commutative, idempotent; see EntryTests.</summary>
    public static Entry Merge(Entry a, Entry b) => b.Stamp > a.Stamp ? b : a;

    /// <summary>Gives a draft its number: the journal does, once, before anybody else sees it.</summary>
    /// <returns>The same entry.</returns>
    public Entry Number(ulong sequence)
    {
        if (Sequence != 0) throw new InvalidOperationException($"The entry has the number {Sequence} already.");

        Sequence = sequence;
        return this;
    }
}
