using System.Globalization;

namespace Cmud.Game.Problems;

/// <summary>Rank 1: the best of many ways, still on paper.</summary>
internal static class Optima
{
    /// <summary>What to carry. Any best choice is right.</summary>
    public static Problem Knapsack(Dice dice)
    {
        var count = dice.Roll(6, 8);
        var items = Enumerable.Range(0, count).Select(_ => (Weight: dice.Roll(2, 19), Worth: dice.Roll(5, 60))).ToArray();
        var room = (items.Sum(item => item.Weight) / 2) + dice.Roll(0, 3);
        bool Holds(int set) => Sum(set, item => item.Weight) <= room;
        int Sum(int set, Func<(int Weight, int Worth), int> part) => items.Where((_, i) => (set >> i & 1) == 1).Sum(part);
        var best = Enumerable.Range(0, 1 << count).Where(Holds).MaxBy(set => Sum(set, item => item.Worth));

        return new(
            "knapsack",
            $"A bag holds {room} kg. Things (kg, worth): {string.Join(", ", items.Select((item, i) => $"{i + 1} ({item.Weight}, {item.Worth})"))}.\nWhich numbers do you take for the most worth?",
            AnswerForm.Some("the numbers", $"some of the numbers 1 to {count}, each once", number => number >= 1 && number <= count),
            "Worth for each kilogram is a start, but check what the last free kilogram could do.",
            words => Problem.Numbers(words) is { } taken && taken.Distinct().Count() == taken.Length && taken.All(i => i >= 1 && i <= count)
                && taken.Sum(i => 1 << (i - 1)) is var set && Holds(set) && Sum(set, item => item.Worth) == Sum(best, item => item.Worth),
            () => string.Join(' ', Enumerable.Range(0, count).Where(i => (best >> i & 1) == 1).Select(i => i + 1)));
    }

    /// <summary>The cheapest cabling.</summary>
    public static Problem SpanningTree(Dice dice)
    {
        var edges = FirstYear.Pairs(7).Where(pair => pair.B == pair.A + 1 || dice.Roll(0, 99) < 45).Select(pair => (pair.A, pair.B, Cost: dice.Roll(3, 40))).ToArray();
        var part = Enumerable.Range(0, 7).ToArray();
        var total = 0;
        foreach (var (a, b, cost) in edges.OrderBy(edge => edge.Cost))
        {
            var (from, to) = (part[a], part[b]);
            if (from == to) continue;
            total += cost;
            for (var i = 0; i < 7; i++) part[i] = part[i] == from ? to : part[i];
        }

        return Problem.Exact(
            "spanning tree",
            $"Possible cables: {string.Join(", ", edges.Select(edge => $"{FirstYear.Letter(edge.A)}-{FirstYear.Letter(edge.B)} {edge.Cost}"))}.\nWhat does it cost at least to connect all seven?",
            AnswerForm.Number, "Cheapest first, unless it closes a ring.", total.ToString(CultureInfo.InvariantCulture));
    }
}
