using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>A play without cursor moves: the terminal edits the line, and what happens is printed below.</summary>
/// <param name="streams">Where lines come from and go to.</param>
/// <param name="renderer">Draws what is shown.</param>
/// <param name="readSecret">Reads a line that the terminal does not echo.</param>
/// <param name="isEchoed">Whether what is typed appears among the output, with its newline.</param>
/// <param name="columns">How wide the terminal is; 0 where there is none.</param>
internal sealed class PlainDoor(Streams streams, Renderer renderer, Func<string?> readSecret, bool isEchoed, Func<int> columns) : IDoor
{
    private readonly PlainScreen _screen = new(streams.Out, renderer) { Columns = columns };
    private readonly CancellationTokenSource _left = new();
    private bool _hidesInput;

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <summary>Ends the play at once: Ctrl-C.</summary>
    public void Leave() => _left.Cancel();

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete)
    {
        // Tab belongs to the terminal.
    }

    /// <inheritdoc/>
    public void Show(Output output) => _screen.Show(output);

    /// <inheritdoc/>
    public void Prompt(string prompt, bool hidesInput, bool isTurn)
    {
        _hidesInput = hidesInput;
        _screen.Prompt(prompt, isTurn);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        // A console blocks its reader, and cannot be asked to stop: whoever leaves leaves the thread to the end of the process.
        var hides = _hidesInput;
        var line = await Task.Run(() => hides ? readSecret() : streams.In.ReadLine(), cancellationToken).WaitAsync(cancellationToken);
        if (line is not null) _screen.Answered(isEchoed && !hides ? "" : "\n");
        return line;
    }

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _screen.Close();
        _left.Dispose();
        return default;
    }
}
