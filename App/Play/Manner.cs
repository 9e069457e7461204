namespace Cmud.App.Play;

/// <summary>What surrounds the process, as far as it decides how to play.</summary>
internal sealed record TerminalEnvironment(bool InputIsTerminal, bool OutputIsTerminal, string? Term = null, string? NoColor = null, string? CliColorForce = null)
{
    /// <summary>Those of this process.</summary>
    public static TerminalEnvironment OfProcess() => new(
        !Console.IsInputRedirected,
        !Console.IsOutputRedirected,
        Environment.GetEnvironmentVariable("TERM"),
        Environment.GetEnvironmentVariable("NO_COLOR"),
        Environment.GetEnvironmentVariable("CLICOLOR_FORCE"));
}

/// <summary>How lines come in and go out.</summary>
internal enum PlayMode
{
    /// <summary>A person at a terminal with a cursor: the line being typed stays at the bottom.</summary>
    Terminal,

    /// <summary>A person without cursor moves.</summary>
    Plain,

    /// <summary>Lines of a file or pipe.</summary>
    Script,
}

/// <summary>How to play: the mode, whether to colour, and whether a person listens instead of looking.</summary>
internal readonly record struct Manner(PlayMode Mode, bool Color, bool Spoken)
{
    /// <summary>Decides from what was asked for and what is around. Each rule stands before those that it beats.</summary>
    public static Manner Of(PlayOptions options, TerminalEnvironment around)
    {
        var dumb = around.Term == "dumb";
        var mode = options.Script is not null || !around.InputIsTerminal ? PlayMode.Script
            : options.Plain || options.ScreenReader || dumb || !around.OutputIsTerminal ? PlayMode.Plain
            : PlayMode.Terminal;
        var color = options.Color != ColorChoice.Auto ? options.Color == ColorChoice.Always
            : string.IsNullOrEmpty(around.NoColor) && (IsForced(around.CliColorForce) || (!dumb && around.OutputIsTerminal));
        return new(mode, color, options.ScreenReader);
    }

    private static bool IsForced(string? cliColorForce) => !string.IsNullOrEmpty(cliColorForce) && cliColorForce != "0";
}
