using System.Globalization;
using System.Text;

namespace Cmud.Game;

/// <summary>Text from the store, made fit for a screen. Anyone can Put anything, so no stored text is shown without passing here.</summary>
internal static class StoredText
{
    /// <summary>The longest line of talk shown.</summary>
    public const int LineLength = 400;

    /// <summary>The most combining marks kept on one letter: more pile up over the lines around it.</summary>
    private const int MaxMarks = 3;

    /// <summary>
    /// One line without control, direction, zero-width and other invisible characters, runs of white space made one blank, cut
    /// between two characters as a reader sees them.
    /// </summary>
    /// <param name="text">Whatever the store gave.</param>
    /// <param name="length">The most characters kept, in UTF-16 units.</param>
    public static string Clean(string? text, int length = LineLength)
    {
        if (string.IsNullOrEmpty(text)) return "";

        // Only as much is looked at as could be shown, or a megabyte of marks would be worked through for one line.
        var source = text.AsSpan(0, (int)Math.Min(text.Length, (4L * length) + 64));
        var kept = new StringBuilder(Math.Min(source.Length, length + 2));
        var marks = 0;
        foreach (var rune in source.EnumerateRunes())
        {
            if (IsSpace(rune))
            {
                if (kept.Length > 0 && kept[^1] != ' ') kept.Append(' ');
                marks = 0;
            }
            else if (IsMark(rune))
            {
                if (kept.Length > 0 && ++marks <= MaxMarks) kept.Append(rune.ToString());
            }
            else if (IsVisible(rune))
            {
                kept.Append(rune.ToString());
                marks = 0;
            }
        }

        return Cut(kept.ToString().Trim(), length);
    }

    /// <summary>As at the beginning of a sentence: "The Dean" for "the Dean".</summary>
    public static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>At most so many UTF-16 units, cut between two characters as a reader sees them.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;

        var end = 0;
        while (end < text.Length)
        {
            var next = end + StringInfo.GetNextTextElementLength(text.AsSpan(end));
            if (next > length - 1) break;
            end = next;
        }

        return text[..end].TrimEnd() + "…";
    }

    private static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;

    // U+FFFD stands for broken UTF-16; the Hangul fillers and the blank Braille cell are letters that nobody sees.
    private static bool IsVisible(Rune rune) => rune.Value is not (0xfffd or 0x115f or 0x1160 or 0x3164 or 0xffa0 or 0x2800)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
