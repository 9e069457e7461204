using System.Globalization;

namespace Cmud.Game.Problems;

/// <summary>Rank 3: the very system this game runs on.</summary>
internal static class Replicas
{
    /// <summary>Lamport's clock at the end of an exchange.</summary>
    public static Problem LamportClock(Dice dice)
    {
        var clocks = new int[3];
        var lines = Exchange(dice, 7, who => clocks[who]++, (from, to) =>
        {
            clocks[from]++;
            clocks[to] = Math.Max(clocks[to], clocks[from]) + 1;
        });
        return Problem.Exact(
            "Lamport clock", $"Processes A, B and C start at 0. {lines}\nWhat do their Lamport clocks show at the end?",
            AnswerForm.Labelled("A", "B", "C"), "Every event adds one; a message brings its sender's time along.", string.Join(' ', clocks));
    }

    /// <summary>A vector clock at the end of an exchange.</summary>
    public static Problem VectorClock(Dice dice)
    {
        var clocks = new[] { new int[3], new int[3], new int[3] };
        var lines = Exchange(dice, 7, who => clocks[who][who]++, (from, to) =>
        {
            clocks[from][from]++;
            for (var i = 0; i < 3; i++) clocks[to][i] = Math.Max(clocks[to][i], clocks[from][i]);
            clocks[to][to]++;
        });
        var asked = dice.Roll(0, 2);
        return Problem.Exact(
            "vector clock", $"Processes A, B and C start at (0, 0, 0). {lines}\nWhat is {FirstYear.Letter(asked)}'s vector clock at the end?",
            AnswerForm.Labelled("A", "B", "C"), "Take the greater of each place, then count the receipt as an event of your own.", string.Join(' ', clocks[asked]));
    }

    /// <summary>Which of several writes a replica keeps, having met them in some order.</summary>
    public static Problem WhichPutWins(Dice dice)
    {
        string[] values = ["amber", "birch", "cedar", "dune", "ember", "fjord"];
        var puts = dice.Shuffle(values).Take(5).Select(value => (Value: value, Time: dice.Roll(100, 104), Grain: dice.Roll(1, 9))).DistinctBy(put => (put.Time, put.Grain)).ToArray();
        var winner = puts.OrderBy(put => put.Time).ThenBy(put => put.Grain).Last().Value;
        return Problem.Exact(
            "which Put wins",
            $"Puts of one key reach replica B in this order (time, grain): {string.Join(", ", puts.Select(put => $"{put.Value} ({put.Time}, {put.Grain})"))}.\nLast writer wins, the greater grain breaks ties. Which value does B hold, and how many of the Puts changed what it held?",
            AnswerForm.WordAndNumber("value count", [.. puts.Select(put => put.Value)]), "The order of arrival matters for the count, never for the value.", string.Create(CultureInfo.InvariantCulture, $"{winner} {Changes(puts)}"));
    }

    /// <summary>Two counters merged.</summary>
    public static Problem CounterMerge(Dice dice)
    {
        int[] Row() => [.. Enumerable.Range(0, 4).Select(_ => dice.Roll(0, 30))];
        var (plusA, plusB, minusA, minusB) = (Row(), Row(), Row(), Row());
        var value = plusA.Zip(plusB, Math.Max).Sum() - minusA.Zip(minusB, Math.Max).Sum();
        return Problem.Exact(
            "CRDT merge",
            $"A counter over four replicas keeps, for each replica, all its increments P and decrements N.\nX: P ({string.Join(", ", plusA)}), N ({string.Join(", ", minusA)})\nY: P ({string.Join(", ", plusB)}), N ({string.Join(", ", minusB)})\nWhat is the counter's value after X and Y merge?",
            AnswerForm.Number, "Counts only grow, so the greater one knows more.", value.ToString(CultureInfo.InvariantCulture));
    }

    private static int Changes((string Value, int Time, int Grain)[] puts)
    {
        var (held, changes) = ((Time: -1, Grain: -1), 0);
        foreach (var put in puts)
        {
            if ((put.Time, put.Grain).CompareTo(held) <= 0) continue;
            (held, changes) = ((put.Time, put.Grain), changes + 1);
        }

        return changes;
    }

    private static string Exchange(Dice dice, int steps, Action<int> local, Action<int, int> message)
    {
        var lines = new List<string>();
        for (var i = 0; i < steps; i++)
        {
            var (from, to) = (dice.Roll(0, 2), dice.Roll(0, 2));
            if (from == to) local(from);
            else message(from, to);
            lines.Add(from == to ? $"{FirstYear.Letter(from)} works." : $"{FirstYear.Letter(from)} sends to {FirstYear.Letter(to)}, which receives it.");
        }

        return string.Join(' ', lines);
    }
}
