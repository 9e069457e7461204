namespace Cmud.Game.Play;

/// <summary>Something that the game shows a player. Texts are data, never markup: each front door draws them its own way.</summary>
public abstract record Output
{
    /// <summary>One line, wrapped where the door wraps.</summary>
    public sealed record Line(string Text, Tone Tone = Tone.Plain) : Output;

    /// <summary>Rows under headers; to one who hears it, a list in which the first cell of a row names it.</summary>
    public sealed record Table(string? Title, IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows) : Output;

    /// <summary>How far something has come.</summary>
    /// <param name="Label">What it is.</param>
    /// <param name="Fraction">From 0 to 1; drawn.</param>
    /// <param name="Text">The same in words or numbers.</param>
    public sealed record Bar(string Label, double Fraction, string Text) : Output;

    /// <summary>The same for one who hears it, whatever the door does otherwise: lists for tables, words for drawings.</summary>
    public sealed record Aloud(Output What) : Output;

    /// <summary>Lines that stand as they are, like a map.</summary>
    public sealed record Block(string Text) : Output;

    /// <summary>An empty screen, where there is one to be emptied.</summary>
    public sealed record Clear : Output;

    /// <summary>A pause in a story. At a terminal what follows waits for it or for any key; elsewhere there is none.</summary>
    public sealed record Pause(TimeSpan Length) : Output;
}
