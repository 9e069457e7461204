using System.Net;
using Cmud.Grains;
using Cmud.Silo.Access;
using Cmud.Silo.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Cmud.Silo.Http;

/// <summary>The thin gateway: turns HTTP into calls of the query grains.</summary>
internal static class HttpGateway
{
    private static readonly string[] GetOrHead = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Adds what it needs. A server without HTTP has none of it.</summary>
    public static void AddHttpGateway(this WebApplicationBuilder builder, ServerOptions options)
    {
        var services = builder.Services;
        services.AddRoutingCore();
        services.AddSingleton(provider => new QueryGrains(provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<TokenTable>(), provider.GetRequiredService<WriteTurns>(), provider.GetRequiredService<Admission>(), provider.GetRequiredService<StoreMetrics>(), options.QueryGrains));
        services.AddSingleton(provider => new Body(provider.GetRequiredService<StoreServer>().Time));
        services.AddSingleton<ProblemMiddleware>();
        services.AddSingleton<AccessMiddleware>();
        services.AddSingleton<WatchEndpoint>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<ListEndpoint>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<HealthEndpoints>();
        services.AddHostFiltering(hosts => Filter(hosts, options));
    }

    /// <summary>Listens, within the bounds. What they say of requests is for this port alone: RESP is no HTTP.</summary>
    public static void ListenHttp(this KestrelServerOptions kestrel, IPAddress host, int port, ConnectionLimit connections, GatewayTls? tls)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = HttpBounds.RawBodyBytes;
        limits.MaxRequestLineSize = HttpBounds.RequestLineBytes;
        limits.RequestHeadersTimeout = HttpBounds.HeadTime;
        limits.KeepAliveTimeout = HttpBounds.IdleTime;
        limits.MinRequestBodyDataRate = new(HttpBounds.BodyRate, HttpBounds.SlowTime);
        limits.MinResponseDataRate = new(HttpBounds.AnswerRate, HttpBounds.SlowTime);
        kestrel.Listen(host, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(connections.Guard);
            tls?.Secure(listen);
        });
    }

    /// <summary>Puts the paths to what answers them.</summary>
    public static void MapHttpGateway(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseHostFiltering();
        app.UseMiddleware<AccessMiddleware>();
        app.UseWebSockets();
        app.UseRouting();

        var services = app.Services;
        var (keys, list) = (services.GetRequiredService<KeyEndpoints>(), services.GetRequiredService<ListEndpoint>());
        app.MapMethods("/v1/keys", GetOrHead, list.Get);
        app.MapMethods("/v1/keys/{**key}", GetOrHead, keys.Get);
        app.MapPut("/v1/keys/{**key}", keys.Put);
        app.MapDelete("/v1/keys/{**key}", keys.Delete);
        app.MapGet("/v1/watch", services.GetRequiredService<WatchEndpoint>().Get);
        app.MapPost("/v1/batch", services.GetRequiredService<BatchEndpoint>().Post);
        app.MapMethods("/healthz", GetOrHead, HealthEndpoints.Live);
        app.MapMethods("/readyz", GetOrHead, services.GetRequiredService<HealthEndpoints>().Ready);
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapMethods("/openapi/v1.json", GetOrHead, OpenApi.Get);
    }

    /// <summary>On loopback only names of loopback are answered to: a web page that had its own name lead here would be of one origin with the store.</summary>
    private static void Filter(HostFilteringOptions hosts, ServerOptions options)
    {
        var own = IPAddress.IsLoopback(options.Host) ? new[] { "localhost", "127.0.0.1", "[::1]", new HostString(options.Host.ToString(), options.Port).Host, new HostString(options.Gateway.Host, options.Port).Host } : ["*"];
        hosts.AllowedHosts = own;
        hosts.AllowEmptyHosts = !IPAddress.IsLoopback(options.Host);
        hosts.IncludeFailureMessage = false;
    }
}
