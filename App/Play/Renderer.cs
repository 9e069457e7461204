using System.Globalization;
using System.Text;
using Cmud.Game.Play;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cmud.App.Play;

/// <summary>Draws what a session shows as text, each line with its newline.</summary>
/// <remarks>No text of the game can move the cursor, whatever a player made another player's game show: see <see cref="Clean"/>.</remarks>
internal sealed class Renderer(Manner manner)
{
    /// <summary>What is written to no terminal is not wrapped: a line is a line, also to whoever searches it. No text of the game is longer.</summary>
    private const int Unwrapped = 100_000;

    private const int BarCells = 20;

    /// <summary>Before each further row of a line that is wrapped.</summary>
    private const string Indent = "  ";

    /// <summary>With so few columns there is no room for it.</summary>
    private const int Narrow = 8;

    /// <summary>Draws for a terminal of so many columns; 0 for none. Without a cursor only lines are wrapped.</summary>
    public string Render(Output output, int columns) => output switch
    {
        Output.Line line => Hang(Clean(line.Text), StyleOf(line.Tone), columns),
        Output.Block block => string.Concat(Lines(block.Text).Select(line => Cut(line, columns) + "\n")),
        Output.Bar bar when IsNarrow(bar, columns) => Draw([new Text(Clean(bar.Label)), Cells(bar), new Text(Clean(bar.Text))], columns),
        Output.Bar bar => Draw(Bar(bar), columns),
        Output.Aloud aloud => new Renderer(manner with { Spoken = true }).Render(aloud.What, columns),
        Output.Table table when manner.Spoken => string.Concat(Spoken(table).Select(line => Hang(line, Style.Plain, columns))),
        Output.Table table => (table.Title is { } title ? Render(new Output.Line(title, Tone.Heading), columns) : "")
            + (IsNarrow(table, columns) ? Draw(Rows(table).Select(static line => new Text(line)), columns) : Draw(Table(table), columns)),
        _ => "",
    };

    /// <summary>Text without what could move the cursor, colour, ring, or turn the direction of writing; a tab or newline is a space.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\t' or '\n' or '\r') clean.Append(' ');
            else if (IsShown(rune)) clean.Append(rune);
        }

        return clean.ToString();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,

        // Of the formatting characters only the joiners, which emoji and some scripts need.
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        _ => true,
    };

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Heading => new(decoration: Decoration.Bold),
        Tone.Speech => new(Color.Teal),
        Tone.Event => new(Color.Purple),
        Tone.Success => new(Color.Green),
        Tone.Warning => new(Color.Olive),
        Tone.Error => new(Color.Maroon, decoration: Decoration.Bold),
        Tone.Hint => new(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    private IEnumerable<string> Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(Clean).Select(line => manner.Spoken ? Undrawn(line) : line);

    /// <summary>A map that is too wide loses its right side and keeps its shape.</summary>
    private string Cut(string line, int columns) => (manner.Mode == PlayMode.Terminal ? CellWidth.Cut(line, columns) : line).TrimEnd();

    /// <summary>Box drawing is noise to one who hears it.</summary>
    private static string Undrawn(string line) => string.Concat(line.Select(static c => c is >= '\u2500' and <= '\u259F' ? ' ' : c)).TrimEnd();

    private IRenderable Bar(Output.Bar bar) => manner.Spoken
        ? new Text($"{Clean(bar.Label)}: {Clean(bar.Text)}, {Fraction(bar) * 100:0} percent")
        : Cells(bar, new Paragraph($"{Clean(bar.Label)} ")).Append($" {Clean(bar.Text)}");

    /// <summary>The drawn part, after what stands before it.</summary>
    private Paragraph Cells(Output.Bar bar, Paragraph? before = null)
    {
        var full = (int)Math.Round(Fraction(bar) * BarCells);
        var (on, off) = manner.Mode == PlayMode.Terminal ? ('\u2588', '\u2591') : ('#', '.');
        return (before ?? new Paragraph()).Append(new string(on, full), StyleOf(Tone.Success)).Append(new string(off, BarCells - full), StyleOf(Tone.Hint));
    }

    private static double Fraction(Output.Bar bar) => double.IsFinite(bar.Fraction) ? Math.Clamp(bar.Fraction, 0, 1) : 0;

    /// <summary>Whether a bar would be broken within its line: then each of its parts gets one.</summary>
    private bool IsNarrow(Output.Bar bar, int columns) =>
        manner is { Mode: PlayMode.Terminal, Spoken: false } && CellWidth.Of(Clean(bar.Label)) + BarCells + CellWidth.Of(Clean(bar.Text)) + 2 > columns;

    /// <summary>Whether a table would have to break words, among them those that one is to type: then it is a list.</summary>
    private bool IsNarrow(Output.Table table, int columns)
    {
        if (manner.Mode != PlayMode.Terminal) return false;

        // Rounded borders take a column before each cell and one after the last; each cell has a blank on both sides.
        var least = table.Headers.Select((header, i) => table.Rows.Where(row => i < row.Count).Select(row => row[i]).Append(header).Max(LongestWord)).Sum();
        return least + (table.Headers.Count * 3) + 1 > columns;
    }

    private static int LongestWord(string text) => Clean(text).Split(' ').Max(CellWidth.Of);

    private Table Table(Output.Table table)
    {
        var drawn = new Table { Border = manner.Mode == PlayMode.Terminal ? TableBorder.Rounded : TableBorder.None };
        foreach (var header in table.Headers)
        {
            var column = new TableColumn(new Text(Clean(header), StyleOf(Tone.Heading)));
            if (manner.Mode != PlayMode.Terminal) column.Padding = new(0, 0, 2, 0);
            drawn.AddColumn(column);
        }

        foreach (var row in table.Rows)
            drawn.AddRow(table.Headers.Select((_, i) => new Text(i < row.Count ? Clean(row[i]) : "")));
        return drawn;
    }

    /// <summary>A row as "GPU rig: price 2,500 TC, rate 9.0/s".</summary>
    private static IEnumerable<string> Spoken(Output.Table table)
    {
        if (table.Title is { } title) yield return $"{Clean(title)}. {table.Rows.Count} {(table.Rows.Count == 1 ? "entry" : "entries")}:";
        foreach (var row in Rows(table)) yield return row;
    }

    private static IEnumerable<string> Rows(Output.Table table)
    {
        foreach (var row in table.Rows)
        {
            var facts = table.Headers.Zip(row).Skip(1).Where(static fact => fact.Second.Length > 0)
                .Select(static fact => $"{Lowered(Clean(fact.First))} {Clean(fact.Second)}".Trim());
            var name = row.Count == 0 ? "" : Clean(row[0]);
            var list = string.Join(", ", facts);
            yield return list.Length == 0 ? name : $"{name}: {list}";
        }
    }

    /// <summary>A header within a sentence; an abbreviation stays as it is.</summary>
    private static string Lowered(string header) =>
        header.Length > 1 && char.IsUpper(header[1]) ? header : header.ToLowerInvariant();

    /// <summary>A line, whose further rows are indented: what stands at the left edge begins one. What somebody says could else end in a row that reads as if another line began there.</summary>
    private string Hang(string text, Style style, int columns)
    {
        var isWhole = columns <= Narrow || CellWidth.Of(text) <= columns;
        var rows = Draw(new Text(text, style), isWhole ? columns : columns - Indent.Length, wraps: !isWhole);
        return isWhole ? rows : rows.TrimEnd('\n').Replace("\n", $"\n{Indent}", StringComparison.Ordinal) + "\n";
    }

    private string Draw(IEnumerable<IRenderable> lines, int columns) => string.Concat(lines.Select(line => Draw(line, columns)));

    private string Draw(IRenderable drawing, int columns, bool wraps = false)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new()
        {
            Ansi = manner.Color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = manner.Color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            Enrichment = new() { UseDefaultEnrichers = false },
        });
        console.Profile.Capabilities.Unicode = true;
        console.Profile.Width = wraps || manner.Mode == PlayMode.Terminal ? columns : Unwrapped;
        console.Write(drawing);

        var lines = text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(static line => line.TrimEnd(' '));
        return string.Join('\n', lines) + "\n";
    }
}
