using System.IO.Pipelines;
using System.Text;
using Cmud.App.Serve.Telnet;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Serve;

/// <summary>Bytes of a telnet client to text, commands and answers.</summary>
public class TelnetStreamTests
{
    private const byte Iac = 255, Will = 251, Wont = 252, Do = 253, Dont = 254, Sb = 250, Se = 240;

    /// <summary>Of all that there is, one: doubled bytes, commands, negotiations known and unknown, what options say, within a line.</summary>
    private static readonly byte[] Sample =
    [
        .. "look"u8, Iac, Iac, .. "\r\n"u8, Iac, Will, 24, Iac, Sb, 24, 0, .. "XTERM"u8, Iac, Se, .. "sa"u8, Iac, Will, 31, Iac, Sb, 31, 0, 80, 0, Iac, Iac, Iac, Se,
        .. "y h\u00e9\r\0"u8, Iac, Dont, 25, Iac, 246, Iac, Do, 6, Iac, Do, 99, Iac, Will, 99, Iac, Sb, 42, 1, .. ";UTF-8"u8, Iac, Se, Iac, 241, .. "\e[A\n"u8, 0xE9, .. "!\r\n"u8,
    ];

    private static readonly byte[][] Words =
    [
        [Iac], [Iac, Will], [Iac, Wont], [Iac, Do], [Iac, Dont], [Iac, Sb], [Iac, Se], [Iac, Iac], [Iac, Sb, 24, 0], [Iac, Sb, 42, 1], [Iac, Sb, 31], [1], [3], [6], [24], [25], [31], [42], [70],
    ];

    [Fact]
    public async Task A_stream_means_the_same_wherever_it_is_cut()
    {
        var whole = await HeardAsync(Sample);
        Assert.Equal("look\u00ff\r\nsay h\u00c3\u00a9\r\0\e[A\n\u00e9!\r\n", whole.Text);
        Assert.Contains("[Yes]", whole.Sent, StringComparison.Ordinal);
        Assert.EndsWith(Latin(Iac, Will, 6, Iac, Wont, 99, Iac, Dont, 99, Iac, Sb, 42, 2) + "UTF-8" + Latin(Iac, Se), whole.Sent, StringComparison.Ordinal);

        for (var cut = 1; cut < Sample.Length; cut++) Assert.Equal(whole, await HeardAsync(Sample[..cut], Sample[cut..]));
        Assert.Equal(whole, await HeardAsync([.. Sample.Select(static b => (byte[])[b])]));
    }

    [Fact]
    public void What_an_option_says_has_a_bound_and_a_command_ends_what_lacks_its_end()
    {
        var parser = new TelnetParser();
        var atBound = new byte[TelnetParser.MaxContent];

        var events = Parse(parser, [Iac, Sb, 24, .. atBound, Iac, Se, Iac, Sb, 24, .. atBound, 7, Iac, Se, Iac, Sb, 31, 1, Iac, Will, 25, .. "a"u8]);

        Assert.Equal(
            [(TelnetEventKind.Subnegotiation, TelnetParser.MaxContent), (TelnetEventKind.Negotiation, 0), (TelnetEventKind.Text, 0)],
            events.Select(static said => (said.Kind, said.Content.Length)));
    }

    [Fact]
    public void A_client_for_MUDs_is_asked_what_it_can_and_stays_at_its_lines()
    {
        var (negotiation, sent) = Begin();

        Hear(negotiation, Iac, Will, 24, Iac, Will, 31, Iac, Do, 25, Iac, Do, 42, Iac, Do, 70);
        Hear(negotiation, Iac, Sb, 31, 0, 100, 0, 40, Iac, Se);
        foreach (var name in (string[])["TINTIN++", "XTERM", "MTTS 333"]) Hear(negotiation, [Iac, Sb, 24, 0, .. Encoding.ASCII.GetBytes(name), Iac, Se]);

        Assert.True(negotiation.IsSettled);
        Assert.False(negotiation.IsBareTerminal);
        Assert.True(negotiation is { ShowsColor: true, IsSpoken: true, TakesUtf8: true, Columns: 100, Rows: 40 });
        Assert.Contains("NAME\u0002CMUD", Text(sent), StringComparison.Ordinal);
        Assert.Contains(Latin(Iac, Sb, 42, 1) + ";UTF-8" + Latin(Iac, Se), Text(sent), StringComparison.Ordinal);

        sent.Clear();
        negotiation.EndPrompt();
        negotiation.Hide(true);
        Hear(negotiation, Iac, Do, 1);
        negotiation.Hide(false);
        Hear(negotiation, Iac, Dont, 1);
        Assert.Equal([Iac, 239, Iac, Will, 1, Iac, Wont, 1], sent);
    }

    [Fact]
    public void A_bare_terminal_is_echoed_and_edited_for()
    {
        var (negotiation, sent) = Begin();

        Hear(negotiation, [Iac, Will, 24, Iac, Will, 31, Iac, Sb, 31, 0, 80, 0, 24, Iac, Se, Iac, Dont, 25, Iac, Dont, 42, Iac, Dont, 70]);
        for (var i = 0; i < 2; i++)
        {
            Assert.False(negotiation.IsSettled);
            Hear(negotiation, [Iac, Sb, 24, 0, .. "XTERM-256COLOR"u8, Iac, Se]);
        }

        Assert.True(negotiation is { IsSettled: true, IsBareTerminal: true, ShowsColor: true, IsSpoken: false });
        sent.Clear();
        negotiation.TakeCharacters();
        Assert.Equal([Iac, Will, 1, Iac, Will, 3], sent);
    }

    [Theory]
    [InlineData("MTTS 1", false)]
    [InlineData("MTTS 5", true)]
    public void Who_shows_no_UTF_8_is_believed(string abilities, bool takesUtf8)
    {
        var (negotiation, _) = Begin();

        foreach (var name in (string[])["OLD", "ANSI", abilities]) Hear(negotiation, [Iac, Sb, 24, 0, .. Encoding.ASCII.GetBytes(name), Iac, Se]);

        Assert.Equal(takesUtf8, negotiation.TakesUtf8);
    }

    [Fact]
    public void A_client_that_says_nothing_gets_no_marks()
    {
        var (negotiation, sent) = Begin();
        sent.Clear();

        negotiation.EndPrompt();
        negotiation.Hide(true);

        Assert.Empty(sent);
        Assert.False(negotiation.IsSettled || negotiation.IsBareTerminal || negotiation.ShowsColor);
    }

    [Fact]
    public void What_changes_its_mind_before_the_answer_comes_ends_as_it_was_wished_last()
    {
        var sent = new List<byte>();
        var side = new TelnetSide(Will, Wont, 1, sent.AddRange);

        side.Wish(true);
        side.Wish(false);
        side.Wish(true);
        side.Wish(false);
        Assert.Equal([Iac, Will, 1], sent);
        side.Hear(true);
        Assert.Equal([Iac, Will, 1, Iac, Wont, 1], sent);
        side.Hear(false);

        Assert.False(side.IsOn);
        Assert.Equal(6, sent.Count);
    }

    /// <summary>Whatever comes: nothing breaks, and an answer is never much more than what was said.</summary>
    [Fact]
    public void No_bytes_break_it_or_make_it_talk_for_ever() => Gen.Frequency((3, Gen.Int[0, Words.Length - 1].Select(static i => Words[i])), (1, Gen.Byte.Array[0, 8])).Array[0, 60].Sample(static pieces =>
    {
        var bytes = pieces.SelectMany(static piece => piece).ToArray();
        var (negotiation, sent) = Begin();
        var heard = 0;
        var (keys, lines) = (new KeyParser(_ => heard++), new LineParser(_ => heard++));
        negotiation.TakeCharacters();
        var begun = sent.Count;

        foreach (var said in Parse(new(), bytes))
        {
            if (said.Kind != TelnetEventKind.Text)
            {
                negotiation.Take(said);
                continue;
            }

            keys.Take(said.Code);
            lines.Take(said.Code);
        }

        const int status = 50;
        Assert.InRange(sent.Count - begun, 0, (bytes.Length * 6) + (status * bytes.Count(static b => b == 70)));
        Assert.InRange(heard, 0, bytes.Length * 3);
    });

    [Fact]
    public void An_echo_of_itself_falls_silent()
    {
        var (negotiation, sent) = Begin();
        negotiation.TakeCharacters();
        var parser = new TelnetParser();

        for (var round = 0; sent.Count > 0; round++)
        {
            Assert.InRange(round, 0, 10);
            byte[] echoed = [.. sent];
            sent.Clear();
            foreach (var said in Parse(parser, echoed)) negotiation.Take(said);
        }
    }

    private static (TelnetNegotiation Negotiation, List<byte> Sent) Begin()
    {
        var sent = new List<byte>();
        var negotiation = new TelnetNegotiation(sent.AddRange, static () => [new("NAME", "CMUD")]);
        negotiation.Begin();
        return (negotiation, sent);
    }

    private static void Hear(TelnetNegotiation negotiation, params byte[] bytes)
    {
        foreach (var said in Parse(new(), bytes)) negotiation.Take(said);
    }

    private static List<TelnetEvent> Parse(TelnetParser parser, byte[] bytes)
    {
        var events = new List<TelnetEvent>();
        foreach (var next in bytes)
        {
            if (parser.Take(next) is { } said) events.Add(said);
        }

        return events;
    }

    /// <summary>What comes of pieces that are read one by one: all that reached the player's input, the text of it, and what was answered.</summary>
    private static async Task<(string Events, string Text, string Sent)> HeardAsync(params byte[][] pieces)
    {
        // Each piece is read before the next is written.
        var (input, output) = (new Pipe(new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false)), new Pipe());
        var outbox = new Outbox(output.Writer, TimeProvider.System, static () => Assert.Fail("cut"));
        var wire = new TelnetWire(outbox, static () => []);
        using var reader = new TelnetReader(input.Reader, wire);
        var ears = new Ears();
        wire.With(static negotiation => negotiation.Begin());

        var reading = reader.ReadAsync([], ears, CancellationToken.None);
        foreach (var piece in pieces) await input.Writer.WriteAsync(piece);

        await input.Writer.CompleteAsync();
        await reading;
        await outbox.DisposeAsync();
        await output.Writer.CompleteAsync();
        using var sent = new MemoryStream();
        await output.Reader.CopyToAsync(sent);
        return (string.Join(' ', ears.Heard.Select(static said => $"{said.Kind}:{said.Code}:{said.Option}:{Convert.ToHexString(said.Content.Span)}")),
            string.Concat(ears.Heard.Where(static said => said.Kind == TelnetEventKind.Text).Select(static said => (char)said.Code)), Encoding.Latin1.GetString(sent.ToArray()));
    }

    private static string Text(IEnumerable<byte> bytes) => Encoding.Latin1.GetString([.. bytes]);

    private static string Latin(params byte[] bytes) => Text(bytes);

    private sealed class Ears : ITelnetInput
    {
        public List<TelnetEvent> Heard { get; } = [];

        public ValueTask TakeAsync(TelnetEvent said, CancellationToken cancellationToken)
        {
            Heard.Add(said);
            return default;
        }

        public void Hang()
        {
            // The test knows.
        }
    }
}
