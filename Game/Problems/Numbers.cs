using System.Globalization;

namespace Cmud.Game.Problems;

/// <summary>Rank 5: large numbers; a player's own script is welcome.</summary>
internal static class Numbers
{
    /// <summary>Two primes of 16 to 22 bits.</summary>
    public static Problem Factoring(Dice dice)
    {
        var bits = dice.Roll(16, 22);
        var (p, q) = (Prime(dice, bits), Prime(dice, bits));
        var product = p * q;
        return new(
            "factoring", string.Create(CultureInfo.InvariantCulture, $"{product} is the product of two primes. Which?"), AnswerForm.Factors(product), "A loop up to the root is a few lines.",
            words => words is [var a, var b] && long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var one)
                && long.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var other)
                && one > 1 && other > 1 && one <= product && product % one == 0 && product / one == other,
            () => string.Create(CultureInfo.InvariantCulture, $"{p} {q}"));
    }

    /// <summary>Which of 24 numbers make a sum.</summary>
    public static Problem SubsetSum(Dice dice)
    {
        var numbers = new HashSet<int>();
        while (numbers.Count < 24) numbers.Add(dice.Roll(10_000, 999_999));
        var planted = dice.Shuffle(numbers).Take(dice.Roll(8, 14)).ToArray();
        var sum = planted.Sum();
        return new(
            "subset sum", $"Of {string.Join(", ", numbers)}:\nwhich add up to {sum}?",
            AnswerForm.Some("the numbers", "some of the 24 numbers, each once", number => number is > 0 and < int.MaxValue && numbers.Contains((int)number), sum), "Two halves of twelve have 4,096 sums each; sort one.",
            words => Problem.Numbers(words) is { } taken && taken.Distinct().Count() == taken.Length && taken.All(numbers.Contains) && taken.Sum(n => (long)n) == sum,
            () => string.Join(' ', planted));
    }

    private static long Prime(Dice dice, int bits)
    {
        var candidate = (long)dice.Roll(1 << (bits - 1), (1 << bits) - 1) | 1;
        while (!IsPrime(candidate)) candidate += 2;
        return candidate;
    }

    private static bool IsPrime(long number)
    {
        for (var d = 3L; d * d <= number; d += 2)
        {
            if (number % d == 0) return false;
        }

        return true;
    }
}
