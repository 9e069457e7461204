using System.Text;
using Cmud.App.Play;

namespace Cmud.App.Serve.Telnet;

/// <summary>The bytes of a client that edits its lines itself, as lines: in UTF-8, or where a line is none, in Latin-1.</summary>
/// <remarks>A line that is too long is given as far as it shows that; how long one may be is for its reader to say.</remarks>
internal sealed class LineParser(Action<string> enter)
{
    /// <summary>A line of the most characters is in UTF-8 at most three times as many bytes; one byte more, and it is longer.</summary>
    private const int MaxBytes = (LineEditor.MaxLength * 3) + 1;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<byte> _line = [];
    private bool _wasReturn;

    /// <summary>Takes the next byte. A line ends with CR LF, CR NUL, or CR or LF alone.</summary>
    public void Take(byte next)
    {
        var follows = _wasReturn && next is (byte)'\n' or 0;
        _wasReturn = next == '\r';
        if (follows) return;

        if (next is (byte)'\r' or (byte)'\n') Enter();
        else if (next is (byte)'\b' or 0x7F) EraseCharacter();
        else if ((next >= 0x20 || next == '\t') && _line.Count < MaxBytes) _line.Add(next);
    }

    /// <summary>Takes the last character back.</summary>
    public void EraseCharacter()
    {
        while (_line.Count > 0)
        {
            var last = _line[^1];
            _line.RemoveAt(_line.Count - 1);

            // The bytes that follow the first of a character of UTF-8.
            if ((last & 0xC0) != 0x80) return;
        }
    }

    /// <summary>Takes the line back as far as it was typed.</summary>
    public void EraseLine() => _line.Clear();

    private void Enter()
    {
        var bytes = _line.ToArray();
        _line.Clear();
        enter(TextOf(bytes));
    }

    private static string TextOf(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
