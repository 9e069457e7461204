using Cmud.App.Play;
using Cmud.Game.Play;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

public class RendererTests
{
    private static readonly Renderer Tty = new(new(PlayMode.Terminal, Color: false, Spoken: false));
    private static readonly Renderer Coloured = new(new(PlayMode.Terminal, Color: true, Spoken: false));
    private static readonly Renderer Plain = new(new(PlayMode.Plain, Color: false, Spoken: false));
    private static readonly Renderer Spoken = new(new(PlayMode.Plain, Color: false, Spoken: true));
    private static readonly Output.Table Shop = new(
        "Shop",
        ["Machine", "Price", "TC/s", "Owned"],
        [["GPU rig", "2,500 TC", "9.0", "3"], ["laptop", "20 TC", "0.2"], ["[red]"]]);

    [Fact]
    public void A_line_is_wrapped_at_a_terminal_and_whole_elsewhere()
    {
        var line = new Output.Line("one two three four five six");

        Assert.Equal("one two\n  three\n  four\n  five six\n", Tty.Render(line, 10));
        Assert.Equal("\e[36mHeather\e[0m\n  \e[36msays\e[0m\n", Coloured.Render(new Output.Line("Heather says", Tone.Speech), 9));
        Assert.Equal("one two\n  three\n  four\n  five six\n", Plain.Render(line, 10));
        Assert.Equal("one two three four five six\n", Plain.Render(line, 0));
    }

    [Fact]
    public void A_tone_is_a_colour_where_there_are_colours()
    {
        Assert.Equal("\e[32mhi [bold]\e[0m\n", Coloured.Render(new Output.Line("hi [bold]", Tone.Success), 80));
        Assert.Equal("hi\n", Coloured.Render(new Output.Line("hi"), 80));
        Assert.All(Enum.GetValues<Tone>(), tone => Assert.Equal("hi\n", Tty.Render(new Output.Line("hi", tone), 80)));
    }

    [Fact]
    public void A_table_has_borders_at_a_terminal_columns_in_a_pipe_and_sentences_for_ears()
    {
        var drawn = Tty.Render(Shop, 80);
        Assert.StartsWith("Shop\n\u256D", drawn, StringComparison.Ordinal);
        Assert.Contains("\u2502 GPU rig \u2502 2,500 TC \u2502 9.0  \u2502 3     \u2502\n", drawn, StringComparison.Ordinal);
        Assert.Contains("[red]", drawn, StringComparison.Ordinal);

        Assert.Equal("Shop\nMachine  Price     TC/s  Owned\nGPU rig  2,500 TC  9.0   3\nlaptop   20 TC     0.2\n[red]\n", Plain.Render(Shop, 80));

        Assert.Equal("Shop. 3 entries:\nGPU rig: price 2,500 TC, TC/s 9.0, owned 3\nlaptop: price 20 TC, TC/s 0.2\n[red]\n", Spoken.Render(Shop, 80));
    }

    [Fact]
    public void An_empty_line_stays_one() => Assert.Equal("\n", Tty.Render(new Output.Line(""), 80));

    [Fact]
    public void A_bar_shows_how_far()
    {
        var bar = new Output.Bar("Rank", 0.5, "15,000 of 30,000 TC");

        Assert.Equal("Rank \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591 15,000 of 30,000 TC\n", Tty.Render(bar, 80));
        Assert.Equal("Rank ##########.......... 15,000 of 30,000 TC\n", Plain.Render(bar, 80));
        Assert.Equal("Rank: 15,000 of 30,000 TC, 50 percent\n", Spoken.Render(bar, 80));
        Assert.Equal("Rank .................... ?\n", Plain.Render(new Output.Bar("Rank", double.NaN, "?"), 80));
        Assert.Equal("Rank #################### !\n", Plain.Render(new Output.Bar("Rank", 7, "!"), 80));
    }

    [Fact]
    public void A_block_keeps_its_spaces_and_is_cut_and_not_wrapped()
    {
        var map = new Output.Block("  \u250C\u2500 Home\n    The Cut --- The Fence\n");

        Assert.Equal("  \u250C\u2500 Home\n    The Cut --\n", Tty.Render(map, 14));
        Assert.Equal("  \u250C\u2500 Home\n    The Cut --- The Fence\n", Plain.Render(map, 14));
        Assert.Equal("     Home\n    The Cut --- The Fence\n", Spoken.Render(map, 14));
    }

    [Fact]
    public void A_pause_is_nothing_to_see() => Assert.Equal("", Plain.Render(new Output.Pause(TimeSpan.FromSeconds(1)), 80));

    [Theory]
    [InlineData("a\e[2Jb", "a[2Jb")]
    [InlineData("a\r\nb\tc", "a  b c")]
    [InlineData("ding\a\b\0\u009B31m", "ding31m")]
    [InlineData("\u202Ereversed\u2066\u200F", "reversed")]
    [InlineData("\u2028\u2029\uFEFF", "")]
    [InlineData("\U0001F469\u200D\U0001F4BB e\u0301", "\U0001F469\u200D\U0001F4BB e\u0301")]
    public void Text_of_others_cannot_touch_the_screen(string text, string expected) => Assert.Equal(expected, Renderer.Clean(text));

    [Fact]
    public void Half_a_character_is_shown_as_unknown() => Assert.Equal("a\uFFFDb", Renderer.Clean("a\uD800b"));

    [Fact]
    public void Nothing_that_is_shown_holds_a_control_character() => Gen.Select(Gen.String, Gen.String, Gen.Double).Sample((a, b, fraction) =>
    {
        Output[] outputs = [new Output.Line(a, Tone.Error), new Output.Table(a, [b, a], [[a, b], [b]]), new Output.Bar(a, fraction, b), new Output.Block(a + "\n" + b)];
        foreach (var output in outputs)
        {
            foreach (var renderer in new[] { Tty, Plain, Spoken })
                Assert.DoesNotContain(renderer.Render(output, 20), static c => char.IsControl(c) && c != '\n');
        }
    }, iter: 200);
}
