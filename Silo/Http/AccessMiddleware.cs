using Cmud.Grains;
using Cmud.Grains.Interfaces.Access;
using Cmud.Silo.Access;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>Before all endpoints, where the server asks for tokens: who sends none, or one that counts for nothing, gets no further, and no body of theirs is read.</summary>
internal sealed class AccessMiddleware(TokenTable tokens, Admission admission, IAuditTrail audit) : IMiddleware
{
    private const string Scheme = "Bearer ";

    /// <inheritdoc/>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var grant = tokens.Initial;
        try
        {
            grant ??= Find(context);
            context.Features.Set(grant);
            var path = context.Request.Path;
            if (!IsOpen(path))
            {
                // However it is written: what is none of the store's paths is the operator's.
                var granted = tokens.Confirm(grant);
                if (!path.StartsWithSegments("/v1")) granted.Demand(Rights.Admin, []);
            }

            await next(context);
        }
        catch (AccessDeniedException denied)
        {
            var (token, connection) = (grant?.Token, context.Connection);
            audit.Add(new("http", IsRefused: true) { Client = $"{connection.RemoteIpAddress}:{connection.RemotePort}", Token = token?.Id, Subject = token?.Subject, Reason = denied.Message });
            throw;
        }
    }

    /// <summary>What those may ask who watch over a server, and what a token is for.</summary>
    private static bool IsOpen(PathString path) => path == "/healthz" || path == "/readyz" || path == "/openapi/v1.json";

    private Grant? Find(HttpContext context)
    {
        if (IsOpen(context.Request.Path)) return null;

        var token = context.Request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
        if (token is not null && tokens.Find(token) is { } grant) return grant;

        admission.AdmitStranger($"{context.Connection.RemoteIpAddress}");
        if (token is null) return null;

        throw new AccessDeniedException("The token is unknown, wrong, revoked or expired; ask for a new one.", isUnknown: true);
    }
}
