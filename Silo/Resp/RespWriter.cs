using System.Buffers;
using System.Globalization;
using System.Text;

namespace Cmud.Silo.Resp;

/// <summary>Writes replies in RESP2, or in RESP3 once the client asked for it by HELLO 3.</summary>
public sealed class RespWriter(IBufferWriter<byte> output)
{
    /// <summary>A type, a number and the line end.</summary>
    private const int MaxLengthBytes = 24;

    /// <summary>Bytes that are written in one piece.</summary>
    private const int MaxSmallBytes = 2_048;

    /// <summary>2 or 3: which protocol the client speaks.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>A short text of our own, such as OK.</summary>
    public void Simple(string text) => Line('+', text);

    /// <summary>That it was done.</summary>
    public void Ok() => output.Write("+OK\r\n"u8);

    /// <summary>An error: <paramref name="code"/>, a blank and a sentence.</summary>
    public void Error(string sentence, string code = "ERR") => Line('-', $"{code} {OneLine(sentence)}");

    /// <inheritdoc cref="Error(string, string)"/>
    internal void Error(RespError error) => Error(error.Sentence, error.Code);

    /// <summary>A number.</summary>
    public void Integer(long number) => Length(':', number);

    /// <summary>Bytes of the store or of the client.</summary>
    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= MaxSmallBytes)
        {
            var span = output.GetSpan(bytes.Length + MaxLengthBytes + 2);
            var at = Length(span, '$', bytes.Length);
            bytes.CopyTo(span[at..]);
            "\r\n"u8.CopyTo(span[(at + bytes.Length)..]);
            output.Advance(at + bytes.Length + 2);
            return;
        }

        Length('$', bytes.Length);
        output.Write(bytes);
        output.Write("\r\n"u8);
    }

    /// <summary>A text of our own.</summary>
    public void Bulk(string text) => Bulk(Encoding.UTF8.GetBytes(text));

    /// <summary>What an absent key holds.</summary>
    public void Null() => output.Write(Protocol == 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>An array that there is not.</summary>
    public void NullArray() => output.Write(Protocol == 3 ? "_\r\n"u8 : "*-1\r\n"u8);

    /// <summary>Opens an array; its elements follow.</summary>
    public void Array(int count) => Length('*', count);

    /// <summary>Opens a map; its keys and values follow in turn. RESP2 knows none and gets them as one flat array.</summary>
    public void Map(int pairs) => Length(Protocol == 3 ? '%' : '*', Protocol == 3 ? pairs : 2 * pairs);

    /// <summary>An entry of a map.</summary>
    public void Pair(string key, string value)
    {
        Bulk(key);
        Bulk(value);
    }

    /// <inheritdoc cref="Pair(string, string)"/>
    public void Pair(string key, long value)
    {
        Bulk(key);
        Integer(value);
    }

    private void Line(char type, string text)
    {
        output.Write([(byte)type]);
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\r\n"u8);
    }

    private void Length(char type, long number) => output.Advance(Length(output.GetSpan(MaxLengthBytes), type, number));

    private static int Length(Span<byte> span, char type, long number)
    {
        span[0] = (byte)type;
        number.TryFormat(span[1..], out var digits, provider: CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(span[(1 + digits)..]);
        return digits + 3;
    }

    /// <summary>The text without the line ends that would end the reply early.</summary>
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
