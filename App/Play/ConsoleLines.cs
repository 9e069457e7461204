using System.Text;

namespace Cmud.App.Play;

/// <summary>The console of the process without cursor moves: it edits and echoes lines itself.</summary>
/// <param name="streams">Where lines come from and go to.</param>
/// <param name="isTerminal">Whether the output is a terminal: then what is typed appears there.</param>
internal sealed class ConsoleLines(Streams streams, bool isTerminal) : ILineTerminal
{
    private readonly CancellationTokenSource _left = new();
    private bool _hides;

    /// <inheritdoc/>
    public int Columns => isTerminal ? Math.Max(0, Console.WindowWidth) : 0;

    /// <inheritdoc/>
    public bool Echoes => isTerminal;

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <summary>Ends the play at once: Ctrl-C.</summary>
    public void Leave() => _left.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _left.Dispose();

    /// <inheritdoc/>
    public void Write(string text)
    {
        streams.Out.Write(text);
        streams.Out.Flush();
    }

    /// <inheritdoc/>
    public void Hide(bool hides) => _hides = hides;

    /// <inheritdoc/>
    public void EndPrompt()
    {
        // The cursor says it.
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        // A console blocks its reader, and cannot be asked to stop: whoever leaves leaves the thread to the end of the process.
        var hides = _hides;
        return await Task.Run(() => hides ? ReadSecret() : streams.In.ReadLine(), cancellationToken).WaitAsync(cancellationToken);
    }

    /// <summary>A line that the terminal does not echo.</summary>
    private static string? ReadSecret()
    {
        var secret = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) return secret.ToString();
            if (key.KeyChar == '\x04' && secret.Length == 0) return null;
            if (key.Key == ConsoleKey.Backspace) secret.Length = Math.Max(0, secret.Length - 1);
            else if (!char.IsControl(key.KeyChar) && secret.Length < LineEditor.MaxLength) secret.Append(key.KeyChar);
        }
    }
}
