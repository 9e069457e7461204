using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>A play on a stream: what happens is written line by line, and a prompt where the player may write.</summary>
/// <param name="write">Writes text in one piece.</param>
/// <param name="renderer">Draws what is shown.</param>
internal sealed class PlainScreen(Action<string> write, Renderer renderer) : IScreen
{
    /// <summary>How wide the terminal is; 0 where there is none.</summary>
    public Func<int> Columns { get; init; } = static () => 0;

    private readonly Lock _lock = new();
    private string _prompt = "";

    /// <summary>Whether the last row holds a prompt without an answer.</summary>
    private bool _isAsking;

    /// <summary>Told when a prompt was written.</summary>
    public Action Asked { get; init; } = static () => { };

    /// <summary>Told what was written, but for echoes.</summary>
    public Action<string> Wrote { get; init; } = static _ => { };

    /// <inheritdoc/>
    public void Show(Output output)
    {
        lock (_lock) WriteLines(renderer.Render(output, Columns()));
    }

    /// <summary>Writes the prompt where it is the player's turn, or where it is another one than before.</summary>
    public void Prompt(string prompt, bool isTurn)
    {
        lock (_lock)
        {
            // A prompt that shows coins is another one each second: that is no reason for another row.
            if (!isTurn && WithoutNumbers(prompt) == WithoutNumbers(_prompt)) return;

            _prompt = prompt;
            WriteLines("");
            Write(Renderer.Clean(prompt));
            _isAsking = prompt.Length > 0;
            if (_isAsking) Asked();
        }
    }

    /// <summary>The player has answered the prompt.</summary>
    /// <param name="echo">The answer, with its newline; empty where a terminal has echoed it.</param>
    public void Answered(string echo)
    {
        lock (_lock)
        {
            if (echo.Length > 0) write(echo);
            Wrote("\n");
            _isAsking = false;
        }
    }

    /// <summary>Leaves a prompt that nobody will answer.</summary>
    public void Close()
    {
        lock (_lock) WriteLines("");
    }

    private static string WithoutNumbers(string prompt) => string.Concat(prompt.Where(static c => !char.IsDigit(c) && c is not ('.' or ',')));

    /// <summary>Writes lines below an open prompt.</summary>
    private void WriteLines(string lines)
    {
        Write(_isAsking ? "\n" + lines : lines);
        _isAsking = false;
    }

    private void Write(string text)
    {
        if (text.Length == 0) return;

        write(text);
        Wrote(text);
    }
}
