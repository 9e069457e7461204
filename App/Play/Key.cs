namespace Cmud.App.Play;

/// <summary>What a key means to the editor of a line.</summary>
internal enum KeyKind
{
    Text,
    Enter,
    Tab,
    Escape,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    CutToEnd,
    CutToStart,
    CutWord,
    Yank,
    ClearScreen,
    EndOfInput,

    /// <summary>Ctrl-C, which comes as a signal at the console.</summary>
    Interrupt,

    /// <summary>The terminal has another size, or is ours again after Ctrl-Z: draw anew.</summary>
    Redraw,
}

/// <summary>One stroke at a terminal.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Text">The character of <see cref="KeyKind.Text"/>: one Unicode scalar.</param>
internal readonly record struct Key(KeyKind Kind, string Text = "")
{
    /// <summary>A character typed.</summary>
    public static Key Of(string text) => new(KeyKind.Text, text);

    /// <summary>What a control character means; null where it means nothing, or is the beginning of more.</summary>
    public static Key? OfControl(char c) => c switch
    {
        '\r' or '\n' => new(KeyKind.Enter),
        '\t' => new(KeyKind.Tab),
        '\b' or '\x7F' => new(KeyKind.Backspace),
        '\x01' => new(KeyKind.Home),
        '\x02' => new(KeyKind.Left),
        '\x03' => new(KeyKind.Interrupt),
        '\x04' => new(KeyKind.EndOfInput),
        '\x05' => new(KeyKind.End),
        '\x06' => new(KeyKind.Right),
        '\x0B' => new(KeyKind.CutToEnd),
        '\x0C' => new(KeyKind.ClearScreen),
        '\x0E' => new(KeyKind.Down),
        '\x10' => new(KeyKind.Up),
        '\x15' => new(KeyKind.CutToStart),
        '\x17' => new(KeyKind.CutWord),
        '\x19' => new(KeyKind.Yank),
        _ => null,
    };
}
