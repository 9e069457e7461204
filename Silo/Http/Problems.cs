using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Access;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>The problems that there are. The sentences of the store are the store's.</summary>
internal static class Problems
{
    /// <summary>A disk may have room again and a server be back by then; what is there at once is another server.</summary>
    private static readonly TimeSpan LaterOn = TimeSpan.FromSeconds(5);

    /// <summary>What is under way is done by then.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>No key, in a path or elsewhere.</summary>
    public static Problem BadKey(string sentence) => new(StatusCodes.Status400BadRequest, "bad-key", "No key of the store", sentence);

    /// <summary>A value that is no text.</summary>
    public static Problem BadValue(string sentence) => new(StatusCodes.Status400BadRequest, "bad-value", "No value of the store", sentence);

    /// <summary>Whatever else a client wrote that cannot be read.</summary>
    public static Problem BadRequest(string sentence) => new(StatusCodes.Status400BadRequest, "bad-request", "Not understood", sentence);

    /// <summary>More than there may be.</summary>
    public static Problem Limit(string limit, long? value, long max, string sentence, int status = StatusCodes.Status400BadRequest) =>
        new(status, "limit", "A limit was passed", sentence) { Limit = limit, Value = value, Max = max };

    /// <summary>A write that asks for more than a write.</summary>
    public static Problem Condition(string header) => new(
        StatusCodes.Status400BadRequest,
        "condition",
        "Writes take no conditions",
        $"{header} is not taken with a write: servers take writes without asking each other, so none knows what the key holds elsewhere and the last writer wins; give every writer a key of its own, or GET first where a guess will do.");

    /// <summary>A key without a value.</summary>
    public static Problem NotPresent(byte[] key) => new(StatusCodes.Status404NotFound, "not-present", "Not present", $"The key {Door.Show(key)} has no value here: it was never written, was deleted, has expired, or did not come yet.");

    /// <summary>A body that is encoded otherwise than what is taken.</summary>
    public static Problem MediaType(string sentence) => new(StatusCodes.Status415UnsupportedMediaType, "media-type", "Unsupported media type", sentence);

    /// <summary>Too many requests of a kind at a time.</summary>
    public static Problem TooMany(string limit, long max, string sentence) =>
        Limit(limit, value: null, max, sentence, StatusCodes.Status429TooManyRequests) with { RetryAfter = Soon };

    /// <summary>Null where the store takes the key.</summary>
    public static Problem? RefuseKey(ReadOnlySpan<byte> key) => RefuseText("key", key, Door.RefuseKey(key));

    /// <summary>Null where the store lists by the prefix.</summary>
    public static Problem? RefusePrefix(ReadOnlySpan<byte> prefix) => RefuseText("prefix", prefix, Door.RefusePrefix(prefix));

    /// <summary>Null where the store takes the value.</summary>
    public static Problem? RefuseValue(ReadOnlySpan<byte> value) =>
        RefuseValueLength(value.Length) ?? (Door.RefuseValue(value) is { } refusal ? BadValue(refusal) : null);

    /// <summary>Null where the store takes so long a value.</summary>
    public static Problem? RefuseValueLength(long bytes) => Door.RefuseValueLength(bytes) is { } refusal
        ? Limit("value-bytes", bytes, Door.MaxValueBytes, refusal, StatusCodes.Status413PayloadTooLarge)
        : null;

    /// <summary>Null where a value may live so long.</summary>
    public static Problem? RefuseTimeToLive(TimeSpan timeToLive) => Door.RefuseTimeToLive(timeToLive) switch
    {
        null => null,
        var refusal when timeToLive > Door.MaxTimeToLive => Limit("ttl-seconds", (long)timeToLive.TotalSeconds, (long)Door.MaxTimeToLive.TotalSeconds, refusal),
        var refusal => BadRequest(refusal),
    };

    /// <summary>What a call of the store threw.</summary>
    public static Problem Of(Exception thrown) => thrown switch
    {
        AccessDeniedException { IsUnknown: true } => new(StatusCodes.Status401Unauthorized, "no-token", "Who are you?", thrown.Message) { Challenge = "Bearer" },
        AccessDeniedException => new(StatusCodes.Status403Forbidden, "denied", "Not allowed", thrown.Message),
        BusyException { IsOwn: true } busy => new(StatusCodes.Status429TooManyRequests, "rate", "Too many requests", busy.Message) { RetryAfter = busy.RetryAfter },
        BusyException busy => Unavailable("busy", "The server is busy", busy.Message) with { RetryAfter = busy.RetryAfter },
        QuotaException quota => Limit(quota.Limit, quota.Value, quota.Most, quota.Message, StatusCodes.Status507InsufficientStorage),
        RefusedException => new(StatusCodes.Status400BadRequest, "refused", "Refused by the store", thrown.Message),
        StoppingException => Unavailable("stopping", "The server is stopping", thrown.Message),
        StorageFullException => Unavailable("storage-full", "The server's disk is full", thrown.Message),
        StorageFailedException => Unavailable("storage-failed", "The server's disk failed", thrown.Message),
        TimeoutException => new(StatusCodes.Status504GatewayTimeout, "timeout", "No answer in time", "The query grain did not answer in time; a write may or may not have been stored, read it again."),
        BadHttpRequestException bad => Of(bad),
        // Whatever else a grain or a stopping silo throws.
        _ => Unavailable("unavailable", "The store could not answer", $"The store could not answer: {thrown.Message.ReplaceLineEndings(" ")}"),
    };

    /// <summary>What goes with a status that was set without a word: by the routes, or, where it is 400, by the filter of hosts.</summary>
    public static Problem Of(int status, HttpRequest request, string allowed) => status switch
    {
        StatusCodes.Status404NotFound => new(status, "no-such-path", "No such path", $"There is nothing at {Door.Show(request.Path)}; keys are at /v1/keys/KEY, and /openapi/v1.json tells the rest."),
        StatusCodes.Status405MethodNotAllowed => new(status, "method", "Method not allowed", $"{Door.Show(request.Method)} is not taken at {Door.Show(request.Path)}; there is {allowed}."),
        StatusCodes.Status400BadRequest => BadRequest($"The Host {Door.Show(request.Host.Value ?? "")} is none of this server, which listens on loopback only; use localhost or its address. A web page cannot reach it by a name of its own."),
        _ => new(status, "http", "Refused", $"The request cannot be answered ({status.ToString(CultureInfo.InvariantCulture)})."),
    };

    /// <summary>What the web server says of a body that it reads.</summary>
    private static Problem Of(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => BodyTimeout(),
        var status => new(status, "bad-request", "Not understood", $"The request cannot be read: {bad.Message.TrimEnd('.')}."),
    };

    /// <summary>A body that did not come.</summary>
    public static Problem BodyTimeout() => new(
        StatusCodes.Status408RequestTimeout,
        "body-timeout",
        "The body came too slowly",
        string.Create(CultureInfo.InvariantCulture, $"The body came more slowly than {HttpBounds.BodyRate} bytes a second, or was not there after {HttpBounds.BodyTime.TotalSeconds} s; send it faster, and say no greater Content-Length than is sent."));

    private static Problem Unavailable(string kind, string title, string sentence) => new(StatusCodes.Status503ServiceUnavailable, kind, title, sentence) { RetryAfter = LaterOn };

    private static Problem? RefuseText(string what, ReadOnlySpan<byte> text, string? refusal)
    {
        if (refusal is null) return null;
        return text.Length > Door.MaxKeyBytes ? Limit($"{what}-bytes", text.Length, Door.MaxKeyBytes, refusal) : BadKey(refusal);
    }
}
