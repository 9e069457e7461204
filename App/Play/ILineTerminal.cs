namespace Cmud.App.Play;

/// <summary>A terminal that edits lines by itself: lines in, text out. A port: the console without cursor moves here, a client for MUDs by telnet.</summary>
internal interface ILineTerminal : IDisposable
{
    /// <summary>How many columns it has now; 0 where nobody knows.</summary>
    int Columns { get; }

    /// <summary>Whether a line that is typed appears among the output, with its newline.</summary>
    bool Echoes { get; }

    /// <summary>Cancelled when the player leaves at once, whatever the session is doing.</summary>
    CancellationToken Left { get; }

    /// <summary>Writes text in one piece. Safe for any thread.</summary>
    void Write(string text);

    /// <summary>Says whether the lines that follow are secrets, not to be shown as they are typed; told before the prompt is written.</summary>
    void Hide(bool hides);

    /// <summary>What was written last is a prompt: the player's turn.</summary>
    void EndPrompt();

    /// <summary>The next line, without its end; null where no more will come.</summary>
    ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken);
}
