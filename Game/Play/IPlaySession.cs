namespace Cmud.Game.Play;

/// <summary>One player's game as a front door sees it: lines go in, and <see cref="Output"/> comes out on the session's <see cref="IScreen"/>.</summary>
/// <remarks>
/// The door makes one call at a time and looks at the properties between calls, so a session needs no lock. A call that fails for a lost
/// server may throw what the client throws, and a broken one anything: the door shows a sentence and goes on.
/// </remarks>
public interface IPlaySession : IAsyncDisposable
{
    /// <summary>What stands before the line that the player types, such as "(mining) > ".</summary>
    string Prompt { get; }

    /// <summary>Whether the player has left: the door closes.</summary>
    bool IsOver { get; }

    /// <summary>Whether the next line is a secret: not echoed, not kept in the history.</summary>
    bool HidesInput { get; }

    /// <summary>Whether the next line is a command, to be kept in the history: the answer to the question for a name is none.</summary>
    bool TakesCommands => true;

    /// <summary>Opens the game: banner and the question for a name. The first call.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Does what a line says. Lines come in the order they were typed, none lost; one may be empty or hold anything.</summary>
    Task EnterAsync(string line, CancellationToken cancellationToken);

    /// <summary>Shows what has happened meanwhile. Called about twice a second, between lines.</summary>
    Task PollAsync(CancellationToken cancellationToken);

    /// <summary>What the word at the cursor may become, from what the session knows already; empty where it knows nothing.</summary>
    /// <param name="text">The line so far.</param>
    /// <param name="cursor">Where in it the cursor stands. The word reaches from the last space before it to here.</param>
    IReadOnlyList<string> Complete(string text, int cursor);
}
