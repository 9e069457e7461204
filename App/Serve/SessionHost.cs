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
/// <param name="client">The store.</param>
/// <param name="create">Makes each game.</param>
/// <param name="time">The clock of all waits.</param>
/// <param name="complain">Tells the operator a sentence; safe for any thread.</param>
/// <param name="closing">Cancelled when the host closes.</param>
internal sealed class SessionHost(ICmudClient client, SessionFactory create, TimeProvider time, Action<string> complain, CancellationToken closing)
{
    /// <summary>The clock of all waits.</summary>
    public TimeProvider Time => time;

    /// <summary>Cancelled when the host closes: then nobody comes in any more, and all who are in leave.</summary>
    public CancellationToken Closing => closing;

    /// <summary>Plays a session until it is over, and closes its door.</summary>
    public async Task PlayAsync(IDoor door, Lobby.Seat seat, string entrance, bool speaks)
    {
        try
        {
            await PlayLoop.PlayAsync(new HostedDoor(door, seat, time, closing), screen => create(screen, client, entrance, speaks), time, CancellationToken.None);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One session's end is not that of the others. Most likely the store refused its last words.
            complain($"A session by {entrance} ended badly ({e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}).");
        }
    }
}
