namespace Cmud.Game.Problems;

/// <summary>A hard problem, whose answer anybody can check.</summary>
/// <param name="Kind">What it is called.</param>
/// <param name="Text">What the player reads; lines are separated by line feeds.</param>
/// <param name="Hint">A push in the right direction, not the answer.</param>
internal sealed record Problem(string Kind, string Text, string Hint)
{
    /// <summary>The longest answer looked at.</summary>
    public const int MaxAnswer = 400;

    private readonly Func<string[], bool> _check = null!;
    private readonly Func<string> _solve = null!;

    /// <param name="kind">What it is called.</param>
    /// <param name="text">What the player reads.</param>
    /// <param name="hint">A push.</param>
    /// <param name="check">Whether the words of an answer are right.</param>
    /// <param name="solve">A right answer, computed or planted.</param>
    public Problem(string kind, string text, string hint, Func<string[], bool> check, Func<string> solve)
        : this(kind, text, hint) => (_check, _solve) = (check, solve);

    /// <summary>A problem with one right answer.</summary>
    public static Problem Exact(string kind, string text, string hint, string answer) =>
        new(kind, text, hint, words => words.SequenceEqual(Words(answer)), () => answer);

    /// <summary>Whether an answer is right. Case, blanks and commas do not matter.</summary>
    public bool Check(string? answer) => answer is { Length: <= MaxAnswer } && _check(Words(answer));

    /// <summary>A right answer: for tests, and for a teacher.</summary>
    public string Solve() => _solve();

    /// <summary>The words of an answer as numbers, or null where one is none.</summary>
    public static int[]? Numbers(string[] words)
    {
        var numbers = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out numbers[i])) return null;
        }

        return numbers;
    }

    private static string[] Words(string answer) =>
        answer.ToLowerInvariant().Split([' ', ',', ';', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
