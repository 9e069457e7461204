using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cmud.App.Serve.Telnet;
using Cmud.App.Serve.Web;
using Cmud.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cmud.App.Serve;

/// <summary>Hosts the game for browsers and for telnet: a client of the store like any other, with many players instead of one.</summary>
internal sealed class ServeHost(Streams streams, TimeProvider time, SessionFactory create)
{
    /// <summary>How long sessions may take to say goodbye when the host closes: each asks the store for at most 2 s.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    /// <summary>Connections beside those with a session: pages being fetched, and who is told that there is no seat.</summary>
    private const int SpareConnections = 100;

    /// <summary>What is read of a connection ahead of the game, in bytes; the rest stays with the client.</summary>
    private const int MaxUnread = 16 * 1024;

    /// <summary>Serves until Ctrl-C, SIGTERM or <paramref name="cancellationToken"/>; gives the exit code.</summary>
    /// <exception cref="IOException">A port cannot be listened on.</exception>
    public async Task<int> RunAsync(ServeOptions options, ICmudClient client, CancellationToken cancellationToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = On(PosixSignal.SIGINT, closing);
        using var terminate = On(PosixSignal.SIGTERM, closing);
        var errors = TextWriter.Synchronized(streams.Error);
        var host = new SessionHost(client, create, time, errors.WriteLine, closing.Token);
        await using var app = Build(options, host);
        await StartAsync(app, options);

        foreach (var line in Greeting(options)) await streams.Out.WriteLineAsync(line);
        await streams.Out.FlushAsync(CancellationToken.None);
        if (!IPAddress.IsLoopback(options.Host))
            await errors.WriteLineAsync($"WARNING: whoever reaches {options.Host} may play here, and all that they type, passphrases too, travels unencrypted. Put a proxy with TLS before it, or keep to networks you trust.");

        // Told to close: every session is told as well.
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = closing.Token.Register(closed.SetResult);
        await closed.Task;
        await app.StopAsync(CancellationToken.None);
        await streams.Out.WriteLineAsync("Closed.");
        return 0;
    }

    private static PosixSignalRegistration On(PosixSignal signal, CancellationTokenSource closing) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        closing.Cancel();
    });

    private static WebApplication Build(ServeOptions options, SessionHost host)
    {
        var lobby = new Lobby(options);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Configure<HostOptions>(own => own.ShutdownTimeout = ClosingTime);
        builder.WebHost.UseSockets(sockets => sockets.MaxReadBufferSize = MaxUnread);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.Sessions + SpareConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = options.Sessions + SpareConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            if (options.Web is { } web) kestrel.Listen(options.Host, web, port => port.Protocols = HttpProtocols.Http1);
            if (options.Telnet is { } telnet)
            {
                var gateway = new TelnetGateway(host, lobby, options);
                kestrel.Listen(options.Host, telnet, port => port.Run(gateway.ServeAsync));
            }
        });
        var app = builder.Build();
        new WebGateway(host, lobby, options).Map(app);
        return app;
    }

    private static async Task StartAsync(WebApplication app, ServeOptions options)
    {
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The ports of --web and --telnet cannot be listened on at {options.Host}: {e.Message.TrimEnd('.')}. Choose others, or another --host.", e);
        }
        catch (SocketException e)
        {
            throw new IOException($"The ports of --web and --telnet cannot be listened on at {options.Host} ({e.SocketErrorCode}): choose an address of this machine for --host, and ports of 1024 or more.", e);
        }
    }

    private static IEnumerable<string> Greeting(ServeOptions options)
    {
        if (options.Web is { } web) yield return $"Play in the browser: http://{new IPEndPoint(options.Host, web)}/";
        if (options.Telnet is { } telnet) yield return FormattableString.Invariant($"Play by telnet: telnet {options.Host} {telnet}");
        yield return "Ctrl-C closes.";
    }
}
