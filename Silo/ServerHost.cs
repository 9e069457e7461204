using System.Net;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Tls;
using Cmud.Silo.Access;
using Cmud.Silo.Http;
using Cmud.Silo.Resp;
using Cmud.Silo.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Orleans.Configuration;

namespace Cmud.Silo;

/// <summary>Makes a server: one silo that is an Orleans cluster of its own, and the RESP ports before it.</summary>
/// <remarks>
/// Nothing here is static or read from the environment: a test may hold many servers in its process. Such a test should
/// add its own IFatalErrorHandler through the hook: Orleans' own ends the process, which is right for a server alone.
/// </remarks>
public static class ServerHost
{
    /// <summary>How long a stopping server drains; with the time to dispose of the rest it ends within the promised 5 s.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    /// <summary>How long a stopping gateway waits for clients that it has told to go: they switch at once, the promised end comes first.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromMilliseconds(500);

    /// <summary>Most connections of all RESP ports together, and of the HTTP port: each may hold a MiB of unread input.</summary>
    private const int MaxConnections = 1_000;

    /// <summary>Bytes that the system is asked to hold for a client that reads slowly (Linux takes twice that): left to itself it holds up to 4 MiB for each. 4 MB/s where a round trip takes 125 ms.</summary>
    internal const int SendBufferBytes = 256 << 10;

    /// <summary>Open files that a server needs beside these connections: libraries, the journal's tables, peers and clients. Without any left the runtime ends the process.</summary>
    private const int OtherFiles = 500;

    /// <summary>A server that is ready to start. Its StartAsync returns when all ports accept and every query grain answers.</summary>
    /// <param name="options">Options that <see cref="ServerOptions.Refuse"/> does not refuse.</param>
    /// <param name="configureSilo">Applied to the silo last: more services, or others.</param>
    /// <param name="configureStore">Applied to the options of the store last, such as <see cref="StoreOptions.ConfigureLink"/>.</param>
    /// <exception cref="CertificateException">The certificate cannot be used.</exception>
    public static WebApplication Build(ServerOptions options, Action<ISiloBuilder>? configureSilo = null, Action<StoreOptions>? configureStore = null)
    {
        if (options.Refuse() is { } refusal) throw new ArgumentException(refusal, nameof(options));

        var builder = WebApplication.CreateEmptyBuilder(new());
        Log(builder.Logging, options.Verbose);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTime);
        builder.Services.AddSingleton<RespGateway>();
        AddAccess(builder.Services, options);
        AddTls(builder.Services, options);
        builder.UseOrleans(silo =>
        {
            Cell(silo, options);
            silo.AddStore(store =>
            {
                Store(store, options);
                configureStore?.Invoke(store);
            });
            configureSilo?.Invoke(silo);
        });
        builder.Services.AddHostedService(services => new FirstAnswers(services.GetRequiredService<IGrainFactory>(), options.QueryGrains));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.Configure<SocketTransportOptions>(static sockets => sockets.CreateBoundListenSocket = static endpoint =>
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.SendBufferSize = SendBufferBytes;
            return socket;
        });
        if (options.Http is not null || options.Collector is not null) builder.AddTelemetry(options);
        if (options.Http is not null) builder.AddHttpGateway(options);
        var host = builder.Build();
        // What is wrong with certificates is said here, before anything is opened.
        host.Services.GetService<GatewayTls>();
        host.Services.GetService<OrleansTls>();
        if (options.Http is not null) host.MapHttpGateway();
        return host;
    }

    private static void AddTls(IServiceCollection services, ServerOptions options)
    {
        if (options.Tls is { } files)
            services.AddSingleton(provider => new GatewayTls(files, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<GatewayTls>>()));
        if (options.MutualTls is not { } mutual) return;

        services.AddSingleton(provider => new OrleansTls(mutual, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IAuditTrail>(), provider.GetRequiredService<ILogger<OrleansTls>>()));
        services.AddOptions<SiloConnectionOptions>().Configure<OrleansTls>(static (silo, tls) => silo.ConfigureGatewayInboundConnection(gateway => gateway.Use(tls.Guard)));
        services.AddOptions<StoreOptions>().Configure<OrleansTls>(static (store, tls) => store.Tls = tls.Tls);
    }

    private static void AddAccess(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(provider => new TokenTable(options.AsksTokens, provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<StoreServer>()));
        services.AddHostedService(static provider => provider.GetRequiredService<TokenTable>());
        services.AddSingleton(provider => new WriteTurns(provider.GetRequiredService<IGrainFactory>(), options.QueryGrains));
        services.AddSingleton(provider => new Admission(options.AsksTokens ? options.Rate : null, provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<StoreServer>()));
        services.AddHostedService(static provider => provider.GetRequiredService<Admission>());
        if (options.Audit is not { } path) return;

        services.AddSingleton(provider => new AuditFile(path, options.Name, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditFile>>()));
        services.AddSingleton<IAuditTrail>(static provider => provider.GetRequiredService<AuditFile>());
        services.AddHostedService(static provider => provider.GetRequiredService<AuditFile>());
    }

    /// <summary>An Orleans cluster of one silo. Its membership in memory is exact: table and silo live and die together.</summary>
    private static void Cell(ISiloBuilder silo, ServerOptions options)
    {
        if (!options.Gateway.TryResolve(out var advertised))
            throw new ArgumentException(Unresolved(options.Gateway), nameof(options));

        silo.UseDevelopmentClustering(primarySiloEndpoint: null);
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = StoreCluster.ClusterId;
            cluster.ServiceId = StoreCluster.ServiceId;
        });
        silo.Configure<SiloOptions>(own => own.SiloName = options.Name);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ClientGatewayShutdownNotificationTimeout = FarewellTime);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = advertised;
            endpoints.GatewayPort = options.Gateway.Port;
            endpoints.GatewayListeningEndpoint = new(options.Host, options.Port);
            // No other silo ever dials this port, but Orleans wants one.
            endpoints.SiloPort = Ports.AnyFree();
            endpoints.SiloListeningEndpoint = new(IPAddress.Loopback, endpoints.SiloPort);
        });
    }

    /// <summary>The sentence for an advertised name that nobody knows.</summary>
    internal static string Unresolved(ServerAddress address) => $"--advertise {address} names a host that this machine cannot look up; give an IP address or a name that resolves.";

    private static void Store(StoreOptions store, ServerOptions options)
    {
        store.Name = options.Name;
        store.QueryGrains = options.QueryGrains;
        store.NamespaceKeys = options.NamespaceKeys;
        store.NamespaceBytes = options.NamespaceBytes;
        store.LeastIncarnation = options.LeastIncarnation;
        store.Former = options.Former;
        store.Advertise = options.Gateway.ToString();
        foreach (var peer in options.Join) store.Join.Add(peer.ToString());
    }

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        var resp = kestrel.ApplicationServices.GetRequiredService<RespGateway>();
        var most = Math.Clamp((OpenFiles.Limit - OtherFiles) / (options.Http is null ? 1 : 2), 1, MaxConnections);
        // Strangers are held to a quarter each, so that one alone cannot keep the others out.
        var mostOfAddress = options.AsksTokens ? Math.Max(1, most / 4) : most;
        var time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
        var limit = new ConnectionLimit(most, mostOfAddress, time);
        var tls = kestrel.ApplicationServices.GetService<GatewayTls>();
        for (var i = 0; i < options.QueryGrains; i++)
        {
            var index = i;
            kestrel.Listen(options.Host, options.RespPort(index), port =>
            {
                port.Protocols = HttpProtocols.Http1;
                port.Use(limit.Guard);
                tls?.Secure(port);
                port.Run(connection => resp.Serve(connection, index));
            });
        }

        if (options.Http is { } http) kestrel.ListenHttp(options.Host, http, new(most, mostOfAddress, time), tls);
    }

    /// <summary>Logs to standard error, whose lines are ours alone unless more is asked for: stdout is for the line that says ready.</summary>
    private static void Log(ILoggingBuilder logging, bool verbose)
    {
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(verbose ? LogLevel.Information : LogLevel.None);
        logging.AddFilter("Cmud", verbose ? LogLevel.Information : LogLevel.Warning);
    }

    /// <summary>Holds the start until every query grain has answered once.</summary>
    private sealed class FirstAnswers(IGrainFactory grains, int count) : IHostedLifecycleService
    {
        public async Task StartedAsync(CancellationToken cancellationToken)
        {
            for (var i = 0; i < count; i++) await grains.GetGrain<IQueryGrain>(i).Describe().AsTask().WaitAsync(cancellationToken);
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
