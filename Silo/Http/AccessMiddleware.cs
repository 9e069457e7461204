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
        var path = context.Request.Path;
        var isOpen = IsOpen(path);
        var text = isOpen ? null : TokenOf(context.Request);
        var grant = tokens.Initial ?? (text is null ? null : tokens.Find(text));
        if (!isOpen && RefuseFlood(path, grant, $"{context.Connection.RemoteIpAddress}") is { } busy)
        {
            await Problems.Of(busy).Write(context);
            return;
        }

        context.Features.Set(grant);
        try
        {
            if (!isOpen) Demand(path, grant, text);
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

    private static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;

    /// <summary>An operator looks at a server that is flooded, perhaps from the address of the flood.</summary>
    private BusyException? RefuseFlood(PathString path, Grant? grant, string address)
    {
        if (grant is null) return admission.RefuseStranger(address);
        return path.StartsWithSegments("/v1") ? admission.Refuse(grant, address) : null;
    }

    private void Demand(PathString path, Grant? grant, string? text)
    {
        if (grant is null && text is not null) throw new AccessDeniedException("The token is unknown, wrong, revoked or expired; ask for a new one.", isUnknown: true);

        // However it is written: what is none of the store's paths is the operator's.
        var granted = tokens.Confirm(grant);
        if (!path.StartsWithSegments("/v1")) granted.Demand(Rights.Admin, []);
    }
}
