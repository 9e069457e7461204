using System.Globalization;
using Spectre.Console.Rendering;

namespace Cmud.App.Play;

/// <summary>How many columns of a terminal text takes, and where it wraps.</summary>
internal static class CellWidth
{
    /// <summary>The columns of a text that stands on one row.</summary>
    public static int Of(string text) => Graphemes(text).Sum(OfGrapheme);

    /// <summary>Where the cursor stands after a text that begins at the left edge and is wrapped by the terminal.</summary>
    /// <remarks>A wide character that does not fit at the end of a row goes to the next whole. A full row moves the cursor on at once.</remarks>
    public static (int Row, int Column) Place(string text, int columns)
    {
        var (row, column) = (0, 0);
        foreach (var grapheme in Graphemes(text))
        {
            var width = Math.Min(OfGrapheme(grapheme), columns);
            if (column + width > columns) (row, column) = (row + 1, 0);
            column += width;
        }

        return column == columns ? (row + 1, 0) : (row, column);
    }

    /// <summary>As much of a line as fits so many rows behind a prompt, around the cursor; a cut is shown by "…". A row that has left the screen at the top can be erased by nobody.</summary>
    /// <returns>What is shown of the line, and where in it the cursor stands.</returns>
    public static (string Text, int Cursor) Window(string prompt, string text, int cursor, int columns, int rows)
    {
        rows = Math.Max(1, rows);
        var room = (rows * columns) - 1;
        var end = Place(prompt + text, columns);
        if ((end.Row * columns) + end.Column <= room) return (text, cursor);

        // A wide character may leave a cell empty at the end of each row. A third is for what stands behind the cursor: most of what was typed is seen.
        room -= Of(prompt) + rows + 2;
        var cells = new List<(int At, int Width)>();
        foreach (var grapheme in Graphemes(text)) cells.Add((cells.Count == 0 ? 0 : cells[^1].At + LengthAfter(text, cells[^1].At), OfGrapheme(grapheme)));
        var here = cells.FindIndex(cell => cell.At >= cursor) is var index and >= 0 ? index : cells.Count;
        var (first, last, left) = (here, here, room);
        while (first > 0 && left - cells[first - 1].Width >= (here == cells.Count ? 0 : room / 3)) left -= cells[--first].Width;
        while (last < cells.Count && left >= cells[last].Width) left -= cells[last++].Width;
        while (first > 0 && left >= cells[first - 1].Width) left -= cells[--first].Width;

        var from = first < cells.Count ? cells[first].At : text.Length;
        var to = last < cells.Count ? cells[last].At : text.Length;
        var head = from > 0 ? "…" : "";
        return ($"{head}{text[from..to]}{(to < text.Length ? "…" : "")}", head.Length + cursor - from);
    }

    /// <summary>As much of a text as fits a row.</summary>
    public static string Cut(string text, int columns)
    {
        var (length, width) = (0, 0);
        foreach (var grapheme in Graphemes(text))
        {
            width += OfGrapheme(grapheme);
            if (width > columns) break;
            length += grapheme.Length;
        }

        return text[..length];
    }

    /// <summary>The length of the grapheme that ends at an index, in characters.</summary>
    public static int LengthBefore(string text, int index)
    {
        var last = 0;
        foreach (var grapheme in Graphemes(text[..index])) last = grapheme.Length;
        return last;
    }

    /// <summary>The length of the grapheme that begins at an index, in characters.</summary>
    public static int LengthAfter(string text, int index) => StringInfo.GetNextTextElementLength(text, index);

    /// <summary>What a terminal shows in a cell or two: one character with all that combines with it.</summary>
    private static IEnumerable<string> Graphemes(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, at);
            yield return text.Substring(at, length);
            at += length;
        }
    }

    /// <summary>Terminals draw a family of emoji that are joined into one as one: the widths of its members do not add up.</summary>
    private static int OfGrapheme(string grapheme)
    {
        if (grapheme.Length == 1 && char.IsAscii(grapheme[0])) return 1;

        var width = 0;
        foreach (var rune in grapheme.EnumerateRunes()) width += Math.Max(0, new Segment(rune.ToString()).CellCount());
        return Math.Min(width, 2);
    }
}
