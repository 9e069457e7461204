namespace Cmud.Grains.Interfaces;

/// <summary>Text as one word of a command line.</summary>
public static class ShellWord
{
    /// <summary>The text, in quotes where a shell would read it as something else.</summary>
    public static string Of(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "/._-+:@%".Contains(c, StringComparison.Ordinal))
        ? text
        : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
