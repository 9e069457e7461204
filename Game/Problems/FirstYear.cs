using System.Globalization;

namespace Cmud.Game.Problems;

/// <summary>Rank 0: what a first year does on paper.</summary>
internal static class FirstYear
{
    /// <summary>A byte, or a number as a byte.</summary>
    public static Problem TwosComplement(Dice dice)
    {
        var value = dice.Roll(-128, -2);
        var bits = ((byte)value).ToString("b8", CultureInfo.InvariantCulture);
        return dice.Roll(0, 1) == 0
            ? Problem.Exact("two's complement", $"Eight bits, two's complement: which number is {bits}?", AnswerForm.Number, "Flip the bits, add one, and mind the sign.", Text(value))
            : Problem.Exact("two's complement", $"Write {Text(value)} as eight bits in two's complement.", AnswerForm.Marks("eight bits", "01", [.. Enumerable.Range(0, 8).Select(i => $"b{i}")]), "Write it without the sign, flip, add one.", bits);
    }

    /// <summary>What a loop leaves behind.</summary>
    public static Problem LoopTracing(Dice dice)
    {
        var (x, y, times, factor, modulus) = (dice.Roll(1, 9), dice.Roll(1, 9), dice.Roll(4, 7), dice.Roll(2, 4), dice.Roll(53, 97));
        var text = $"x = {x}; y = {y}\nrepeat {times} times:\n    x = (x * {factor} + y) mod {modulus}\n    if x is even: y = y + 1\nWhat are x and y at the end?";
        for (var i = 0; i < times; i++)
        {
            x = ((x * factor) + y) % modulus;
            if (x % 2 == 0) y++;
        }

        return Problem.Exact("loop tracing", text, AnswerForm.Labelled("x", "y"), "One line of paper for each turn; the test sees the new x.", $"{x} {y}");
    }

    /// <summary>The shape that inserts leave.</summary>
    public static Problem SearchTree(Dice dice)
    {
        var keys = dice.Shuffle(Enumerable.Range(10, 80)).Take(7).ToArray();
        var left = new Dictionary<int, int>();
        var right = new Dictionary<int, int>();
        foreach (var key in keys.Skip(1))
        {
            for (var at = keys[0]; ;)
            {
                var side = key < at ? left : right;
                if (side.TryAdd(at, key)) break;
                at = side[at];
            }
        }

        string Walk(int at) => Text(at) + (left.TryGetValue(at, out var l) ? " " + Walk(l) : "") + (right.TryGetValue(at, out var r) ? " " + Walk(r) : "");
        return Problem.Exact(
            "search tree", $"Insert {string.Join(", ", keys)} into an empty binary search tree, in this order. Read it in preorder (node, left, right).",
            AnswerForm.Row(7), "Smaller goes left, greater right; the first one stays on top.", Walk(keys[0]));
    }

    /// <summary>The length of the shortest way among six places.</summary>
    public static Problem ShortestPath(Dice dice)
    {
        var far = new int[6, 6];
        var lines = new List<string>();
        foreach (var (a, b) in Pairs(6))
        {
            far[a, b] = far[b, a] = 1_000;
            if (b != a + 1 && dice.Roll(0, 99) >= 45) continue;
            far[a, b] = far[b, a] = dice.Roll(2, 29);
            lines.Add($"{Letter(a)}-{Letter(b)} {Text(far[a, b])}");
        }

        for (var k = 0; k < 6; k++)
        {
            for (var i = 0; i < 6; i++)
            {
                for (var j = 0; j < 6; j++) far[i, j] = Math.Min(far[i, j], i == j ? 0 : far[i, k] + far[k, j]);
            }
        }

        return Problem.Exact(
            "shortest path", $"Roads between six places: {string.Join(", ", lines)}.\nHow long is the shortest way from A to F?",
            AnswerForm.Number, "Settle the nearest place first, then look past it.", Text(far[0, 5]));
    }

    /// <summary>All pairs of so many things.</summary>
    internal static IEnumerable<(int A, int B)> Pairs(int count) =>
        Enumerable.Range(0, count).SelectMany(a => Enumerable.Range(a + 1, count - a - 1).Select(b => (a, b)));

    /// <summary>A place's letter.</summary>
    internal static char Letter(int place) => (char)('A' + place);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
