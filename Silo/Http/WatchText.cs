using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>An event of a watch.</summary>
/// <param name="Event">put, delete, reset or current; null where the line around it says so.</param>
/// <param name="Key">The key; null for reset and current.</param>
/// <param name="Value">Its value; null but for put.</param>
/// <param name="Etag">As a GET of the key has it; null where the write is forgotten.</param>
/// <param name="Ttl">Seconds until the value expires; null where it never does.</param>
/// <param name="Position">Where to go on after this event; null where that is the position of an event before.</param>
internal sealed record WatchText(string? Event, string? Key, string? Value, string? Etag, decimal? Ttl, string? Position)
{
    public const string Put = "put", Delete = "delete", Reset = "reset", Current = "current";

    /// <summary>The events of an answer. The last of them has its position.</summary>
    /// <param name="reply">What the grain gave.</param>
    /// <param name="position">That of the answer, as text.</param>
    /// <param name="wasCurrent">Whether the watcher knew all there was, and was told so.</param>
    public static IReadOnlyList<WatchText> Of(WatchReply reply, string position, bool wasCurrent)
    {
        var events = new List<WatchText>(reply.Items.Length + 2);
        if (reply.IsReset) events.Add(new(Reset, null, null, null, null, null));
        foreach (var item in reply.Items)
        {
            var (key, tag) = (Door.Decode(item.Key), item.Stamp is { } stamp ? EntityTag.Of(stamp) : null);
            events.Add(item.Value is { } value ? new(Put, key, Door.Decode(value), tag, TimeToLiveText.Seconds(item.TimeLeft), null) : new(Delete, key, null, tag, null, null));
        }

        if (reply.IsCurrent && (!wasCurrent || reply.IsReset)) events.Add(new(Current, null, null, null, null, null));
        if (events.Count > 0) events[^1] = events[^1] with { Position = position };
        return events;
    }
}
