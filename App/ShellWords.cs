using System.Globalization;
using System.Text;

namespace Cmud.App;

/// <summary>A line of the shell as words, parted by white space. A word that begins with a quote may hold white space and escapes.</summary>
internal static class ShellWords
{
    /// <summary>Splits a line.</summary>
    /// <param name="line">What was typed.</param>
    /// <param name="words">The words; empty where the line is wrong.</param>
    /// <returns>Null where all is well, else one sentence for whom typed it.</returns>
    public static string? Split(string line, out List<string> words)
    {
        words = [];
        for (var at = SkipSpace(line, 0); at < line.Length; at = SkipSpace(line, at))
        {
            var word = new StringBuilder();
            var complaint = line[at] == '"' ? Quoted(line, ref at, word) : Plain(line, ref at, word);
            if (complaint is not null)
            {
                words = [];
                return complaint;
            }

            words.Add(word.ToString());
        }

        return null;
    }

    private static int SkipSpace(string line, int at)
    {
        while (at < line.Length && char.IsWhiteSpace(line[at])) at++;
        return at;
    }

    private static string? Plain(string line, ref int at, StringBuilder word)
    {
        while (at < line.Length && !char.IsWhiteSpace(line[at])) word.Append(line[at++]);
        return null;
    }

    private static string? Quoted(string line, ref int at, StringBuilder word)
    {
        // The opening quote.
        at++;
        while (at < line.Length && line[at] != '"')
        {
            if (line[at] != '\\') word.Append(line[at++]);
            else if (Escape(line, ref at) is { } c) word.Append(c);
            else return @"An escape in quotes is one of \"" \\ \n \r \t \uXXXX.";
        }

        if (at == line.Length) return "A quote is not closed.";

        // The closing quote.
        at++;
        return at == line.Length || char.IsWhiteSpace(line[at]) ? null : "A closing quote is followed by a space.";
    }

    /// <summary>The character of the escape at <paramref name="at"/>, which is moved past it; null where it is none.</summary>
    private static char? Escape(string line, ref int at)
    {
        if (at + 1 >= line.Length) return null;
        if (TextEscape.Unescape(line[at + 1]) is { } simple)
        {
            at += 2;
            return simple;
        }

        if (line[at + 1] != 'u' || at + 6 > line.Length) return null;
        if (!ushort.TryParse(line.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) return null;

        at += 6;
        return (char)code;
    }
}
