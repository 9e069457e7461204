using System.Buffers;
using System.Globalization;
using System.Text;
using Cmud.Silo.Resp;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class RespParserTests
{
    /// <summary>Commands with empty, binary and longish arguments; line ends inside arguments are common.</summary>
    private static readonly Gen<byte[][]> Command = Gen.OneOf(Gen.Byte.Array[0, 5], Gen.Const("\r\n"u8.ToArray()), Gen.Const("*1\r\n$4"u8.ToArray()), Gen.Const(new byte[300])).Array[1, 5];

    [Fact]
    public void Commands_come_out_as_they_went_in_wherever_the_bytes_are_cut() =>
        Gen.Select(Command.Array[0, 5], Gen.Int[0, 2_000].Array[0, 6]).Sample((commands, cuts) =>
        {
            var bytes = commands.SelectMany(Encode).ToArray();

            var (read, fault, left) = Feed(Cut(bytes, cuts));

            Assert.Null(fault);
            Assert.Equal(0, left);
            Assert.Equal(commands.Select(Show), read.Select(Show));
        });

    /// <summary>Bits of the protocol in any order, digits and bytes among them: what begins as a command seldom ends as one.</summary>
    private static readonly Gen<byte[]> Noise = Gen.OneOf(
        Gen.OneOf("*", "$", "\r\n", "\r", "\n", "*1\r\n", "*2\r\n", "$0\r\n\r\n", "$4\r\nPING\r\n", "PING\r\n", "$-1\r\n", "*-1\r\n", "\"", "'", "\\x4", " ", "-", "1024", "1025", "131072\r\n", "99999999999").Select(Encoding.ASCII.GetBytes),
        Gen.Byte.Array[0, 3],
        Gen.Const("000000000000000000000000000000000"u8.ToArray())).Array[0, 12].Select(parts => parts.SelectMany(static part => part).ToArray());

    [Fact]
    public void Whatever_comes_is_read_alike_in_one_piece_and_byte_by_byte() =>
        Gen.Select(Noise, Gen.Int[0, 100].Array[0, 4]).Sample((bytes, cuts) =>
        {
            var whole = Feed([bytes]);

            foreach (var pieces in new[] { Cut(bytes, cuts), Cut(bytes, [.. Enumerable.Range(0, bytes.Length)]) })
            {
                var read = Feed(pieces);
                Assert.Equal(whole.Commands.Select(Show), read.Commands.Select(Show));
                Assert.Equal(whole.Fault, read.Fault);
                if (whole.Fault is null) Assert.Equal(whole.Left, read.Left);
            }
        });

    [Theory]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*1\r\n$4\r\nPING\r\n", "SET|k|a\r\nb", "PING")]
    [InlineData("PING\r\n  set  k \"a b\" \r\n\r\n*0\r\n*-1\r\n*1\r\n$4\r\nQUIT\r\n", "PING", "set|k|a b", "QUIT")]
    [InlineData("get k\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "get|k", "GET|")]
    public void Every_cut_into_three_gives_the_same_commands(string text, params string[] commands)
    {
        var bytes = Bytes(text);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var (read, fault, left) = Feed(Cut(bytes, [first, second]));

                Assert.Null(fault);
                Assert.Equal(0, left);
                Assert.Equal(commands, read.Select(Show));
            }
        }
    }

    [Theory]
    [InlineData("a b\tc", "a|b|c")]
    [InlineData("\"a b\" 'c d'", "a b|c d")]
    [InlineData("""k "\x41\n\t\r\"\\\q" """, "k|A\n\t\r\"\\q")]
    [InlineData("""k 'it\'s \n'""", "k|it's \\n")]
    [InlineData("k \"\" ''", "k||")]
    [InlineData("a\"b\"", "ab")]
    [InlineData("k caf\u00e9", "k|caf\u00e9")]
    public void A_line_is_split_into_words_as_redis_splits_it(string line, string words)
    {
        var (read, fault, _) = Feed([Bytes(line + "\r\n")]);

        Assert.Null(fault);
        Assert.Equal(words, Show(Assert.Single(read)));
    }

    [Theory]
    [InlineData("*x\r\n", "invalid multibulk length; a command has at most 1,024 arguments")]
    [InlineData("*\r\n", "invalid multibulk length; a command has at most 1,024 arguments")]
    [InlineData("*1025\r\n", "invalid multibulk length; a command has at most 1,024 arguments")]
    [InlineData("*2147483648\r\n", "invalid multibulk length; a command has at most 1,024 arguments")]
    [InlineData("*1\r\n:5\r\n", "expected '$', got ':'")]
    [InlineData("*1\r\n\0", "expected '$', got '?'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$1x\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$99999999999999999999\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$000000000000000000000000000000000000000001\r\n", "too long a length")]
    [InlineData("*1\r\n$131073\r\n", "a bulk string of 131,073 bytes; a value has at most 65,536 (64 KiB), split it over several keys")]
    [InlineData("*1\r\n$2147483647\r\n", "a bulk string of 2,147,483,647 bytes; a value has at most 65,536 (64 KiB), split it over several keys")]
    [InlineData("*1\r\n$4\r\nPING??", "expected CR LF after a bulk string")]
    [InlineData("set k \"open\r\n", "unbalanced quotes in request")]
    [InlineData("set k \"glued\"on\r\n", "unbalanced quotes in request")]
    public void What_is_no_command_is_a_fault_wherever_the_bytes_are_cut(string text, string fault)
    {
        var bytes = Bytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++) Assert.Equal(fault, Feed(Cut(bytes, [cut])).Fault);
    }

    [Fact]
    public void Commands_before_a_fault_are_read_and_nothing_after_it()
    {
        var (read, fault, _) = Feed([Bytes("PING\r\n*1\r\n+\r\nPING\r\n")]);

        Assert.Equal("expected '$', got '+'", fault);
        Assert.Equal("PING", Show(Assert.Single(read)));
    }

    [Fact]
    public void A_line_without_end_is_given_up()
    {
        var parser = new RespParser();
        var input = new ReadOnlySequence<byte>(new byte[RespParser.MaxLineBytes + 1].Select(_ => (byte)'x').ToArray());

        Assert.False(parser.TryRead(ref input, out _));
        Assert.Equal("too long an inline command", parser.Fault);
    }

    [Fact]
    public void The_arguments_of_a_command_are_bounded_together()
    {
        var bulk = Encoding.ASCII.GetBytes($"${RespParser.MaxBulkBytes}\r\n{new string('x', RespParser.MaxBulkBytes)}\r\n");

        var (_, fault, _) = Feed([Bytes("*4\r\n"), bulk, bulk, Bytes("$1\r\n")]);

        Assert.Equal("a command of more than 262,144 bytes", fault);
    }

    [Fact]
    public void A_claimed_length_costs_no_memory()
    {
        var claims = Enumerable.Range(0, 1_000)
            .Select(_ => (Parser: new RespParser(), Input: new ReadOnlySequence<byte>(Bytes($"*{RespParser.MaxArguments}\r\n${RespParser.MaxBulkBytes}\r\nx"))))
            .ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < claims.Length; i++) Assert.False(claims[i].Parser.TryRead(ref claims[i].Input, out _));

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / claims.Length;
        Assert.True(each < 1_024, $"{each} bytes were allocated for a claim of {RespParser.MaxBulkBytes}.");
    }

    private static (List<byte[][]> Commands, string? Fault, long Left) Feed(IEnumerable<byte[]> parts)
    {
        var (parser, commands, kept) = (new RespParser(), new List<byte[][]>(), ReadOnlySequence<byte>.Empty);
        foreach (var part in parts)
        {
            // One byte a segment: whatever looks at a first span only, or at a slice across spans, is tried as well.
            kept = Segments([.. kept.ToArray(), .. part]);
            while (parser.TryRead(ref kept, out var command)) commands.Add(command);
        }

        return (commands, parser.Fault, kept.Length);
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, int[] cuts)
    {
        var at = 0;
        foreach (var cut in cuts.Select(cut => Math.Min(cut, bytes.Length)).Order().Append(bytes.Length))
        {
            yield return bytes[at..cut];
            at = cut;
        }
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes)
    {
        if (bytes.Length is 0 or > 10_000) return new(bytes);

        var first = new Segment(bytes.AsMemory(0, 1), null);
        var last = first;
        for (var i = 1; i < bytes.Length; i++) last = new(bytes.AsMemory(i, 1), last);
        return new(first, 0, last, 1);
    }

    private static byte[] Encode(byte[][] command)
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n")));
        foreach (var argument in command)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${argument.Length}\r\n")));
            bytes.AddRange(argument);
            bytes.AddRange("\r\n"u8);
        }

        return [.. bytes];
    }

    /// <summary>Invalid UTF-8 must not look alike, so single bytes stay single characters where it is.</summary>
    private static string Show(byte[][] command) => string.Join('|', command.Select(argument =>
        System.Text.Unicode.Utf8.IsValid(argument) ? Encoding.UTF8.GetString(argument) : "latin:" + Encoding.Latin1.GetString(argument)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null) return;

            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
