using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cmud.Grains.Interfaces;

namespace Cmud.Silo;

/// <summary>Looks whether ports are free, by binding them for a moment.</summary>
/// <remarks>Another program may take a port right after the look: a start can still fail, and then one looks again to say why.</remarks>
public static class Ports
{
    /// <summary>Null where the server can listen on all its ports, else one sentence that says what to do.</summary>
    public static string? Refuse(ServerOptions options)
    {
        for (var port = options.Port; port <= options.Port + options.QueryGrains; port++)
        {
            if (TryListen(options.Host, port) is { } error) return Sentence(options, port, error);
        }

        return options.Http is { } http && TryListen(options.Host, http) is { } refused ? Sentence(options, http, refused) : null;
    }

    /// <summary>A free port of loopback, chosen by the OS.</summary>
    public static int AnyFree()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Where a further server can listen on this machine: the first tens beyond the ports of this one that are free.</summary>
    public static int ForNext(ServerOptions options)
    {
        const int tries = 100;
        var first = Beyond(options.Port + options.QueryGrains);
        var port = first;
        for (var i = 0; i < tries; i++)
        {
            // Past the last port there is: go on from the lowest that need no privileges.
            if (port + ServerOptions.DefaultQueryGrains > ServerAddress.MaxPort) port = Beyond(1_023);
            var next = new ServerOptions { Port = port, Host = options.Host };
            if (Refuse(next) is null) return port;
            port = Beyond(port + next.QueryGrains);
        }

        return first;
    }

    private static int Beyond(int port) => (port / 10 + 1) * 10;

    private static SocketError? TryListen(IPAddress host, int port)
    {
        try
        {
            using var socket = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (host.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(new IPEndPoint(host, port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static string Sentence(ServerOptions options, int port, SocketError error)
    {
        var number = port.ToString(CultureInfo.InvariantCulture);
        return error switch
        {
            SocketError.AddressAlreadyInUse when port == options.Port =>
                $"Port {number} is in use by another program, perhaps another server; stop that program or choose another --port.",
            SocketError.AddressAlreadyInUse when port == options.Http =>
                $"Port {number} is in use by another program, but --http asks for it; stop that program or choose another --http.",
            SocketError.AddressAlreadyInUse =>
                $"Port {number} is in use by another program, but RESP needs {options.RespPorts}, one port per query grain; stop that program or choose another --port.",
            SocketError.AccessDenied => $"Port {number} needs privileges that this user lacks; choose a {(port == options.Http ? "--http" : "--port")} of 1024 or more.",
            SocketError.AddressNotAvailable => ServerOptions.RefuseHost(options.Host.ToString()),
            _ => $"The server cannot listen on {new IPEndPoint(options.Host, port)} ({error}); choose another --host or --port.",
        };
    }
}
