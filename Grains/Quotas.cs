using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>Holds tenants to their keys and bytes, as one replica sees them. What is under way to the journal, or to this replica from elsewhere, is not counted yet.</summary>
internal sealed class Quotas(Replica replica, StoreOptions options)
{
    private readonly TenantUsage _usage = new();

    /// <inheritdoc cref="TenantUsage.Count"/>
    public void Count(Entry? entry, Entry? replaced) => _usage.Count(entry, replaced);

    /// <summary>Throws where writes would make a tenant have too much.</summary>
    public void Check(Entry[] drafts)
    {
        Dictionary<byte[], TenantUsage.Amount>? added = null;
        foreach (var draft in drafts)
        {
            if (draft.IsTombstone || TenantUsage.NamespaceOf(draft.Key) is not { } tenant) continue;

            added ??= new(KeyOrder.Instance);
            var more = TenantUsage.Amount.Of(draft) - TenantUsage.Amount.Of(replica.Get(draft.Key));
            added[tenant] = added.GetValueOrDefault(tenant) + more;
            // What makes it no larger is taken, whatever there is.
            var (keys, bytes) = _usage.Of(tenant) + added[tenant];
            if (more.Keys > 0 && keys > options.NamespaceKeys) throw TooMuch("namespace-keys", keys, options.NamespaceKeys, "keys");
            if (more.Bytes > 0 && bytes > options.NamespaceBytes) throw TooMuch("namespace-bytes", bytes, options.NamespaceBytes, "bytes of keys and values");
        }
    }

    private static QuotaException TooMuch(string limit, long value, long most, string what) => new(
        limit, value, most, string.Create(CultureInfo.InvariantCulture, $"The namespace would have {value:N0} {what}, but may have at most {most:N0}; delete some, or ask the operator for more. Nothing was stored."));
}
