using System.Globalization;
using System.Text;

namespace Cmud.App;

/// <summary>Text on one line, safe on a terminal: backslash escapes for what would break either.</summary>
internal static class TextEscape
{
    /// <summary>Tab, newline, return and backslash as \t \n \r \\, other control characters as \u00XX.</summary>
    public static string Escape(string text) => Write(text, quoted: false);

    /// <summary>The same in quotes, and quotes within as \"; the shell reads it back as the text it was.</summary>
    public static string Quote(string text) => Write(text, quoted: true);

    /// <summary>The character that a backslash and this letter stand for, or null where they stand for none.</summary>
    public static char? Unescape(char letter) => letter switch
    {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        '\\' => '\\',
        '"' => '"',
        _ => null,
    };

    private static string Write(string text, bool quoted)
    {
        var escaped = new StringBuilder(text.Length + 2);
        if (quoted) escaped.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '\t': escaped.Append(@"\t"); break;
                case '\n': escaped.Append(@"\n"); break;
                case '\r': escaped.Append(@"\r"); break;
                case '\\': escaped.Append(@"\\"); break;
                case '"' when quoted: escaped.Append("\\\""); break;
                case var _ when char.IsControl(c): escaped.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:X4}"); break;
                default: escaped.Append(c); break;
            }
        }

        if (quoted) escaped.Append('"');
        return escaped.ToString();
    }
}
