using System.Globalization;
using System.Text;
using Cmud.App.Play;

namespace Cmud.App.Serve.Telnet;

/// <summary>The bytes that a terminal sends, as strokes: characters in UTF-8, control characters, and the sequences of keys.</summary>
/// <remarks>
/// It takes a byte at a time and knows no time, so a lone Escape is known with the next byte. What is no UTF-8 is taken for Latin-1: an old
/// terminal that sends it is understood, and no byte breaks the rest.
/// </remarks>
internal sealed class KeyParser(Action<Key> press)
{
    /// <summary>The longest parameters of a key, in bytes; what is longer is no key of ours.</summary>
    private const int MaxParameters = 16;

    private const byte Escape = 0x1B;

    private readonly List<byte> _character = [];
    private readonly StringBuilder _parameters = new();
    private State _state;
    private bool _wasReturn;

    private enum State
    {
        Ground,
        Escape,

        /// <summary>After ESC [: parameters, then a letter.</summary>
        Sequence,

        /// <summary>After ESC O: a letter.</summary>
        Single,
    }

    /// <summary>Takes the next byte.</summary>
    public void Take(byte next)
    {
        switch (_state)
        {
            case State.Escape:
                TakeEscaped(next);
                break;
            case State.Sequence when next is >= 0x20 and < 0x40:
                if (_parameters.Length < MaxParameters) _parameters.Append((char)next);
                break;
            case State.Sequence or State.Single when next is >= 0x40 and < 0x7F:
                _state = State.Ground;
                if (KeyOf((char)next, _parameters.ToString()) is { } kind) press(new(kind));
                break;
            default:
                _state = State.Ground;
                TakePlain(next);
                break;
        }
    }

    private void TakeEscaped(byte next)
    {
        _parameters.Clear();
        _state = next switch
        {
            (byte)'[' => State.Sequence,
            (byte)'O' => State.Single,
            _ => State.Ground,
        };
        if (_state != State.Ground) return;

        if (next is (byte)'b' or (byte)'f')
        {
            press(new(next == 'b' ? KeyKind.WordLeft : KeyKind.WordRight));
            return;
        }

        press(new(KeyKind.Escape));
        TakePlain(next);
    }

    private void TakePlain(byte next)
    {
        if (_character.Count > 0 || next >= 0x80)
        {
            _character.Add(next);
            TakeCharacters();
            return;
        }

        // Enter is CR LF, CR NUL, or CR or LF alone.
        var follows = _wasReturn && next is (byte)'\n' or 0;
        _wasReturn = next == '\r';
        if (follows) return;

        if (next == Escape) _state = State.Escape;
        else if (next >= 0x20 && next != 0x7F) press(Key.Of(((char)next).ToString()));
        else if (Key.OfControl((char)next) is { } key) press(key);
    }

    /// <summary>Gives what is whole of the characters begun, and keeps the rest: at most three bytes.</summary>
    private void TakeCharacters()
    {
        _wasReturn = false;
        Span<byte> bytes = [.. _character];
        _character.Clear();
        while (bytes.Length > 0)
        {
            // Ended by what is no part of it.
            if (bytes[0] < 0x80)
            {
                TakePlain(bytes[0]);
                bytes = bytes[1..];
                continue;
            }

            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var length);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                _character.AddRange(bytes);
                return;
            }

            if (status == System.Buffers.OperationStatus.InvalidData) (rune, length) = (new(bytes[0]), 1);
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Control) press(Key.Of(rune.ToString()));
            bytes = bytes[length..];
        }
    }

    private static KeyKind? KeyOf(char final, string parameters) => (final, parameters) switch
    {
        ('A', _) => KeyKind.Up,
        ('B', _) => KeyKind.Down,
        ('C', "1;3" or "1;5" or "5") => KeyKind.WordRight,
        ('D', "1;3" or "1;5" or "5") => KeyKind.WordLeft,
        ('C', _) => KeyKind.Right,
        ('D', _) => KeyKind.Left,
        ('H', _) or ('~', "1" or "7") => KeyKind.Home,
        ('F', _) or ('~', "4" or "8") => KeyKind.End,
        ('~', "3") => KeyKind.Delete,
        ('M', "") => KeyKind.Enter,
        _ => null,
    };
}
