using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Cmud.Silo.Resp;

/// <summary>Cuts the bytes of one RESP connection into commands: arrays of bulk strings, or lines as typed into telnet.</summary>
/// <remarks>
/// It reads no socket: bytes in, commands out, so that tests can cut its input anywhere. What a half command has brought
/// so far is kept argument by argument, so no byte is looked at twice but those of the argument under way. Memory follows
/// the bytes that have arrived and never a length that a client claims.
/// Why our own: the RESPite package (3.4.35) reads the replies of a server. It has neither inline commands nor a writer,
/// learns of a length only when its scanner has passed it, and marks most of that surface as experimental.
/// </remarks>
public sealed class RespParser
{
    /// <summary>Most words of a command, its name counted: 1,023 keys of a DEL or MGET, 511 of an MSET.</summary>
    public const int MaxArguments = 1_024;

    /// <summary>Longest bulk string. Twice the longest value: what is a little too long gets the door's own sentence.</summary>
    public const int MaxBulkBytes = 2 * Replication.Door.MaxValueBytes;

    /// <summary>Most bytes of all arguments of a command: a value, a key and room for the rest, twice.</summary>
    public const int MaxCommandBytes = 2 * MaxBulkBytes;

    /// <summary>Longest inline command, and so the longest line.</summary>
    public const int MaxLineBytes = 64 * 1_024;

    /// <summary>Longest line that holds a length: a sign or type, ten digits and some zeros.</summary>
    private const int MaxLengthLineBytes = 32;

    private readonly List<byte[]> _arguments = [];
    private int _missing;
    private int _bytes;
    private int? _bulkLength;

    /// <summary>What the client did against the protocol, without the words "Protocol error"; null while all is well. Nothing is read after it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether a command has begun whose rest is to come, beside what is left of the input.</summary>
    public bool IsWithin => _missing > 0;

    /// <summary>Takes the next whole command off the front of <paramref name="input"/>.</summary>
    /// <param name="input">What has arrived and was not yet taken; what is taken is cut off, also when the command goes on after it.</param>
    /// <param name="command">Name and arguments, at least the name.</param>
    /// <returns>Whether there was one; if not, more bytes are needed or there is a <see cref="Fault"/>.</returns>
    public bool TryRead(ref ReadOnlySequence<byte> input, out byte[][] command)
    {
        if (_missing == 0 && Fault is null && TryReadWhole(input.FirstSpan, out command, out var length))
        {
            input = input.Slice(length);
            return true;
        }

        while (Fault is null && !input.IsEmpty)
        {
            var progress = _missing > 0 ? TakeArgument(ref input) : TakeFirstLine(ref input);
            if (!progress) break;
            if (_missing > 0 || _arguments.Count == 0) continue;

            command = [.. _arguments];
            _arguments.Clear();
            _bytes = 0;
            return true;
        }

        command = [];
        return false;
    }

    /// <summary>The usual command, all of which has arrived in one piece, within all bounds: what it finds, the slow way finds too.</summary>
    private static bool TryReadWhole(ReadOnlySpan<byte> input, out byte[][] command, out int length)
    {
        (command, length) = ([], 0);
        if (!TryReadLength(input, (byte)'*', ref length, out var count) || count is 0 or > MaxArguments) return false;

        // Where it is cut off, nothing was copied for nothing.
        var arguments = length;
        var bytes = 0;
        for (var i = 0; i < count; i++)
        {
            if (!TryReadLength(input, (byte)'$', ref length, out var size) || size > MaxBulkBytes || (bytes += size) > MaxCommandBytes) return false;
            if (length > input.Length - size - 2 || input[length + size] != '\r' || input[length + size + 1] != '\n') return false;

            length += size + 2;
        }

        command = new byte[count][];
        length = arguments;
        for (var i = 0; i < command.Length; i++)
        {
            TryReadLength(input, (byte)'$', ref length, out var size);
            command[i] = input.Slice(length, size).ToArray();
            length += size + 2;
        }

        return true;
    }

    /// <summary>A type, one to six digits and CR LF, from a place on; gives the place after them.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> input, byte type, ref int at, out int number)
    {
        const int mostDigits = 6;
        number = 0;
        if (at >= input.Length || input[at] != type) return false;

        var end = Math.Min(input.Length - 1, at + 1 + mostDigits);
        var place = at + 1;
        for (; place < end && input[place] is >= (byte)'0' and <= (byte)'9'; place++) number = (10 * number) + (input[place] - '0');
        if (place == at + 1 || place >= input.Length - 1 || input[place] != '\r' || input[place + 1] != '\n') return false;

        at = place + 2;
        return true;
    }

    private bool TakeFirstLine(ref ReadOnlySequence<byte> input)
    {
        if (input.FirstSpan[0] != '*') return TakeInline(ref input);
        if (!TryTakeLength(ref input, out var count)) return false;
        if (count is null or > MaxArguments) return Fail(Inv($"invalid multibulk length; a command has at most {MaxArguments:N0} arguments"));

        // An empty array (a null one too) is no command and gets no reply, as in Redis.
        _missing = Math.Max(0, count.Value);
        return true;
    }

    private bool TakeArgument(ref ReadOnlySequence<byte> input)
    {
        if (_bulkLength is null && !TakeBulkHeader(ref input)) return false;

        var length = _bulkLength!.Value;
        if (input.Length < length + 2) return false;
        if (!EndsLine(input.Slice(length, 2))) return Fail("expected CR LF after a bulk string");

        _arguments.Add(input.Slice(0, length).ToArray());
        input = input.Slice(length + 2);
        _bulkLength = null;
        _missing--;
        return true;
    }

    private bool TakeBulkHeader(ref ReadOnlySequence<byte> input)
    {
        if (input.IsEmpty) return false;
        var type = input.FirstSpan[0];
        if (type != '$') return Fail($"expected '$', got '{(type is > 0x20 and < 0x7F ? (char)type : '?')}'");
        if (!TryTakeLength(ref input, out var length)) return false;
        if (length is null or < 0) return Fail("invalid bulk length");
        if (length > MaxBulkBytes)
            return Fail(Inv($"a bulk string of {length:N0} bytes; a value has at most {Replication.Door.MaxValueBytes:N0} (64 KiB), split it over several keys"));

        _bytes += length.Value;
        if (_bytes > MaxCommandBytes) return Fail(Inv($"a command of more than {MaxCommandBytes:N0} bytes"));
        _bulkLength = length;
        return true;
    }

    /// <summary>Takes a line of a type, a length and CR LF; a length that is no number of 32 bits is null.</summary>
    private bool TryTakeLength(ref ReadOnlySequence<byte> input, out int? length)
    {
        length = null;
        var head = input.Slice(0, Math.Min(input.Length, MaxLengthLineBytes));
        Span<byte> bytes = stackalloc byte[MaxLengthLineBytes];
        bytes = bytes[..(int)head.Length];
        head.CopyTo(bytes);

        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0) return bytes.Length == MaxLengthLineBytes && Fail("too long a length");

        input = input.Slice(end + 2);
        var digits = bytes[1..end];
        if (Utf8Parser.TryParse(digits, out int number, out var used) && used == digits.Length) length = number;
        return true;
    }

    private bool TakeInline(ref ReadOnlySequence<byte> input)
    {
        var end = input.PositionOf((byte)'\n');
        var length = end is { } position ? input.Slice(0, position).Length : input.Length;
        if (length > MaxLineBytes) return Fail("too long an inline command");
        if (end is null) return false;

        var line = input.Slice(0, end.Value).ToArray();
        input = input.Slice(input.GetPosition(1, end.Value));
        return InlineCommand.TrySplit(line, _arguments) || Fail("unbalanced quotes in request");
    }

    private static bool EndsLine(ReadOnlySequence<byte> two)
    {
        Span<byte> bytes = stackalloc byte[2];
        two.CopyTo(bytes);
        return bytes.SequenceEqual("\r\n"u8);
    }

    private bool Fail(string fault)
    {
        Fault = fault;
        return false;
    }

    private static string Inv(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
