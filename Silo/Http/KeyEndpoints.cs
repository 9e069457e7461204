using System.Globalization;
using Cmud.Replication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Cmud.Silo.Http;

/// <summary>/v1/keys/KEY: the value of one key.</summary>
internal sealed class KeyEndpoints(QueryGrains grains, Body body)
{
    /// <summary>Seconds until the value expires, as ttl gives them; missing where it never does.</summary>
    public const string TtlHeader = "Cmud-Ttl";

    /// <summary>GET and HEAD: the value as text, or 304 where the client has it already.</summary>
    public async Task Get(HttpContext context)
    {
        if ((ReadKey(context, out var key) ?? Parameters.Read(context.Request.QueryString, out _)) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        var found = await grains.For(context).Get(new(key, Seen: 0));
        if (found is not { Value: { } value, Stamp: { } stamp })
        {
            await Problems.NotPresent(key).Write(context);
            return;
        }

        var response = context.Response;
        ShowWrite(response, stamp, found.TimeLeft);
        if (EntityTag.IsAmong(context.Request.GetTypedHeaders().IfNoneMatch, response.Headers.ETag!))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = value.Length;
        await response.Body.WriteAsync(value, context.RequestAborted);
    }

    /// <summary>PUT: the body becomes the value, for ttl where that is given.</summary>
    public async Task Put(HttpContext context)
    {
        TimeSpan? timeToLive = null;
        if ((ReadKey(context, out var key) ?? RefuseCondition(context.Request) ?? ReadTimeToLive(context.Request, out timeToLive)) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        var (value, refusal) = await ReadValue(context);
        if (refusal is not null)
        {
            await refusal.Write(context);
            return;
        }

        var put = await grains.For(context).Put(new(key, value, Seen: 0, timeToLive));
        ShowWrite(context.Response, put.Stamp, timeToLive);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>DELETE: done where there was no value, too: another server may have one.</summary>
    public async Task Delete(HttpContext context)
    {
        if ((ReadKey(context, out var key) ?? RefuseCondition(context.Request) ?? Parameters.Read(context.Request.QueryString, out _)) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        await grains.For(context).Delete(new(key, Seen: 0));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Null where a write asks for nothing but to be written.</summary>
    internal static Problem? RefuseCondition(HttpRequest request)
    {
        ReadOnlySpan<string> conditions = [HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.IfModifiedSince, HeaderNames.IfUnmodifiedSince];
        foreach (var condition in conditions)
        {
            if (request.Headers.ContainsKey(condition)) return Problems.Condition(condition);
        }

        return null;
    }

    private static Problem? ReadKey(HttpContext context, out byte[] key) => KeyPath.Read(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, out key);

    private static Problem? ReadTimeToLive(HttpRequest request, out TimeSpan? timeToLive)
    {
        timeToLive = null;
        if (Parameters.Read(request.QueryString, out var parameters, "ttl") is { } problem) return problem;
        if (parameters.Text("ttl") is not { } text) return null;

        problem = TimeToLiveText.Read(text, out var given);
        timeToLive = given;
        return problem;
    }

    private async ValueTask<(byte[] Value, Problem? Problem)> ReadValue(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            return ([], Problems.MediaType("The body is a form in parts; send the value alone, as curl does with --data-binary @FILE."));

        var (value, problem) = await body.Read(context, Door.MaxValueBytes, static length => length is { } bytes
            ? Problems.RefuseValueLength(bytes)!
            : Problems.Limit("value-bytes", null, Door.MaxValueBytes, $"The value has more than {Door.MaxValueBytes:N0} bytes of UTF-8 (64 KiB), which is the most that may be stored; split it over several keys.", StatusCodes.Status413PayloadTooLarge));
        return (value, problem ?? Problems.RefuseValue(value));
    }

    private static void ShowWrite(HttpResponse response, Stamp stamp, TimeSpan? timeLeft)
    {
        response.Headers.ETag = EntityTag.Of(stamp);
        if (TimeToLiveText.Seconds(timeLeft) is { } seconds) response.Headers[TtlHeader] = seconds.ToString(CultureInfo.InvariantCulture);
    }
}
