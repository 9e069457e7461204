using System.Globalization;
using Cmud.Replication;
using Microsoft.Net.Http.Headers;

namespace Cmud.Silo.Http;

/// <summary>The ETag of a value: the stamp of the write that set it, whole, so that no two writes ever have the same.</summary>
internal static class EntityTag
{
    /// <summary>Quoted: hybrid timestamp, server, incarnation, each of 16 hexadecimal digits, and the query grain. As text they are in the order of the writes.</summary>
    public static string Of(Stamp stamp) => string.Create(CultureInfo.InvariantCulture, $"\"{stamp.Time.Value:x16}.{stamp.Origin}.{stamp.Grain:x4}\"");

    /// <summary>Whether a client has a value already by what it says in If-None-Match.</summary>
    public static bool IsAmong(IList<EntityTagHeaderValue> known, string tag)
    {
        foreach (var one in known)
        {
            // Weak or not: a value that was sent through a proxy which made its tag weak is the same value.
            if (one.Tag == "*" || one.Tag == tag) return true;
        }

        return false;
    }
}
