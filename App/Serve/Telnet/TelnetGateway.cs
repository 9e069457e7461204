using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cmud.App.Play;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Cmud.App.Serve.Telnet;

/// <summary>The telnet port: finds out what kind of client has come, and plays a session at the door that fits it.</summary>
internal sealed class TelnetGateway(SessionHost host, Lobby lobby, ServeOptions options)
{
    /// <summary>How long a client may take to say what it is: four round trips of 300 ms and a little. One that speaks no telnet says nothing.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1.5);

    /// <summary>What may be typed before that is known, in bytes; a client that sends more is taken as it is.</summary>
    private const int MaxEarly = 1024;

    /// <summary>After so long of silence, in seconds, the system asks whether the other machine is still there; a crash or a cut tells nobody.</summary>
    private const int KeepAliveSeconds = 60;

    private readonly DateTimeOffset _start = host.Time.GetUtcNow();

    /// <summary>Serves a connection until its session is over or it is gone.</summary>
    public async Task ServeAsync(ConnectionContext connection)
    {
        Watch(connection);
        await using var outbox = new Outbox(connection.Transport.Output, host.Time, connection.Abort);
        try
        {
            using var seat = lobby.TryEnter((connection.RemoteEndPoint as IPEndPoint)?.Address, out var refusal);
            if (seat is null) new TelnetWire(outbox, Status).Write($"{refusal}\n");
            else await ServeAsync(connection, new(outbox, Status), seat);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // A client may hang up at any moment; its session is over.
        }
    }

    private async Task ServeAsync(ConnectionContext connection, TelnetWire wire, Lobby.Seat seat)
    {
        using var reader = new TelnetReader(connection.Transport.Input, wire);
        var early = await reader.SettleAsync(SettleTime, MaxEarly, host.Time, host.Closing);
        var (isBare, showsColor, isSpoken) = wire.With(static client => (client.IsBareTerminal, client.ShowsColor, client.IsSpoken));
        var renderer = new Renderer(new(isBare ? PlayMode.Terminal : PlayMode.Plain, showsColor, isSpoken));
        if (isBare)
        {
            using var terminal = new TelnetTerminal(wire);
            await PlayAsync(new TerminalDoor(terminal, renderer, host.Time), terminal);
        }
        else
        {
            using var lines = new TelnetLines(wire);
            await PlayAsync(new PlainDoor(lines, renderer), lines);
        }

        async Task PlayAsync(IDoor door, ITelnetInput input)
        {
            var reading = reader.ReadAsync(early, input, connection.ConnectionClosed);
            try
            {
                await host.PlayAsync(door, seat, "telnet", isSpoken);
            }
            finally
            {
                await reader.StopAsync();
                await reading;
            }
        }
    }

    /// <summary>What listings of MUDs are told.</summary>
    private IEnumerable<KeyValuePair<string, string>> Status() =>
    [
        new("NAME", "CMUD, the CMU game"),
        new("PLAYERS", lobby.Players.ToString(CultureInfo.InvariantCulture)),
        new("UPTIME", _start.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        new("PORT", options.Telnet.GetValueOrDefault().ToString(CultureInfo.InvariantCulture)),
        new("CODEBASE", "CmudOrleans"),
        new("LANGUAGE", "English"),
        new("UTF-8", "1"),
        new("ANSI", "1"),
    ];

    private static void Watch(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return;

        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
    }
}
