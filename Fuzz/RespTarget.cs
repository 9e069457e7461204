using System.Buffers;
using Cmud.Silo.Resp;

namespace Cmud.Fuzz;

/// <summary>The RESP parser: whatever comes is read alike in one piece and byte by byte, and within its bounds.</summary>
internal static class RespTarget
{
    public static IReadOnlyList<byte[]> Seeds() =>
    [
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*1\r\n$4\r\nPING\r\n"u8.ToArray(),
        "PING\r\n  set  k \"a \\x41\\n b\" \r\n*0\r\n*-1\r\nget 'it\\'s'\n"u8.ToArray(),
        "*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1024\r\n$131072\r\n"u8.ToArray(),
        "*1\r\n:5\r\n"u8.ToArray(),
    ];

    public static void Try(byte[] bytes)
    {
        var (whole, fault) = Read([bytes]);
        var (pieces, other) = Read(bytes.Select(static one => new[] { one }));
        Target.Assert(fault == other && whole.Count == pieces.Count && whole.Zip(pieces).All(static pair => IsSame(pair.First, pair.Second)), "Cuts make a difference.");
        foreach (var command in whole)
        {
            Target.Assert(command.Length > 0, "A command has no name.");
            Target.Assert(command.Sum(static word => word.Length) <= RespParser.MaxCommandBytes, "A command is too long.");
        }
    }

    private static bool IsSame(byte[][] a, byte[][] b) => a.Length == b.Length && a.Zip(b).All(static pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private static (List<byte[][]> Commands, string? Fault) Read(IEnumerable<byte[]> pieces)
    {
        var (parser, commands, left) = (new RespParser(), new List<byte[][]>(), Array.Empty<byte>());
        foreach (var piece in pieces)
        {
            var input = new ReadOnlySequence<byte>([.. left, .. piece]);
            while (parser.TryRead(ref input, out var command)) commands.Add(command);
            left = input.ToArray();
        }

        return (commands, parser.Fault);
    }
}
