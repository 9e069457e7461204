using System.Globalization;
using System.Text;
using Cmud.Silo.Resp;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Commands with arguments that seldom fit them: whatever is said, each gets one reply, and cuts make no difference.</summary>
public sealed class RespFuzzTests
{
    private static readonly Gen<string> Word = Gen.Frequency(
        (6, Gen.OneOf("a", "b", "a*", "*", "\\*", "[", "0", "1", "2", "3", "-1", "9223372036854775807", "\u00E9", "\0")),
        (4, Gen.OneOf("EX", "PX", "EXAT", "PXAT", "NX", "MATCH", "COUNT", "TYPE", "string", "AFTER", "LIMIT", "AUTH", "SETNAME", "SETINFO", "GETNAME", "ID", "GET", "DOCS", "INFO", "LIB-NAME")),
        (1, Gen.OneOf("", "SUBSCRIBE", "CLUSTER", new string('k', 1_025))));

    private static readonly Gen<string[]> Command = Gen.Select(
        Gen.OneOf(Gen.OneOf([.. CommandTable.Rows.Select(static row => row.Name).Where(static name => name != "QUIT")]), Word),
        Word.Array[0, 5],
        (name, arguments) => (string[])[name, .. arguments]);

    [Fact]
    public void Every_command_gets_one_whole_reply_wherever_the_bytes_are_cut() =>
        Gen.Select(Command.Array[1, 8], Gen.Int[0, 400].Array[0, 5]).Sample((commands, cuts) =>
        {
            var bytes = commands.SelectMany(Encode).ToArray();

            var whole = Say([bytes]);
            var cut = Say(Cut(bytes, cuts));

            Assert.Equal(whole, cut);
            Assert.Equal(commands.Length, Count(whole));
        });

    private static string Say(IEnumerable<byte[]> pieces) => new RespTalk().Say(pieces).GetAwaiter().GetResult();

    private static byte[] Encode(string[] command)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"*{command.Length}\r\n"));
        foreach (var word in command) text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
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

    /// <summary>How many replies there are; what is none fails.</summary>
    private static int Count(string replies)
    {
        var (bytes, at, count) = (Encoding.UTF8.GetBytes(replies), 0, 0);
        for (; at < bytes.Length; count++) Skip(bytes, ref at);
        return count;
    }

    private static void Skip(byte[] bytes, ref int at)
    {
        var type = (char)bytes[at];
        var end = bytes.AsSpan(at).IndexOf("\r\n"u8);
        Assert.True(end > 0, "A reply has no end.");
        var line = Encoding.UTF8.GetString(bytes, at + 1, end - 1);
        at += end + 2;
        Assert.Contains(type, "+-:$*%_");
        if (type is not ('$' or '*' or '%')) return;

        var length = int.Parse(line, CultureInfo.InvariantCulture);
        if (type == '$' && length >= 0)
        {
            Assert.Equal("\r\n", Encoding.UTF8.GetString(bytes, at + length, 2));
            at += length + 2;
            return;
        }

        for (var i = 0; i < (type == '%' ? 2 : 1) * length; i++) Skip(bytes, ref at);
    }
}
