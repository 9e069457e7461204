using System.Globalization;

namespace Cmud.Silo.Resp;

/// <summary>A command as one types it into telnet: words apart by blanks, quoted where they hold blanks.</summary>
/// <remarks>In double quotes \n \r \t \a \b \xHH and \ before anything else are understood, in single quotes \' only, as in Redis.</remarks>
public static class InlineCommand
{
    /// <summary>Adds the words of <paramref name="line"/> to <paramref name="words"/>; false, and none added, where a quote is left open or glued to what follows.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> line, List<byte[]> words)
    {
        var before = words.Count;
        line = TrimStart(line);
        while (!line.IsEmpty)
        {
            if (TryTakeWord(ref line) is not { } word)
            {
                words.RemoveRange(before, words.Count - before);
                return false;
            }

            words.Add(word);
            line = TrimStart(line);
        }

        return true;
    }

    private static byte[]? TryTakeWord(ref ReadOnlySpan<byte> line)
    {
        var word = new List<byte>();
        var at = 0;
        while (at < line.Length && !IsBlank(line[at]))
        {
            var c = line[at++];
            if (c is not ((byte)'"' or (byte)'\''))
            {
                word.Add(c);
                continue;
            }

            if (!TryTakeQuoted(line, ref at, quote: c, word)) return null;
            if (at < line.Length && !IsBlank(line[at])) return null;
        }

        line = line[at..];
        return [.. word];
    }

    private static bool TryTakeQuoted(ReadOnlySpan<byte> line, ref int at, byte quote, List<byte> word)
    {
        while (at < line.Length)
        {
            var c = line[at++];
            if (c == quote) return true;

            var escaped = c == '\\' && at < line.Length && (quote == '"' || line[at] == quote);
            word.Add(escaped ? TakeEscape(line, ref at, quote) : c);
        }

        return false;
    }

    /// <summary>The byte that is meant by what follows a backslash.</summary>
    private static byte TakeEscape(ReadOnlySpan<byte> line, ref int at, byte quote)
    {
        var c = line[at++];
        if (quote == '\'') return c;
        if (c == 'x' && at + 2 <= line.Length && byte.TryParse(line.Slice(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            at += 2;
            return value;
        }

        return c switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'a' => (byte)'\a',
            (byte)'b' => (byte)'\b',
            _ => c,
        };
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> line)
    {
        while (!line.IsEmpty && IsBlank(line[0])) line = line[1..];
        return line;
    }

    private static bool IsBlank(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\v' or (byte)'\f' or 0;
}
