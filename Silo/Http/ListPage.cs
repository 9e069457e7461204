using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>One page of a List.</summary>
/// <param name="Entries">In the order of the bytes of their keys.</param>
/// <param name="More">Whether another page may follow.</param>
/// <param name="After">What the next page is asked for with; null where none follows.</param>
internal sealed record ListPage(ListEntry[] Entries, bool More, string? After) : BatchResult
{
    /// <summary>What the grain gave.</summary>
    public static ListPage Of(ListReply reply) =>
        new([.. reply.Items.Select(ListEntry.Of)], reply.More, reply.More ? Door.Decode(reply.Items[^1].Key) : null);
}
