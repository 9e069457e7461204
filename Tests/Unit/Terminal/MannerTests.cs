using Cmud.App.Play;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

public class MannerTests
{
    private static readonly TerminalEnvironment Person = new(InputIsTerminal: true, OutputIsTerminal: true, Term: "xterm");

    [Fact]
    public void The_mode_follows_from_the_options_and_both_ends()
    {
        Assert.Equal(PlayMode.Terminal, Mode(new(), Person));
        Assert.Equal(PlayMode.Plain, Mode(new(Plain: true), Person));
        Assert.Equal(PlayMode.Plain, Mode(new(), Person with { Term = "dumb" }));
        Assert.Equal(PlayMode.Plain, Mode(new(), Person with { OutputIsTerminal = false }));
        Assert.Equal(PlayMode.Script, Mode(new(), Person with { InputIsTerminal = false }));
        Assert.Equal(PlayMode.Script, Mode(new(Script: "file"), Person));
        Assert.Equal(new(PlayMode.Plain, Color: true, Spoken: true), Manner.Of(new(ScreenReader: true), Person));
        Assert.Equal(PlayMode.Script, Mode(new(ScreenReader: true), Person with { InputIsTerminal = false }));
    }

    [Theory]
    // The flag, NO_COLOR, CLICOLOR_FORCE, TERM, whether the output is a terminal: each beats those after it.
    [InlineData(ColorChoice.Always, "1", "0", "dumb", false, true)]
    [InlineData(ColorChoice.Never, null, "1", "xterm", true, false)]
    [InlineData(ColorChoice.Auto, "1", "1", "xterm", true, false)]
    [InlineData(ColorChoice.Auto, "", "1", "dumb", false, true)]
    [InlineData(ColorChoice.Auto, null, "0", "dumb", true, false)]
    [InlineData(ColorChoice.Auto, null, "0", "xterm", true, true)]
    [InlineData(ColorChoice.Auto, null, null, "dumb", true, false)]
    [InlineData(ColorChoice.Auto, null, null, "xterm", true, true)]
    [InlineData(ColorChoice.Auto, null, null, null, true, true)]
    [InlineData(ColorChoice.Auto, null, null, "xterm", false, false)]
    internal void The_colour_follows_the_strongest_word(ColorChoice flag, string? noColor, string? force, string? term, bool terminal, bool expected) =>
        Assert.Equal(expected, Manner.Of(new(Color: flag), new(InputIsTerminal: true, terminal, term, noColor, force)).Color);

    private static PlayMode Mode(PlayOptions options, TerminalEnvironment around) => Manner.Of(options, around).Mode;
}
