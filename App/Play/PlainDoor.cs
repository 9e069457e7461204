using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>A play without cursor moves: the terminal edits the line, and what happens is printed below.</summary>
internal sealed class PlainDoor : IDoor
{
    private readonly ILineTerminal _terminal;
    private readonly PlainScreen _screen;
    private bool _hidesInput;

    /// <summary>Opens the door.</summary>
    /// <param name="terminal">Where lines come from and go to.</param>
    /// <param name="renderer">Draws what is shown.</param>
    public PlainDoor(ILineTerminal terminal, Renderer renderer)
    {
        _terminal = terminal;
        _screen = new(terminal.Write, renderer) { Columns = () => terminal.Columns, Asked = terminal.EndPrompt };
    }

    /// <inheritdoc/>
    public CancellationToken Left => _terminal.Left;

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
        if (hidesInput != _hidesInput) _terminal.Hide(hidesInput);
        _hidesInput = hidesInput;
        _screen.Prompt(prompt, isTurn);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var hides = _hidesInput;
        var line = await _terminal.ReadLineAsync(cancellationToken);
        if (line is not null) _screen.Answered(_terminal.Echoes && !hides ? "" : "\n");
        return line;
    }

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _screen.Close();
        return default;
    }
}
