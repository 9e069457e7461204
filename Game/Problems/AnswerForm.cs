using System.Globalization;
using System.Text.RegularExpressions;

namespace Cmud.Game.Problems;

/// <summary>How the answer to a problem is typed, and what else is taken for it.</summary>
/// <remarks>
/// People answer in sentences: <c>x = 43, y = 3</c>, <c>(3, 5, 2)</c>, <c>7 and 11</c>. What they mean is brought to one spelling before it is
/// checked and written down, so that a ledger holds the same words whoever typed them, and each reader checks by the same strict rule. What
/// cannot be an answer at all is told from a wrong one: it costs nothing.
/// </remarks>
internal sealed partial class AnswerForm
{
    private readonly Func<string, string?> _read;

    private AnswerForm(string shape, string needs, Func<string, string?> read) => (Shape, Needs, _read) = (shape, needs, read);

    /// <summary>As it stands below the question, such as <c>x y</c>.</summary>
    public string Shape { get; }

    /// <summary>What an answer is, in words: said where a text is none.</summary>
    public string Needs { get; }

    /// <summary>One number.</summary>
    public static AnswerForm Number { get; } = new("one number", "one whole number", typed => Numbers(typed) is [var only] ? only : null);

    /// <summary>The one spelling of what was typed; null where it can be no answer.</summary>
    public string? Read(string typed) => typed.Length > Problem.MaxAnswer ? null : _read(typed.ToLowerInvariant().Replace('\u2212', '-'));

    /// <summary>A number for each label, in their order or each with its label.</summary>
    public static AnswerForm Labelled(params IReadOnlyList<string> labels) => new(
        string.Join(' ', labels), $"{labels.Count} whole numbers, {string.Join(", ", labels)}",
        typed => ByLabel(typed, labels, "-?[0-9]+") ?? (Numbers(typed) is { } numbers && numbers.Length == labels.Count ? string.Join(' ', numbers) : null));

    /// <summary>So many numbers in an order.</summary>
    public static AnswerForm Row(int count) => new(
        $"{count} numbers in order", $"{count} whole numbers", typed => Numbers(typed) is { } numbers && numbers.Length == count ? string.Join(' ', numbers) : null);

    /// <summary>Some of a set of numbers, each once.</summary>
    /// <param name="shape">As below the question.</param>
    /// <param name="needs">As where a text is none.</param>
    /// <param name="isOne">Whether a number is of the set.</param>
    /// <param name="sum">A number that may stand there as well, as in "10 + 20 = 30".</param>
    public static AnswerForm Some(string shape, string needs, Func<long, bool> isOne, long? sum = null) => new(shape, needs, typed =>
    {
        if (Numbers(typed) is not { } read) return null;

        var numbers = read.Where(number => !IsSum(number)).ToArray();
        return numbers.Length > 0 && numbers.Distinct().Count() == numbers.Length && Array.TrueForAll(numbers, number => long.TryParse(number, out var value) && isOne(value)) ? string.Join(' ', numbers) : null;

        bool IsSum(string number) => long.TryParse(number, out var value) && value == sum && !isOne(value);
    });

    /// <summary>So many factors; their product may stand there as well.</summary>
    public static AnswerForm Factors(long product) => new(
        "p q", "two whole numbers, the primes",
        typed => Numbers(typed)?.Where(number => number != product.ToString(CultureInfo.InvariantCulture)).ToArray() is [var p, var q] ? $"{p} {q}" : null);

    /// <summary>So many marks in a row, each one of a few; or each with its label.</summary>
    /// <param name="shape">As below the question.</param>
    /// <param name="marks">The marks, such as <c>01</c>.</param>
    /// <param name="labels">What each stands for.</param>
    public static AnswerForm Marks(string shape, string marks, params IReadOnlyList<string> labels) => new(
        shape, $"{labels.Count} of the marks {string.Join(", ", marks.AsEnumerable())}",
        typed =>
        {
            var text = marks == "01" ? Truth().Replace(Prefix().Replace(typed, ""), word => word.Value[0] == 't' ? "1" : "0") : typed;
            if (ByLabel(text, labels, $"[{marks}]") is { } labelled) return labelled.Replace(" ", "", StringComparison.Ordinal);

            var kept = Between().Replace(text, "");
            return kept.Length == labels.Count && kept.All(c => marks.Contains(c, StringComparison.Ordinal)) ? kept : null;
        });

    /// <summary>Each of some letters once, in an order.</summary>
    public static AnswerForm Walk(string letters) => new(
        $"the {letters.Length} letters in order", $"the {letters.Length} letters {letters[0]} to {letters[^1]}, each once",
        typed =>
        {
            var walk = string.Concat(Word().Matches(typed).Select(word => word.Value).Where(word => word is not ("then" or "to" or "and"))).ToUpperInvariant();
            return walk.Order().SequenceEqual(letters.Order()) ? walk : null;
        });

    /// <summary>One of some words, and a number.</summary>
    public static AnswerForm WordAndNumber(string shape, IReadOnlyList<string> words) => new(
        shape, $"one of {string.Join(", ", words)}, and one whole number",
        typed => Word().Matches(typed).Select(word => word.Value).Where(words.Contains).Distinct().ToArray() is [var named] && Numbers(typed) is [var number] ? $"{named} {number}" : null);

    /// <summary>One word of lower-case letters and digits.</summary>
    /// <param name="salt">What stands before it in what is hashed: some type that too.</param>
    public static AnswerForm Token(string salt) => new("w", "one word of small letters and digits", typed =>
    {
        var word = Label().Replace(typed.Trim(), "").Trim('\'', '"', '.', ' ');
        if (word.StartsWith(salt, StringComparison.Ordinal)) word = word[salt.Length..].TrimStart();
        return word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c)) ? word : null;
    });

    /// <summary>The value at each label, in their order; null unless each has one.</summary>
    private static string? ByLabel(string typed, IReadOnlyList<string> labels, string value)
    {
        var values = new string[labels.Count];
        for (var i = 0; i < values.Length; i++)
        {
            // A label that ends with a digit must be told from its value: x10 is not a 0 for x1.
            var sign = char.IsAsciiDigit(labels[i][^1]) ? "(?:is|=|:)" : "(?:is|=|:)?";
            var found = Regex.Matches(typed, $@"(?<![a-z0-9]){Regex.Escape(labels[i].ToLowerInvariant())}\s*{sign}\s*({value})(?![0-9])");
            if (found is not [var only]) return null;
            values[i] = Plain(only.Groups[1].Value);
        }

        return string.Join(' ', values);
    }

    /// <summary>All whole numbers of a text, each in its one spelling; null where one is no whole number.</summary>
    private static string[]? Numbers(string typed) =>
        Broken().IsMatch(typed) ? null : [.. Whole().Matches(Loose().Replace(typed, "$1-")).Select(number => Plain(number.Value))];

    private static string Plain(string number)
    {
        var digits = number.TrimStart('-').TrimStart('0');
        return digits.Length == 0 ? "0" : number[0] == '-' ? $"-{digits}" : digits;
    }

    // A minus belongs to a number where nothing stands right before it: 50-30 are two numbers, as 50 -> 30 are.
    [GeneratedRegex(@"(?<![a-z0-9])-(?=[0-9])[0-9]+|[0-9]+")]
    private static partial Regex Whole();

    /// <summary>A minus with a blank after it, at the start or after a sign: "= - 5"; or in words.</summary>
    [GeneratedRegex(@"(^\s*|[=:(]\s*|\bis\s+)(?:-\s+|minus\s+-?\s*)(?=[0-9])")]
    private static partial Regex Loose();

    /// <summary>Half numbers, and digits within a word: "42x" is none.</summary>
    [GeneratedRegex(@"[0-9][.][0-9]|[0-9][a-z_]|[a-z_][0-9]")]
    private static partial Regex Broken();

    [GeneratedRegex("[a-z]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:true|false|t|f)\b")]
    private static partial Regex Truth();

    [GeneratedRegex(@"\b0b(?=[01])")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"[\s,;.()\[\]{}_|/-]+|\band\b")]
    private static partial Regex Between();

    [GeneratedRegex(@"^w\s*(?:is|=|:)\s*")]
    private static partial Regex Label();
}
