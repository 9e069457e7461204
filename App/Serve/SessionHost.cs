using Cmud.App.Play;
using Cmud.Client;
using Cmud.Game.Play;

namespace Cmud.App.Serve;

/// <summary>Makes one player's game.</summary>
/// <param name="screen">Where the player reads.</param>
/// <param name="client">The store.</param>
/// <param name="door">By which front door the player came, such as "telnet".</param>
/// <param name="speaks">Whether the door reads aloud.</param>
internal delegate IPlaySession SessionFactory(IScreen screen, ICmudClient client, string door, bool speaks);

/// <summary>Plays sessions for those who come by a network, all on one client of the store.</summary>
/// <remarks>One client is one connection and one memory of what was seen: what a session reads is never older than what another of this host has read.</remarks>
internal sealed class SessionHost(ICmudClient client, SessionFactory create, TimeProvider time, CancellationToken closing)
{
    /// <summary>The clock of all waits.</summary>
    public TimeProvider Time => time;

    /// <summary>Cancelled when the host closes: then nobody comes in any more, and all who are in leave.</summary>
    public CancellationToken Closing => closing;

    /// <summary>Plays a session until it is over, and closes its door.</summary>
    public async Task PlayAsync(IDoor door, Lobby.Seat seat, string entrance, bool speaks) =>
        await PlayLoop.PlayAsync(new HostedDoor(door, seat, time, closing), screen => create(screen, client, entrance, speaks), time, CancellationToken.None);
}
