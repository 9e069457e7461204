using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>A key and what it holds.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value.</param>
/// <param name="Etag">As a GET of the key has it.</param>
/// <param name="Ttl">Seconds until it expires; null where it never does.</param>
internal sealed record ListEntry(string Key, string Value, string Etag, decimal? Ttl)
{
    /// <summary>What the grain gave.</summary>
    public static ListEntry Of(ListItem item) => new(Door.Decode(item.Key), Door.Decode(item.Value), EntityTag.Of(item.Stamp), TimeToLiveText.Seconds(item.TimeLeft));
}
