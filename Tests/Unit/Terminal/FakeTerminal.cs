using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Cmud.App.Play;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

/// <summary>A screen that understands what the door writes, so that a test sees what a player sees; rows that leave at the top are kept.</summary>
internal sealed class FakeTerminal(int columns, int rows = 1_000) : ITerminal
{
    private readonly Channel<Key> _keys = Channel.CreateUnbounded<Key>();
    private readonly Lock _lock = new();
    private readonly List<StringBuilder> _rows = [new()];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _row;
    private int _column;

    public int Columns { get; } = columns;

    public int Rows { get; } = rows;

    public int Bells { get; private set; }

    public ChannelReader<Key> Keys => _keys.Reader;

    /// <summary>The rows, the cursor as |.</summary>
    public string Screen
    {
        get
        {
            lock (_lock)
                return string.Join('\n', _rows.Select((row, i) => i == _row ? row.ToString().PadRight(_column).Insert(_column, "|") : row.ToString().TrimEnd()));
        }
    }

    public void Type(string text)
    {
        foreach (var rune in text.EnumerateRunes()) _keys.Writer.TryWrite(rune.Value == '\n' ? new(KeyKind.Enter) : Key.Of(rune.ToString()));
    }

    public void Press(params KeyKind[] kinds)
    {
        foreach (var kind in kinds) _keys.Writer.TryWrite(new(kind));
    }

    public void Hang() => _keys.Writer.Complete();

    /// <summary>Waits until the player sees what the test says.</summary>
    public async Task WaitFor(Func<string, bool> seen)
    {
        while (true)
        {
            Task changed;
            lock (_lock) changed = _changed.Task;
            if (seen(Screen)) return;
            try
            {
                await changed.WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (TimeoutException)
            {
                Assert.Fail($"The screen does not come to show it:\n{Screen}");
            }
        }
    }

    public void Write(string text)
    {
        lock (_lock)
        {
            for (var at = 0; at < text.Length;) at += One(text, at);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Dispose() => _keys.Writer.TryComplete();

    private int One(string text, int at)
    {
        switch (text[at])
        {
            case '\a': Bells++; return 1;
            case '\r': _column = 0; return 1;
            case '\n': Down(); _column = 0; return 1;
            case '\e':
                {
                    var end = at + 2;
                    while (!char.IsLetter(text[end])) end++;
                    Escape(text[(at + 2)..end], text[end]);
                    return end + 1 - at;
                }

            default:
                {
                    if (_column == Columns) { Down(); _column = 0; }
                    var row = _rows[_row];
                    while (row.Length <= _column) row.Append(' ');
                    row[_column++] = text[at];
                    return 1;
                }
        }
    }

    private void Escape(string parameter, char final)
    {
        var count = parameter.Length == 0 ? 1 : int.Parse(parameter, CultureInfo.InvariantCulture);
        switch (final)
        {
            case 'A': _row = Math.Max(Math.Max(0, _rows.Count - Rows), _row - count); break;
            case 'C': _column = Math.Min(Columns - 1, _column + count); break;
            case 'H': (_row, _column) = (0, 0); break;
            case 'K': Cut(); break;
            case 'J':
                if (parameter == "2") { _rows.Clear(); _rows.Add(new()); _row = 0; }
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                Cut();
                break;
            default: throw new ArgumentException($"ESC[{parameter}{final}");
        }
    }

    private void Cut() => _rows[_row].Length = Math.Min(_column, _rows[_row].Length);

    private void Down()
    {
        if (++_row == _rows.Count) _rows.Add(new());
    }
}
