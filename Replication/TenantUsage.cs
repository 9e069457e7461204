namespace Cmud.Replication;

/// <summary>How many keys and bytes a replica shows of each tenant. For one thread at a time.</summary>
public sealed class TenantUsage
{
    private readonly Dictionary<byte[], Amount> _used = new(KeyOrder.Instance);

    /// <summary>The replica shows another entry of a key.</summary>
    /// <param name="entry">What it shows now; null where it was forgotten.</param>
    /// <param name="replaced">What it showed before; null for nothing.</param>
    public void Count(Entry? entry, Entry? replaced)
    {
        var key = (entry ?? replaced)?.Key;
        if (key is null || NamespaceOf(key) is not { } tenant) return;

        var used = _used.GetValueOrDefault(tenant) + Amount.Of(entry) - Amount.Of(replaced);
        if (used == default) _used.Remove(tenant);
        else _used[tenant] = used;
    }

    /// <summary>What a tenant has.</summary>
    /// <param name="tenant">As <see cref="SystemKeys.Namespace"/> gives it.</param>
    public Amount Of(byte[] tenant) => _used.GetValueOrDefault(tenant);

    /// <summary>What the keys of a tenant begin with; null for a key of nobody's.</summary>
    public static byte[]? NamespaceOf(byte[] key)
    {
        var length = key.Length - SystemKeys.WithoutNamespace(key).Length;
        return length == 0 ? null : key[..length];
    }

    /// <summary>Keys, and the bytes of them and their values.</summary>
    /// <param name="Keys">How many keys.</param>
    /// <param name="Bytes">How many bytes.</param>
    public readonly record struct Amount(long Keys, long Bytes)
    {
        /// <summary>What one entry takes; a tombstone and none take nothing.</summary>
        public static Amount Of(Entry? entry) => entry is null or { IsTombstone: true } ? default : new(1, entry.Size);

        /// <summary>Both.</summary>
        public static Amount operator +(Amount a, Amount b) => new(a.Keys + b.Keys, a.Bytes + b.Bytes);

        /// <summary>The first without the second.</summary>
        public static Amount operator -(Amount a, Amount b) => new(a.Keys - b.Keys, a.Bytes - b.Bytes);
    }
}
