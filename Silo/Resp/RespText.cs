using System.Buffers.Text;
using System.Text;

namespace Cmud.Silo.Resp;

/// <summary>Words and numbers among the arguments of a command, and how a sentence shows them.</summary>
internal static class RespText
{
    /// <summary>An option or the name of a command, in capitals.</summary>
    public static string Upper(byte[] word) => Encoding.ASCII.GetString(word).ToUpperInvariant();

    /// <summary>A whole number, or null.</summary>
    public static long? Number(byte[] digits) => Utf8Parser.TryParse(digits, out long number, out var used) && used == digits.Length ? number : null;

    /// <summary>The beginning of a text of the client in quotes, safe on a terminal.</summary>
    public static string Quote(ReadOnlySpan<byte> text)
    {
        const int shown = 40;
        var start = Encoding.ASCII.GetString(text.Length <= shown ? text : text[..shown]);
        var safe = string.Concat(start.Select(static c => char.IsControl(c) ? '?' : c));
        return text.Length <= shown ? $"'{safe}'" : $"'{safe}...'";
    }
}
