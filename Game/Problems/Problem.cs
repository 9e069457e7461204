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
    private readonly AnswerForm _form = null!;

    /// <param name="kind">What it is called.</param>
    /// <param name="text">What the player reads; the form of the answer is put below it.</param>
    /// <param name="form">What an answer looks like.</param>
    /// <param name="hint">A push.</param>
    /// <param name="check">Whether the words of an answer are right.</param>
    /// <param name="solve">A right answer, computed or planted.</param>
    public Problem(string kind, string text, AnswerForm form, string hint, Func<string[], bool> check, Func<string> solve)
        : this(kind, $"{text}\nAnswer: {form.Shape}", hint) => (_form, _check, _solve) = (form, check, solve);

    /// <summary>A problem with one right answer.</summary>
    public static Problem Exact(string kind, string text, AnswerForm form, string hint, string answer) =>
        new(kind, text, form, hint, words => words.SequenceEqual(Words(answer)), () => answer);

    /// <summary>What a player typed, in the spelling that is checked and written down; null, with a sentence, where it can be no answer, right or wrong.</summary>
    public string? Read(string typed, out string refusal)
    {
        var answer = _form.Read(typed);
        refusal = answer is null ? $"An answer to this is {_form.Needs}; what you typed is none, and costs nothing." : "";
        return answer;
    }

    /// <summary>Whether an answer is right, by the strict rule that every reader of a ledger goes by. Case, blanks and commas do not matter.</summary>
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
