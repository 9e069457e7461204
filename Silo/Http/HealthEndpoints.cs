using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>What those who watch over a server ask.</summary>
internal sealed class HealthEndpoints(IGrainFactory grains, StoreServer server)
{
    /// <summary>How long grains may take to answer before the server counts as not serving.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>/healthz: the process runs and answers. Who gets no answer may end it.</summary>
    public static Task Live(HttpContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("live\n", context.RequestAborted);
    }

    /// <summary>/readyz: every query grain answers from a loaded replica, and the server is not stopping.</summary>
    /// <remarks>A server that is catching up serves: it answers what it has. Who wants to wait for the rest reads caughtUp.</remarks>
    public async Task Ready(HttpContext context)
    {
        var readiness = await Look();
        if (!readiness.Serving) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        await Json.Write(context.Response, readiness, Json.Types.Readiness);
    }

    private async Task<Readiness> Look()
    {
        if (server.IsStopping || server.HasFailed) return new(Serving: false, CaughtUp: null);

        try
        {
            var replicas = Enumerable.Range(0, server.Options.QueryGrains).Select(grain => grains.GetGrain<IQueryGrain>(grain).Describe().AsTask());
            await Task.WhenAll(replicas).WaitAsync(Patience, server.Time);
            var members = await grains.GetGrain<IOperatorGrain>(0).Members().AsTask().WaitAsync(Patience, server.Time);
            return new(Serving: true, members.IsCaughtUp);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return new(Serving: false, CaughtUp: null);
        }
    }
}
