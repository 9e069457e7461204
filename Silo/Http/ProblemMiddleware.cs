using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Cmud.Silo.Http;

/// <summary>Around all endpoints: whatever goes wrong in them, or before them, is a <see cref="Problem"/> for the client.</summary>
internal sealed class ProblemMiddleware(ILogger<ProblemMiddleware> logger) : IMiddleware
{
    /// <inheritdoc/>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var response = context.Response;
        // What a key holds may change at any moment: nobody is to answer from an older answer without asking.
        response.Headers.CacheControl = "no-cache";
        // What people store is never a page or a script, whatever it looks like.
        response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            if (KeyPath.RefuseDotSegments(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) is { } refusal) await Problems.BadKey(refusal).Write(context);
            else await next(context);
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested)
        {
            logger.LogDebug("A client hung up: {Reason}", gone.Message);
            return;
        }
        catch (Exception thrown) when (!response.HasStarted)
        {
            logger.LogInformation(thrown, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            await Problems.Of(thrown).Write(context);
            return;
        }

        var isUnsaid = response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest, ContentType: null };
        if (isUnsaid) await Problems.Of(response.StatusCode, context.Request, response.Headers.Allow.ToString()).Write(context);
    }
}
