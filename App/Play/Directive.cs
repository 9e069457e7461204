using System.Globalization;

namespace Cmud.App.Play;

/// <summary>A line of a script: what it asks for.</summary>
internal abstract record Directive
{
    /// <summary>How long an expectation without "within" waits: two servers far apart agree in less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A line for the game.</summary>
    public sealed record Say(string Line) : Directive;

    /// <summary>A remark.</summary>
    public sealed record Skip : Directive;

    /// <summary><c>wait 3s</c>.</summary>
    public sealed record Wait(TimeSpan Length) : Directive;

    /// <summary><c>expect "text" within 5s</c>.</summary>
    public sealed record Expect(string Text, TimeSpan Within) : Directive;

    /// <summary>Reads a line; the number is for the complaint.</summary>
    /// <exception cref="ScriptException">It is no line of a script.</exception>
    public static Directive Of(string line, int number)
    {
        var text = line.Trim();
        if (text.StartsWith('#')) return new Skip();
        if (text.Split(' ', 2)[0] is not ("wait" or "expect")) return new Say(line);

        var complaint = ShellWords.Split(text, out var words);
        return words switch
        {
            ["wait", var length] when Duration(length) is { } wait => new Wait(wait),
            ["expect", { Length: > 0 } expected] => new Expect(expected, Patience),
            ["expect", { Length: > 0 } expected, "within", var length] when Duration(length) is { } within => new Expect(expected, within),
            _ => throw new ScriptException(ScriptException.Wrong, string.Create(
                CultureInfo.InvariantCulture, $"Line {number} is '{text}' but must be like: wait 3s, or: expect \"text\" within 5s. {complaint}").TrimEnd()),
        };
    }

    private static TimeSpan? Duration(string text)
    {
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], TimeSpan.FromMilliseconds(1))
            : text.EndsWith('s') ? (text[..^1], TimeSpan.FromSeconds(1))
            : text.EndsWith('m') ? (text[..^1], TimeSpan.FromMinutes(1))
            : ("", TimeSpan.Zero);
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count < TimeSpan.FromDays(1) / unit
            ? count * unit
            : null;
    }
}
