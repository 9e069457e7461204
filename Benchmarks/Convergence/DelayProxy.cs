using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Benchmarks.Convergence;

/// <summary>The way to a server: whatever is sent through it arrives a fixed time later, either way. Order and throughput stay.</summary>
/// <remarks>It listens on another loopback address with the server's own port, which an Orleans client compares.</remarks>
internal sealed class DelayProxy : IAsyncDisposable
{
    private readonly IPEndPoint _to;
    private readonly TimeSpan _oneWay;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public DelayProxy(IPEndPoint at, IPEndPoint to, TimeSpan oneWay)
    {
        (_to, _oneWay) = (to, oneWay);
        _listener = new(at);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carried = new List<Task>();
        try
        {
            while (true) carried.Add(CarryAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is disposed of.
        }

        await Task.WhenAll(carried);
    }

    private async Task CarryAsync(Socket caller)
    {
        using (caller)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                await server.ConnectAsync(_to, _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // Nobody listens there yet: the caller sees its connection end, and dials again.
                return;
            }

            (caller.NoDelay, server.NoDelay) = (true, true);
            await using var near = new NetworkStream(caller);
            await using var far = new NetworkStream(server);
            await Task.WhenAll(PassAsync(near, far, server), PassAsync(far, near, caller));
        }
    }

    /// <summary>One direction, until its end has arrived at the other side.</summary>
    private async Task PassAsync(NetworkStream from, NetworkStream to, Socket reader)
    {
        await new DelayLine(_oneWay).RunAsync(PipeReader.Create(from), PipeWriter.Create(to, new(leaveOpen: true)), _end.Token);
        try
        {
            reader.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has gone before.
        }
    }
}
