using System.Globalization;
using System.Text;
using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>A play at a terminal with a cursor: what happens is printed above the line that the player types.</summary>
/// <remarks>
/// One lock owns the terminal. To print, the cursor goes up to the first row of the input, all from there is erased, the new lines are
/// written and the input is written again, in one piece, so that nobody sees half of it. Where the cursor is, is always computed from
/// what was written last and from the columns that the terminal has now: to ask it would take away keys from the player, and a terminal
/// that changes its size wraps anew what it shows, ours included.
/// </remarks>
internal sealed class TerminalDoor : IDoor
{
    /// <summary>Lines that may wait for the game. Far more than a paste; beyond, Enter is refused, and no line is lost.</summary>
    private const int MaxWaiting = 1000;

    /// <summary>Candidates listed after Tab; 50 names are a screen.</summary>
    private const int MaxListed = 50;

    private readonly Lock _lock = new();
    private readonly ITerminal _terminal;
    private readonly Renderer _renderer;
    private readonly TimeProvider _time;
    private readonly LineEditor _editor = new();
    private readonly Queue<string> _entered = new();
    private readonly Queue<Held> _held = new();
    private readonly CancellationTokenSource _left = new();
    private readonly Task _keys;

    private Func<string, int, IReadOnlyList<string>> _complete = static (_, _) => [];
    private TaskCompletionSource<string?>? _reader;
    private TaskCompletionSource? _shown;
    private ITimer? _pause;
    private int _pauses;
    private string _prompt = "";
    private bool _hidesInput;
    private bool _remembers = true;
    private bool _isEnded;
    private bool _isClosed;

    /// <summary>What stands before the cursor on the screen, from the first row of the input on.</summary>
    private string _drawn = "";

    /// <summary>Opens the door; from now on keys are read.</summary>
    public TerminalDoor(ITerminal terminal, Renderer renderer, TimeProvider time)
    {
        (_terminal, _renderer, _time) = (terminal, renderer, time);
        _keys = ReadKeysAsync();
    }

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete) => _complete = complete;

    /// <inheritdoc/>
    public void Show(Output output)
    {
        lock (_lock)
        {
            if (_pause is not null) _held.Enqueue(new(output, null, default));
            else if (output is Output.Pause pause) Begin(pause);
            else Print(output);
        }
    }

    /// <inheritdoc/>
    public void Remember(bool remembers)
    {
        lock (_lock) _remembers = remembers;
    }

    /// <inheritdoc/>
    public void Prompt(string prompt, bool hidesInput, bool isTurn)
    {
        lock (_lock)
        {
            if (_pause is not null) _held.Enqueue(new(null, prompt, hidesInput));
            else if ((prompt, hidesInput) != (_prompt, _hidesInput)) Take(prompt, hidesInput);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        Task<string?> line;
        lock (_lock)
        {
            _reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
            line = _reader.Task;
            HandOver();
        }

        // Keys that are read no more would leave the player in front of a dead terminal: say why.
        if (await Task.WhenAny(line, _keys).WaitAsync(cancellationToken) == _keys) await _keys;
        return await line.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_pause is null) return Task.CompletedTask;

            _shown ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _shown.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Leaves the terminal with the cursor at the start of an empty row.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            while (_pause is not null) Resume();
            _terminal.Write(Erase());
            _isClosed = true;
        }

        _left.Dispose();
        return default;
    }

    private async Task ReadKeysAsync()
    {
        await foreach (var key in _terminal.Keys.ReadAllAsync())
        {
            // The session may be busy: asked for without the lock, so that it can show things meanwhile. Only this loop edits.
            var candidates = key.Kind == KeyKind.Tab && !_hidesInput ? _complete(_editor.Text, _editor.Cursor) : [];
            lock (_lock)
            {
                if (_isClosed) return;

                // A paste is drawn when it is through.
                var isLast = !_terminal.Keys.TryPeek(out _);
                Press(key, candidates, isLast);
            }
        }

        lock (_lock) EndInput(atOnce: true);
    }

    private void Press(Key key, IReadOnlyList<string> candidates, bool isLast)
    {
        if (_isEnded && key.Kind is not (KeyKind.Interrupt or KeyKind.Redraw)) return;
        if (_hidesInput && key.Kind is (KeyKind.Up or KeyKind.Down)) return;
        if (_pause is not null && key.Kind != KeyKind.Redraw)
        {
            Resume();

            // The key that skips is used up, whatever it is: who skips a story writes no command. Those that leave still do.
            if (key.Kind is not (KeyKind.Interrupt or KeyKind.EndOfInput)) return;
        }

        switch (_editor.Press(key))
        {
            case EditorAnswer.Changed when isLast:
                Draw("");
                break;
            case EditorAnswer.Refused:
            case EditorAnswer.Entered when _entered.Count == MaxWaiting:
            case EditorAnswer.Completes when candidates.Count == 0:
                Draw("\a");
                break;
            case EditorAnswer.Entered:
                _entered.Enqueue(_editor.TakeLine(_hidesInput || !_remembers));
                if (!HandOver()) Draw("");
                break;
            case EditorAnswer.Completes:
                Draw(Listed(_editor.Complete(candidates)));
                break;
            case EditorAnswer.ClearsScreen:
                Print(new Output.Clear());
                break;
            case EditorAnswer.EndsInput:
                EndInput(atOnce: false);
                break;
            case EditorAnswer.Interrupts:
                EndInput(atOnce: true);
                break;
            default:
                if (isLast) Draw("");
                break;
        }
    }

    private string Listed(IReadOnlyList<string> candidates)
    {
        if (candidates.Count == 0) return "";

        var more = candidates.Count > MaxListed ? string.Create(CultureInfo.InvariantCulture, $"  ... and {candidates.Count - MaxListed} more") : "";
        return _renderer.Render(new Output.Line(string.Join("  ", candidates.Take(MaxListed)) + more, Tone.Hint), _terminal.Columns);
    }

    /// <summary>The player leaves: after what was entered before, or at once.</summary>
    private void EndInput(bool atOnce)
    {
        _isEnded = true;
        if (atOnce)
        {
            _entered.Clear();
            _left.Cancel();
        }

        HandOver();
    }

    /// <summary>Gives the next line to whoever waits for it, and shows it as entered; false where none waits or none is there.</summary>
    private bool HandOver()
    {
        if (_reader is not { } reader || _pause is not null) return false;
        if (_entered.TryDequeue(out var line)) Draw($"{_prompt}{(_hidesInput ? "" : line)}\n");
        else if (!_isEnded) return false;

        _reader = null;
        reader.TrySetResult(line);
        return true;
    }

    private void Begin(Output.Pause pause)
    {
        if (pause.Length <= TimeSpan.Zero) return;

        _pause = _time.CreateTimer(Over, ++_pauses, pause.Length, Timeout.InfiniteTimeSpan);
        Draw("");
    }

    private void Over(object? state)
    {
        lock (_lock)
        {
            // A key may have ended it just now, and the next may have begun.
            if (_pause is not null && _pauses == (int)state!) Resume();
        }
    }

    /// <summary>Ends a pause and shows what was held back, up to the next.</summary>
    private void Resume()
    {
        _pause?.Dispose();
        _pause = null;
        while (_pause is null && _held.TryDequeue(out var held))
        {
            if (held.Output is Output.Pause pause) Begin(pause);
            else if (held.Output is { } output) Print(output);
            else Take(held.Prompt!, held.HidesInput);
        }

        if (_pause is not null) return;

        Draw("");
        _shown?.TrySetResult();
        _shown = null;
        HandOver();
    }

    private void Take(string prompt, bool hidesInput)
    {
        (_prompt, _hidesInput) = (Renderer.Clean(prompt), hidesInput);
        Draw("");
    }

    /// <summary>Prints what the session shows.</summary>
    private void Print(Output output)
    {
        if (output is Output.Clear && !_isClosed)
        {
            _drawn = "";
            _terminal.Write("\e[H\e[2J");
        }

        Draw(_renderer.Render(output, _terminal.Columns));
    }

    /// <summary>Prints lines above the input, which is drawn anew.</summary>
    private void Draw(string above)
    {
        if (_isClosed) return;

        var columns = _terminal.Columns;
        var prompt = _pause is not null ? "" : _entered.Count == 0 ? _prompt : string.Create(CultureInfo.InvariantCulture, $"[{_entered.Count} waiting] {_prompt}");
        var (text, cursor) = _hidesInput ? ("", 0) : CellWidth.Window(prompt, _editor.Text, _editor.Cursor, columns, _terminal.Rows - 1);

        var screen = new StringBuilder(Erase()).Append(above).Append(prompt).Append(text);
        _drawn = string.Concat(prompt, text.AsSpan(0, cursor));
        var end = CellWidth.Place(prompt + text, columns);
        var here = CellWidth.Place(_drawn, columns);

        // A terminal that has filled a row waits with the cursor on it for the next character: give it one, and erase that.
        if (end.Row > 0 && end.Column == 0) screen.Append(" \r\e[K");
        if (end.Row > here.Row) screen.Append(CultureInfo.InvariantCulture, $"\e[{end.Row - here.Row}A");
        if (end != here)
        {
            screen.Append('\r');
            if (here.Column > 0) screen.Append(CultureInfo.InvariantCulture, $"\e[{here.Column}C");
        }

        _terminal.Write(screen.ToString());
    }

    /// <summary>Takes the input from the screen; the cursor stands where it began.</summary>
    private string Erase()
    {
        var row = CellWidth.Place(_drawn, _terminal.Columns).Row;
        _drawn = "";
        return row == 0 ? "\r\e[J" : string.Create(CultureInfo.InvariantCulture, $"\e[{row}A\r\e[J");
    }

    /// <summary>What a pause holds back: something to show, or the prompt that follows it.</summary>
    private readonly record struct Held(Output? Output, string? Prompt, bool HidesInput);
}
