using System.IO.Hashing;
using System.Net;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Silo.Access;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>Says which query grain answers a request: always the same one for one client address.</summary>
/// <remarks>
/// The query grains of a server show each other's writes within a moment, not at once. A machine that puts and then gets, lists or sends a batch, over whatever
/// connections, expects its own writes, and has them when one grain answers it all. To go by the key would not do for Lists and batches.
/// </remarks>
internal sealed class QueryGrains(IGrainFactory grains, TokenTable tokens, WriteTurns turns, Admission admission, StoreMetrics metrics, int count)
{
    /// <summary>The one for a request, as its token lets it be used.</summary>
    public IQueryGrain For(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.Loopback;
        var index = IndexFor(address, count);
        return new GuardedGrain(grains.GetGrain<IQueryGrain>(index), index, tokens, turns, admission, metrics, $"{address}", context.Features.Get<Grant>());
    }

    /// <summary>The key of the grain for a client.</summary>
    /// <param name="client">Its address; all of loopback are one machine.</param>
    /// <param name="count">How many grains there are.</param>
    public static int IndexFor(IPAddress client, int count)
    {
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        if (IPAddress.IsLoopback(client)) client = IPAddress.Loopback;
        return (int)(XxHash3.HashToUInt64(client.GetAddressBytes()) % (uint)count);
    }
}
