using System.Net;
using System.Security.Authentication;
using Cmud.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Cmud.Client;

/// <summary>One connection to one server: an Orleans client of its own that knows this gateway and no other, used until it is lost.</summary>
/// <remarks>
/// A lost connection is not mended but replaced: Orleans keeps calls of a lost one waiting for its response timeout, and
/// a restarted server may be another build with other types.
/// </remarks>
internal sealed class Connection : IAsyncDisposable
{
    private readonly CancellationTokenSource _lost;
    private readonly TimeProvider _time;
    private readonly IHost _host;
    private readonly IClusterClient _orleans;
    private IQueryGrain[] _grains = [];
    private long _lastHeard;

    private Connection(IHost host, CancellationTokenSource lost, TimeProvider time)
    {
        (_host, _lost, _time) = (host, lost, time);
        _orleans = host.Services.GetRequiredService<IClusterClient>();
        _lastHeard = time.GetTimestamp();
    }

    /// <summary>Cancelled once, when the connection is lost or given up.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Connects; throws what Orleans throws where it cannot.</summary>
    /// <param name="gateway">Where to.</param>
    /// <param name="host">The name or address that stands for it, which the server's certificate must be for.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="AuthenticationException">The server shows no certificate that does; the message goes after its name.</exception>
    public static async Task<Connection> OpenAsync(IPEndPoint gateway, string host, CmudClientOptions options, CancellationToken cancellationToken)
    {
        var lost = new CancellationTokenSource();
        string? distrust = null;
        var orleans = Build(gateway, host, options, lost, reason => distrust = reason);
        try
        {
            await orleans.StartAsync(cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            return new(orleans, lost, options.Time);
        }
        catch (Exception e)
        {
            await CloseAsync(orleans).ConfigureAwait(false);
            if (distrust is not null) throw new AuthenticationException(distrust, e);
            throw;
        }
    }

    /// <summary>A query grain of this server.</summary>
    public IQueryGrain Grain(int key)
    {
        var grains = _grains;
        return key < grains.Length ? grains[key] : _orleans.GetGrain<IQueryGrain>(key);
    }

    /// <summary>Makes the references of so many query grains once, for all calls.</summary>
    public void Prepare(int queryGrains) => _grains = [.. Enumerable.Range(0, queryGrains).Select(i => _orleans.GetGrain<IQueryGrain>(i))];

    /// <summary>The answer of a call, noted as a sign of life.</summary>
    public async Task<T> Hear<T>(ValueTask<T> call)
    {
        try
        {
            var answer = await call.ConfigureAwait(false);
            Volatile.Write(ref _lastHeard, _time.GetTimestamp());
            return answer;
        }
        catch (RefusedException)
        {
            Volatile.Write(ref _lastHeard, _time.GetTimestamp());
            throw;
        }
    }

    /// <summary>Whether any answer came since a moment, as a timestamp of the clock.</summary>
    public bool HeardSince(long moment) => Volatile.Read(ref _lastHeard) >= moment;

    /// <summary>Ends all calls under way and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lost.CancelAsync().ConfigureAwait(false);
        await CloseAsync(_host).ConfigureAwait(false);
    }

    private static IHost Build(IPEndPoint gateway, string host, CmudClientOptions options, CancellationTokenSource lost, Action<string> distrusted)
    {
        // No defaults: neither files nor environment nor log of the surrounding program are this client's business.
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.UseOrleansClient(orleans =>
        {
            // The token's callbacks end calls: they are not run by the connection.
            orleans.PinTo(gateway, () => lost.CancelAsync());
            if (options.Certificates is { } tls) orleans.Secure(tls, host, distrusted);
            // We give up first, always; Orleans' own limit only clears away what nobody waits for any more.
            orleans.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.CallTimeout * 2);
            orleans.Configure<ConnectionOptions>(connection => connection.OpenConnectionTimeout = options.SilenceTimeout);
            options.ConfigureLink?.Invoke(orleans);
        });
        return builder.Build();
    }

    /// <summary>Stops an Orleans client without good-byes: the other side may be dead, and nothing waits for an answer.</summary>
    private static async Task CloseAsync(IHost host)
    {
        try
        {
            await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was told not to wait.
        }
        finally
        {
            host.Dispose();
        }
    }

    /// <summary>The lifetime of a library: signals of the process belong to the program around it.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
