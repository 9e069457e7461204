using System.Net;
using System.Net.Sockets;
using Cmud.Silo;

namespace Cmud.Tests.Acceptance;

/// <summary>The wire between a server and those who dial it, which a test can cut, or stop so that nothing comes through.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _pumps = [];
    private readonly int _target;
    private TcpListener? _listener;
    private TaskCompletionSource _flows = Done();

    public Wire(int target)
    {
        _target = target;
        Port = Ports.AnyFree();
    }

    /// <summary>Where to dial.</summary>
    public int Port { get; }

    /// <summary>Takes connections, and passes them on.</summary>
    public void Open()
    {
        _listener = new(IPAddress.Loopback, Port);
        _listener.Start();
        _pumps.Add(AcceptAsync(_listener));
    }

    /// <summary>All connections end at once, and new ones are refused.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            // A reset, as from a process that was killed.
            foreach (var socket in _sockets) socket.Close(timeout: 0);
            _sockets.Clear();
        }
    }

    /// <summary>From now on connections stand, and are even taken, but nothing comes through.</summary>
    public void Freeze() => _flows = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held back comes through.</summary>
    public void Thaw() => _flows.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Thaw();
        Cut();
        await Task.WhenAll(_pumps);
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                lock (_gate) _sockets.AddRange([near, far]);
                _pumps.Add(JoinAsync(near, far));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task JoinAsync(Socket near, Socket far)
    {
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(PumpAsync(near, far), PumpAsync(far, near));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server is not there, or the wire was cut.
        }

        near.Close(timeout: 0);
        far.Close(timeout: 0);
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                await _flows.Task;
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Either end closed, or the wire was cut.
        }
    }
}
