namespace Cmud.App.Play;

/// <summary>What a stroke asks of whoever owns the editor.</summary>
internal enum EditorAnswer
{
    Nothing,
    Changed,
    Refused,
    Entered,
    Completes,
    ClearsScreen,
    EndsInput,
    Interrupts,
}

/// <summary>The line that a player types: text, cursor and history, as a state machine that knows no terminal.</summary>
/// <remarks>The cursor always stands between two graphemes, so that no key tears a character from its accents.</remarks>
internal sealed class LineEditor
{
    /// <summary>No line is longer, in UTF-16 characters: the game cuts what is said well below.</summary>
    public const int MaxLength = 1024;

    /// <summary>The lines that Up and Down reach. 200 of 1,024 characters are 400 kB at most.</summary>
    public const int MaxHistory = 200;

    private readonly List<string> _history = [];
    private string _draft = "";

    /// <summary>What was cut last, a word or more.</summary>
    private string _cut = "";

    /// <summary>Where in the history the player stands; its count: at the draft.</summary>
    private int _at;

    /// <summary>The line so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The index in <see cref="Text"/> before which the cursor stands.</summary>
    public int Cursor { get; private set; }

    /// <summary>Takes a stroke. After <see cref="EditorAnswer.Entered"/>, <see cref="TakeLine"/> gives the line.</summary>
    public EditorAnswer Press(Key key) => key.Kind switch
    {
        KeyKind.Text => Insert(key.Text),
        KeyKind.Enter => EditorAnswer.Entered,
        KeyKind.Tab => EditorAnswer.Completes,
        KeyKind.Backspace => Cut(Cursor - CellWidth.LengthBefore(Text, Cursor), Cursor),
        KeyKind.Delete => Cut(Cursor, Cursor + CellWidth.LengthAfter(Text, Cursor)),
        KeyKind.Left => MoveTo(Cursor - CellWidth.LengthBefore(Text, Cursor)),
        KeyKind.Right => MoveTo(Cursor + CellWidth.LengthAfter(Text, Cursor)),
        KeyKind.WordLeft => MoveTo(Boundary(StartOfWord(), -1)),
        KeyKind.WordRight => MoveTo(Boundary(EndOfWord(), 1)),
        KeyKind.Home => MoveTo(0),
        KeyKind.End => MoveTo(Text.Length),
        KeyKind.Up => Recall(_at - 1),
        KeyKind.Down => Recall(_at + 1),
        KeyKind.CutToEnd => CutOut(Cursor, Text.Length),
        KeyKind.CutToStart => CutOut(0, Cursor),
        KeyKind.CutWord => CutOut(StartOfWord(), Cursor),
        KeyKind.Yank => _cut.Length == 0 ? EditorAnswer.Nothing : Insert(_cut),
        KeyKind.ClearScreen => EditorAnswer.ClearsScreen,
        KeyKind.EndOfInput => Text.Length == 0 ? EditorAnswer.EndsInput : Cut(Cursor, Cursor + CellWidth.LengthAfter(Text, Cursor)),
        KeyKind.Interrupt => EditorAnswer.Interrupts,
        KeyKind.Redraw => EditorAnswer.Changed,
        _ => EditorAnswer.Nothing,
    };

    /// <summary>The line, which leaves the editor empty.</summary>
    /// <param name="secret">Whether the history forgets it.</param>
    public string TakeLine(bool secret)
    {
        var line = Text;
        if (!secret && !string.IsNullOrWhiteSpace(line) && (_history.Count == 0 || _history[^1] != line)) _history.Add(line);
        if (_history.Count > MaxHistory) _history.RemoveAt(0);
        (Text, Cursor, _draft, _at) = ("", 0, "", _history.Count);
        if (secret) _cut = "";
        return line;
    }

    /// <summary>Completes the word before the cursor as far as the candidates agree.</summary>
    /// <returns>The candidates where several are left for the player to choose from, else none.</returns>
    public IReadOnlyList<string> Complete(IReadOnlyList<string> candidates)
    {
        if (candidates.Count == 0) return [];

        var start = Text.LastIndexOf(' ', Math.Max(0, Cursor - 1), Cursor) + 1;
        var common = candidates.Aggregate(CommonPrefix);
        if (candidates.Count == 1 && (Cursor == Text.Length || Text[Cursor] != ' ')) common += " ";
        if (common.Length >= Cursor - start && Text.Length - (Cursor - start) + common.Length <= MaxLength)
        {
            Text = string.Concat(Text.AsSpan(0, start), common, Text.AsSpan(Cursor));
            Cursor = start + common.Length;
        }

        return candidates.Count == 1 ? [] : candidates;
    }

    private static string CommonPrefix(string a, string b)
    {
        var length = 0;
        while (length < a.Length && length < b.Length && char.ToUpperInvariant(a[length]) == char.ToUpperInvariant(b[length])) length++;
        return a[..length];
    }

    private EditorAnswer Insert(string text)
    {
        if (Text.Length + text.Length > MaxLength) return EditorAnswer.Refused;

        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;

        // An accent typed in front of another character joins what stands before it; the cursor goes behind both.
        while (Cursor < Text.Length && !IsBoundary(Cursor)) Cursor++;
        return EditorAnswer.Changed;
    }

    /// <summary>The nearest place between two graphemes, in a direction: an accent may stand on a space.</summary>
    private int Boundary(int index, int step)
    {
        while (index > 0 && index < Text.Length && !IsBoundary(index)) index += step;
        return index;
    }

    private bool IsBoundary(int index)
    {
        var at = 0;
        while (at < index) at += CellWidth.LengthAfter(Text, at);
        return at == index;
    }

    private EditorAnswer Cut(int from, int to)
    {
        if (from == to) return EditorAnswer.Nothing;

        Text = Text.Remove(from, to - from);
        Cursor = from;

        // What stood apart may have become one grapheme.
        while (Cursor < Text.Length && !IsBoundary(Cursor)) Cursor++;
        return EditorAnswer.Changed;
    }

    /// <summary>Cuts what can be put in again.</summary>
    private EditorAnswer CutOut(int from, int to)
    {
        if (from < to) _cut = Text[from..to];
        return Cut(from, to);
    }

    private EditorAnswer MoveTo(int cursor)
    {
        if (cursor == Cursor) return EditorAnswer.Nothing;

        Cursor = cursor;
        return EditorAnswer.Changed;
    }

    /// <summary>The start of the word before the cursor, together with the spaces after it.</summary>
    private int StartOfWord()
    {
        var start = Cursor;
        while (start > 0 && Text[start - 1] == ' ') start--;
        while (start > 0 && Text[start - 1] != ' ') start--;
        return start;
    }

    /// <summary>The end of the word after the cursor.</summary>
    private int EndOfWord()
    {
        var end = Cursor;
        while (end < Text.Length && Text[end] == ' ') end++;
        while (end < Text.Length && Text[end] != ' ') end++;
        return end;
    }

    private EditorAnswer Recall(int at)
    {
        if (at < 0 || at > _history.Count) return EditorAnswer.Nothing;

        if (_at == _history.Count) _draft = Text;
        _at = at;
        Text = at == _history.Count ? _draft : _history[at];
        Cursor = Text.Length;
        return EditorAnswer.Changed;
    }
}
