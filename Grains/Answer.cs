using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>What a replica says to a query that came through the door.</summary>
internal static class Answer
{
    public static GetReply Get(Replica replica, ReadOnlySpan<byte> key, long now, ServerId server)
    {
        if (replica.Get(key) is not { } entry) return new(null, null, server.Value, PurgeFloor: replica.PurgeFloor.Value);

        return entry.IsLive(now) ? new(entry.Value, entry.Stamp, server.Value, entry.TimeLeft(now)) : new(null, entry.Stamp, server.Value);
    }

    public static ListReply List(Replica replica, ListRequest request, long now, ServerId server)
    {
        var most = request.Limit is 0 or > Door.MaxPageEntries ? Door.MaxPageEntries : request.Limit;
        var (page, more) = replica.List(request.Prefix ?? [], request.After, most, now);
        return new(
            [.. page.Select(entry => new ListItem(entry.Key, entry.Value!, entry.Stamp, entry.TimeLeft(now)))],
            more,
            server.Value,
            Hidden(replica, request.Known, now),
            replica.PurgeFloor.Value);
    }

    private static HiddenKey[]? Hidden(Replica replica, byte[][]? known, long now)
    {
        if (known is null) return null;

        var hidden = new List<HiddenKey>();
        foreach (var key in known)
        {
            if (replica.Get(key) is { } entry && !entry.IsLive(now)) hidden.Add(new(entry.Key, entry.Stamp));
        }

        return hidden.Count == 0 ? null : [.. hidden];
    }
}
