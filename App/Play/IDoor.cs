using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>Both sides of a play as the <see cref="PlayLoop"/> sees them: lines in, a screen and a prompt out.</summary>
internal interface IDoor : IScreen, IAsyncDisposable
{
    /// <summary>Cancelled when the player leaves at once, whatever the session is doing.</summary>
    CancellationToken Left { get; }

    /// <summary>The next line, shown as entered; null where no more will come.</summary>
    /// <exception cref="ScriptException">The script says that the play has failed.</exception>
    ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken);

    /// <summary>Takes the session's prompt.</summary>
    /// <param name="prompt">What stands before the next line.</param>
    /// <param name="hidesInput">Whether that line is a secret.</param>
    /// <param name="isTurn">Whether it is the player's turn: a command is done. Else time has passed, and the prompt may be as before.</param>
    void Prompt(string prompt, bool hidesInput, bool isTurn);

    /// <summary>Says whether the next line is one to be found again in a history; told before the prompt.</summary>
    void Remember(bool remembers)
    {
        // A door without a history has nothing to leave out.
    }

    /// <summary>The session is over: ends when all that it showed can be seen, or a script's last expectations are met.</summary>
    /// <exception cref="ScriptException">The script says that the play has failed.</exception>
    Task EndAsync(CancellationToken cancellationToken);

    /// <summary>Offers the session's completions; called before the first line.</summary>
    void CompleteWith(Func<string, int, IReadOnlyList<string>> complete);
}
