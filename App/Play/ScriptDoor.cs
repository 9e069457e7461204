using System.Globalization;
using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>A play by script: lines from a file or pipe, with <c>#</c> remarks, <c>wait 3s</c> and <c>expect "text" within 5s</c>.</summary>
/// <remarks>Prompts are written too, so that a script can expect them; what it enters is written after them, and never counts as seen.</remarks>
internal sealed class ScriptDoor : IDoor
{
    /// <summary>A pipe that stays open after the game is over is not waited for.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly TextReader _script;
    private readonly TimeProvider _time;
    private readonly TimeSpan _settle;
    private readonly Transcript _transcript;
    private readonly PlainScreen _screen;
    private Task<string?>? _reading;
    private Directive.Expect? _expecting;
    private int _number;
    private bool _hidesInput;

    /// <summary>A play of a script.</summary>
    /// <param name="script">The script.</param>
    /// <param name="output">Where the play is written.</param>
    /// <param name="renderer">Draws what is shown.</param>
    /// <param name="time">The clock of every wait.</param>
    /// <param name="settle">How long to look on after the last line, until all that it did has shown.</param>
    public ScriptDoor(TextReader script, TextWriter output, Renderer renderer, TimeProvider time, TimeSpan settle)
    {
        (_script, _time, _settle) = (script, time, settle);
        _transcript = new(time);
        _screen = new(Write, renderer) { Wrote = _transcript.Add };

        void Write(string text)
        {
            output.Write(text);
            output.Flush();
        }
    }

    /// <inheritdoc/>
    public CancellationToken Left => CancellationToken.None;

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete)
    {
        // A script has no Tab.
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
        while (await NextAsync(cancellationToken) is { } directive)
        {
            switch (directive)
            {
                case Directive.Say say:
                    _screen.Answered((_hidesInput ? "" : Renderer.Clean(say.Line)) + "\n");
                    return say.Line;
                case Directive.Wait wait:
                    await Task.Delay(wait.Length, _time, cancellationToken);
                    break;
                case Directive.Expect expect:
                    _expecting = expect;
                    if (!await _transcript.FindAsync(expect.Text, expect.Within, cancellationToken)) throw Unmet(expect);
                    _expecting = null;
                    break;
            }
        }

        // What the last line set in motion may still come in until then, and nothing says that it was the last.
        await Task.Delay(_settle, _time, cancellationToken);
        return null;
    }

    /// <inheritdoc/>
    /// <remarks>The game is over, so what is expected must be there already, and a line for the game has nobody to hear it.</remarks>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_expecting is { } open && !_transcript.TryFind(open.Text)) throw Unmet(open);

        using var patience = new CancellationTokenSource(LastWords, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (await NextAsync(either.Token) is { } directive)
            {
                if (directive is Directive.Expect expect && !_transcript.TryFind(expect.Text)) throw Unmet(expect);
                if (directive is Directive.Say { Line: var line } && !string.IsNullOrWhiteSpace(line))
                    throw Failed($"Line {_number} enters '{Renderer.Clean(line)}', but the game was over");
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Whoever holds the pipe open has nothing to say.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _screen.Close();
        return default;
    }

    private async Task<Directive?> NextAsync(CancellationToken cancellationToken)
    {
        // A pipe blocks its reader; a read that was given up is taken up again by the next call.
        _reading ??= Task.Run(_script.ReadLine, CancellationToken.None);
        var line = await _reading.WaitAsync(cancellationToken);
        _reading = null;
        return line is null ? null : Directive.Of(line, ++_number);
    }

    private ScriptException Unmet(Directive.Expect expect) =>
        Failed(string.Create(CultureInfo.InvariantCulture, $"Line {_number} expected \"{expect.Text}\" within {expect.Within.TotalSeconds:0.###} s, but it did not show"));

    private ScriptException Failed(string what) => new(ScriptException.Unmet, $"{what}; the last lines seen: {_transcript.Tail()}");
}
