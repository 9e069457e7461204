namespace Cmud.App.Play;

/// <summary>When to colour.</summary>
internal enum ColorChoice
{
    Auto,
    Always,
    Never,
}

/// <summary>What was asked for on the command line of a play.</summary>
/// <param name="Plain">No cursor moves.</param>
/// <param name="ScreenReader">Plain, and lists in the place of tables and drawings.</param>
/// <param name="Script">A file to read lines from, in the place of a person.</param>
/// <param name="Color">When to colour.</param>
internal sealed record PlayOptions(bool Plain = false, bool ScreenReader = false, string? Script = null, ColorChoice Color = ColorChoice.Auto);
