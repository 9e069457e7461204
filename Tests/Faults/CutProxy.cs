using System.Net;
using System.Net.Sockets;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Faults;

/// <summary>Between clients and a gateway: passes on what is sent, until it withholds the answers and cuts every connection.</summary>
/// <remarks>It listens on another loopback address with the gateway's port, which an Orleans client compares.</remarks>
internal sealed class CutProxy : IAsyncDisposable
{
    private readonly IPEndPoint _to;
    private readonly TcpListener _listener;
    private readonly Gate _answers = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;

    public CutProxy(IPEndPoint at, IPEndPoint to)
    {
        _to = to;
        _listener = new(at);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Lets requests through and no answers, for such a time, then resets all connections. New ones are taken at once.</summary>
    public async Task CutAsync(TimeSpan withhold)
    {
        _answers.Close();
        await Task.Delay(withhold, TimeProvider.System);
        Reset();
        _answers.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Reset();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_gate) _sockets.AddRange(client, server);
                _ = ServeAsync(client, server);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is disposed of.
        }
    }

    private async Task ServeAsync(Socket client, Socket server)
    {
        try
        {
            await server.ConnectAsync(_to, _end.Token);
            (client.NoDelay, server.NoDelay) = (true, true);
            await Task.WhenAny(PassAsync(client, server, new()), PassAsync(server, client, _answers));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The gateway is not there, or the connection was cut: to the client both look the same.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task PassAsync(Socket from, Socket to, Gate gate)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReceiveAsync(buffer, _end.Token) is var read && read > 0)
            {
                await gate.PassAsync(_end.Token);
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or closed by one side: the other is closed after it.
        }
    }

    private void Reset()
    {
        Socket[] open;
        lock (_gate)
        {
            open = [.. _sockets];
            _sockets.Clear();
        }

        foreach (var socket in open)
        {
            try
            {
                socket.LingerState = new(enable: true, seconds: 0);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // Closed before.
            }

            socket.Dispose();
        }
    }
}
