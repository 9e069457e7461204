using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>What went wrong, as RFC 9457 has it: the body of every answer from 400 on.</summary>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Kind">What the type ends with; docs/gateways.md has them all.</param>
/// <param name="Title">The kind in words, the same for all of it.</param>
/// <param name="Detail">One sentence: what, the value, the bound, and what to do.</param>
internal sealed record Problem(int Status, [property: JsonIgnore] string Kind, string Title, string Detail)
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>What all types begin with.</summary>
    public const string Prefix = "urn:cmud:problem:";

    /// <summary>Tells programs what went wrong.</summary>
    [JsonPropertyOrder(-1)]
    public string Type => Prefix + Kind;

    /// <summary>The limit that was passed, such as value-bytes; null where it was none.</summary>
    public string? Limit { get; init; }

    /// <summary>How much was asked for, where that is known.</summary>
    public long? Value { get; init; }

    /// <summary>How much the limit allows.</summary>
    public long? Max { get; init; }

    /// <summary>Which operation of a batch is at fault, from 0.</summary>
    public int? Operation { get; init; }

    /// <summary>After how long it is worth another try; null where it is not.</summary>
    [JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How to say who one is; null where that is known.</summary>
    [JsonIgnore]
    public string? Challenge { get; init; }

    /// <summary>Answers a request with it.</summary>
    public Task Write(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        if (RetryAfter is { } wait) response.Headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        return Json.Write(response, this, Json.Types.Problem, MediaType);
    }
}
