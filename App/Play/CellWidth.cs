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
