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

    /// <summary>Ctrl-C, which comes as a signal.</summary>
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
}
