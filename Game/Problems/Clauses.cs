namespace Cmud.Game.Problems;

/// <summary>Ranks 2 and 8: three-literal clauses around a planted assignment.</summary>
internal static class Clauses
{
    /// <summary>All clauses on one sheet.</summary>
    public static Problem Satisfy(Dice dice)
    {
        var (count, clauses, planted) = Plant(dice, dice.Roll(8, 12));
        return new(
            "3-SAT", $"Variables x1 to x{count}. Make every clause true (-3 means: not x3):\n{Sheet(clauses)}",
            Bits(count), "A variable that only ever occurs one way is a gift.", words => Holds(words, count, clauses), () => planted);
    }

    /// <summary>The clauses on three sheets, of which a player sees one.</summary>
    /// <param name="dice">For the instance.</param>
    /// <param name="sheet">Which sheet, from 0 to 2; null for all three.</param>
    public static Problem Split(Dice dice, int? sheet)
    {
        var (count, clauses, planted) = Plant(dice, 15);
        var shown = clauses.Where((_, i) => sheet is null || i % 3 == sheet);
        return new(
            "split SAT", $"Variables x1 to x{count}; this is one sheet of three, two others hold the rest. Make every clause true:\n{Sheet(shown)}",
            Bits(count), "Say what you are sure of, and let the others say what it breaks.", words => Holds(words, count, clauses), () => planted);
    }

    private static AnswerForm Bits(int count) =>
        AnswerForm.Marks($"{count} bits, x1 first", "01", [.. Enumerable.Range(1, count).Select(i => $"x{i}")]);

    private static (int Count, int[][] Clauses, string Planted) Plant(Dice dice, int count)
    {
        var planted = Enumerable.Range(0, count).Select(_ => dice.Roll(0, 1) == 1).ToArray();
        var clauses = new List<int[]>();
        while (clauses.Count < count * 4)
        {
            var clause = dice.Shuffle(Enumerable.Range(1, count)).Take(3).Select(v => dice.Roll(0, 1) == 1 ? v : -v).ToArray();
            if (clause.Any(v => planted[Math.Abs(v) - 1] == v > 0)) clauses.Add(clause);
        }

        return (count, [.. clauses], string.Concat(planted.Select(bit => bit ? '1' : '0')));
    }

    private static bool Holds(string[] words, int count, int[][] clauses)
    {
        var bits = string.Concat(words);
        return bits.Length == count && bits.All(c => c is '0' or '1') && clauses.All(clause => clause.Any(v => bits[Math.Abs(v) - 1] == '1' == v > 0));
    }

    private static string Sheet(IEnumerable<int[]> clauses) => string.Join("\n", clauses.Select(clause => $"({string.Join(" or ", clause)})").Chunk(4).Select(line => string.Join("  ", line)));
}
