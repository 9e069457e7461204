namespace Cmud.Silo.Http;

/// <summary>Percent-encoded text as bytes, and back.</summary>
/// <remarks>
/// ASP.NET's own decoders turn what is no UTF-8 into U+FFFD and leave what is malformed as it stands: the key that was stored would not be the key that
/// was asked for. This one gives the bytes or nothing; whether they are text is for the store's door to say.
/// </remarks>
internal static class PercentText
{
    /// <summary>The bytes; null where a % is not followed by two hexadecimal digits, or a character is not ASCII.</summary>
    /// <param name="text">The text.</param>
    /// <param name="plusIsSpace">Whether + is a space, as in a query; in a path it is itself.</param>
    public static byte[]? Decode(ReadOnlySpan<char> text, bool plusIsSpace = false)
    {
        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++, length++)
        {
            switch (text[i])
            {
                case '%' when i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]):
                    bytes[length] = (byte)(Convert.FromHexString(text.Slice(i + 1, 2))[0]);
                    i += 2;
                    break;
                case '%' or > '\x7f':
                    return null;
                case '+' when plusIsSpace:
                    bytes[length] = (byte)' ';
                    break;
                case var plain:
                    bytes[length] = (byte)plain;
                    break;
            }
        }

        return bytes[..length];
    }

    /// <summary>The sentence for text that cannot be decoded.</summary>
    /// <param name="what">What it is: the path, or a parameter.</param>
    public static string Refuse(string what) => $"{what} is not percent-encoded: a % is followed by two hexadecimal digits, and all but ASCII is written so, byte by byte; write % itself as %25.";
}
