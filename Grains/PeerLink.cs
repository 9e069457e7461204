using System.Net;
using System.Net.Sockets;
using Cmud.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cmud.Grains;

/// <summary>One link: an Orleans client that sees exactly one gateway, rebuilt whenever its connection is lost.</summary>
/// <remarks>
/// The work of building, retrying and disposing runs on the thread pool, never in a grain; the sync grain only ever calls
/// <see cref="Send"/>, which queues the frame and returns. What the link learns, it tells the sync grain by one-way messages.
/// </remarks>
internal sealed class PeerLink(string address, StoreServer server, IGrainFactory grains, ILogger logger) : IDisposable
{
    /// <summary>Between two attempts: doubles from the first to the last, with up to a quarter added so that servers do not retry in step.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    /// <summary>How long one answer to "who are you" may take; it is asked again with the next link.</summary>
    private static readonly TimeSpan IdentifyTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Ends? _ends;
    private bool _isWarned;
    private volatile string? _distrust;

    /// <summary>Begins to dial.</summary>
    public void Start() => Task.Run(Run).Ignore();

    /// <summary>The sync grain is there, and wants to hear of the link.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Ends the link; what it queued goes with it.</summary>
    public void Dispose()
    {
        _ends = null;
        _stop.Cancel();
    }

    /// <summary>Queues a frame, or drops it where the link is not up.</summary>
    public void Send(byte[] frame)
    {
        if (_ends is not { } ends) return;

        // One-way: this completes as soon as the message is queued. A failure means that the connection went, which Run sees too.
        ends.There.Receive(new(frame, ends.Here)).AsTask().Ignore();
    }

    private async Task Run()
    {
        var random = new Random(address.GetHashCode(StringComparison.Ordinal) ^ (int)server.Journal.Origin.Incarnation);
        var wait = FirstRetry;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Live();
                wait = FirstRetry;
            }
            catch (Exception error) when (!_stop.IsCancellationRequested)
            {
                Warn(error);
            }
            catch (Exception)
            {
                // Stopping: whatever was under way has ended.
                return;
            }

            var jitter = 1 + random.NextDouble() / 4;
            await Task.Delay(wait * jitter, server.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
        }
    }

    /// <summary>Builds a client, carries frames, and ends when the connection is lost or the link is stopped.</summary>
    private async Task Live()
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _distrust = null;
        using var host = Build(Resolve(), () => lost.TrySetResult());
        try
        {
            await host.StartAsync(_stop.Token);
            await _opened.Task.WaitAsync(_stop.Token);
            var sync = grains.GetGrain<ILocalSync>(0);
            var client = host.Services.GetRequiredService<IClusterClient>();
            var end = new LinkEnd(address, sync);
            _ends = new(client.GetGrain<ISyncGrain>(0), client.CreateObjectReference<ILinkEnd>(end), end);
            if (_isWarned) logger.LogWarning("The server at {Address} is reached again; both catch up on what they missed", address);
            _isWarned = false;
            await sync.LinkChanged(address, true);
            Identify(client, sync).Ignore();
            await lost.Task.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested) return;

            _isWarned = true;
            logger.LogWarning("The link to the server at {Address} is lost; serving on, and dialling it until it answers", address);
        }
        finally
        {
            if (_ends is not null && !_stop.IsCancellationRequested)
            {
                _ends = null;
                await grains.GetGrain<ILocalSync>(0).LinkChanged(address, false);
            }

            // Already cancelled: nothing that is queued is worth waiting for.
            await host.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Identify(IClusterClient client, ILocalSync sync)
    {
        try
        {
            var peer = await client.GetGrain<IQueryGrain>(0).Describe().AsTask().WaitAsync(IdentifyTimeout, server.Time, _stop.Token);
            await sync.LinkIdentified(address, peer.Server, peer.Address, peer.Name);
        }
        catch (Exception error) when (error is TimeoutException or OrleansException or OperationCanceledException)
        {
            logger.LogDebug(error, "{Address} did not say who it is", address);
        }
    }

    private IHost Build(IPEndPoint gateway, Action onLost)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.UseOrleansClient(client =>
        {
            client.PinTo(gateway, onLost);
            if (server.Options.Tls is { } tls) client.Secure(tls, HostOf(address), reason => _distrust = reason);
            server.Options.ConfigureLink?.Invoke(client);
        });
        return builder.Build();
    }

    private static string HostOf(string address) => ServerAddress.TryParse(address, out var parsed) ? parsed.Host : address;

    private IPEndPoint Resolve() => ServerAddress.TryParse(address, out var parsed) && parsed.TryResolve(out var ip)
        ? new(ip, parsed.Port)
        : throw new SocketException((int)SocketError.HostNotFound);

    private void Warn(Exception error)
    {
        if (_isWarned) return;

        _isWarned = true;
        logger.LogWarning("Cannot reach the server at {Address} ({Reason}); serving on, and trying again until it answers", address, Reason(error));
    }

    private string Reason(Exception error) =>
        _distrust ?? (error.GetBaseException() is SocketException socket ? socket.Message : error.GetBaseException().Message.Split('\n')[0].TrimEnd('.'));

    /// <summary>Both ends of a living link.</summary>
    /// <param name="There">The peer's sync grain.</param>
    /// <param name="Here">Goes along with each frame, so that the peer can answer before it has a link of its own.</param>
    /// <param name="Object">What is behind that reference: Orleans itself would let it go.</param>
    private sealed record Ends(ISyncGrain There, ILinkEnd Here, LinkEnd Object);

    /// <summary>Hands what comes back over the link to the sync grain.</summary>
    private sealed class LinkEnd(string address, ILocalSync sync) : ILinkEnd
    {
        public ValueTask Receive(FramePayload frame) => sync.CameBack(address, frame);
    }

    /// <summary>Signals of the process belong to the server, not to the hosts of its links.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
