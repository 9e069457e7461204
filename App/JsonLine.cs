using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;

namespace Cmud.App;

/// <summary>What commands print with --json: one object on one line.</summary>
internal static class JsonLine
{
    /// <summary>Text as it is, but for what JSON and terminals cannot take: nobody puts this into a web page.</summary>
    private static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A key and its value; null where absent.</summary>
    public static string Of(string key, string? value) => JsonSerializer.Serialize(new { key, value }, Plain);

    /// <summary>A key, its value (null where absent), and how many milliseconds the replica that answered may be behind; null where that is not known.</summary>
    public static string Of(string key, Reading reading) => JsonSerializer.Serialize(
        new
        {
            key,
            value = reading.Value,
            server = reading.Server.ToString(),
            staleness = reading.Staleness?.TotalMilliseconds,
            lags = reading.Lags.Select(static lag => new { server = lag.Server.ToString(), lag = lag.Lag?.TotalMilliseconds }),
        },
        Plain);

    /// <summary>A receipt; expires is null where nothing does. Numbers of 64 bits are text, since most readers of JSON keep only 53.</summary>
    public static string Of(PutReceipt receipt) => JsonSerializer.Serialize(
        new
        {
            key = receipt.Key,
            time = receipt.Stamp.Time.Wall,
            stamp = receipt.Stamp.ToString(),
            origin = receipt.Origin.ToString(),
            grain = receipt.Stamp.Grain,
            sequence = receipt.Sequence,
            server = receipt.Server.ToString(),
            expires = receipt.ExpiresAt,
        },
        Plain);

    /// <summary>An event of a watch; null for what it does not have.</summary>
    public static string Of(WatchEvent one) => JsonSerializer.Serialize(
        new
        {
            @event = one.Kind switch { WatchEventKind.Put => "put", WatchEventKind.Delete => "delete", WatchEventKind.Reset => "reset", _ => "current" },
            key = one.Kind is WatchEventKind.Put or WatchEventKind.Delete ? one.Key : null,
            value = one.Value,
            stamp = one.Stamp?.ToString(),
            ttl = one.TimeLeft?.TotalMilliseconds,
            position = one.Position,
        },
        Plain);

    /// <summary>How a comparison ended; keys are those that differ.</summary>
    public static string Of(Verdict verdict) => JsonSerializer.Serialize(
        new
        {
            equal = verdict.IsEqual,
            servers = verdict.Servers,
            replicas = verdict.Replicas,
            count = verdict.Keys,
            root = verdict.Root.ToString("x32", CultureInfo.InvariantCulture),
            healed = verdict.Healed,
            seconds = verdict.Elapsed.TotalSeconds,
            differing = verdict.Differing,
            more = verdict.IsCut,
            keys = verdict.Differences.Select(static difference => new
            {
                key = difference.Key,
                held = difference.Held.Select(static held => new { server = held.Server.Name, address = held.Server.Address.ToString(), grain = held.Grain, stamp = held.Stamp?.ToString(), shown = held.IsShown }),
            }),
        },
        Plain);

    /// <summary>What a replica knows of a key; null for what it does not.</summary>
    public static string Of(string key, Explanation explanation, IReadOnlyDictionary<ulong, string> names)
    {
        var known = explanation.Known;
        return JsonSerializer.Serialize(
            new
            {
                key,
                server = explanation.Server.Name,
                address = explanation.Server.Address.ToString(),
                grain = explanation.Grain,
                value = known.Value is { } value ? Door.Decode(value) : null,
                bytes = known.ValueBytes,
                stamp = known.Stamp?.ToString(),
                origin = known.Stamp?.Origin.ToString(),
                originName = known.Stamp is { } stamp ? names.GetValueOrDefault(stamp.Origin.Server.Value) : null,
                sequence = known.Sequence,
                expires = known.Expiry == Entry.Never ? null : (DateTimeOffset?)DateTimeOffset.FromUnixTimeMilliseconds(known.Expiry),
                seen = known.SeenAt is { } seen ? (DateTimeOffset?)DateTimeOffset.FromUnixTimeMilliseconds(seen) : null,
                replaced = known.Replaced?.ToString(),
            },
            Plain);
    }

    /// <summary>A member as a server sees it.</summary>
    /// <param name="member">The member.</param>
    /// <param name="seenBy">By which server.</param>
    /// <param name="isCaughtUp">Whether that server has caught up; null where the member is another.</param>
    public static string Of(MemberState member, ServerView seenBy, bool? isCaughtUp) => JsonSerializer.Serialize(
        new
        {
            seenBy = seenBy.Name,
            name = member.Name,
            address = member.Address,
            id = new ServerId(member.Server).ToString(),
            up = member.IsUp,
            roundTrip = member.RoundTrip?.TotalMilliseconds,
            behind = member.Behind,
            clockOffset = member.ClockOffset?.TotalMilliseconds,
            caughtUp = isCaughtUp,
        },
        Plain);

    /// <summary>What went from one grain to another.</summary>
    public static string Of(PairStatus pair, ServerView server) => JsonSerializer.Serialize(
        new
        {
            server = server.Name,
            receiver = pair.Receiver,
            up = pair.IsUp,
            messages = pair.Messages,
            busiestSecond = pair.BusiestSecond,
            bytes = pair.Bytes,
            entries = pair.Entries,
            receivedMessages = pair.ReceivedMessages,
            receivedBytes = pair.ReceivedBytes,
            receivedEntries = pair.ReceivedEntries,
            knownEntries = pair.KnownEntries,
        },
        Plain);

    /// <summary>A token; its text where it was just made.</summary>
    public static string Of(Token token, string? text) => JsonSerializer.Serialize(
        new
        {
            id = token.Id,
            token = text,
            subject = token.Subject,
            @namespace = token.Namespace.Length == 0 ? null : token.Namespace,
            scopes = token.Scopes.Select(static scope => scope.ToString()),
            created = token.Created,
            expires = token.Expires,
        },
        Plain);

    /// <summary>A backup that was made.</summary>
    public static string OfBackup(ServerView server, string directory, long bytes) => JsonSerializer.Serialize(new { server = server.Name, directory, bytes }, Plain);
}
