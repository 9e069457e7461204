namespace Cmud.Game.Problems;

/// <summary>Rank 4: planted solutions in graphs; paper or program.</summary>
internal static class Graphs
{
    /// <summary>Three colours for twelve places.</summary>
    public static Problem Colouring(Dice dice)
    {
        var planted = dice.Shuffle(Enumerable.Range(0, 12).Select(i => i % 3));
        var edges = dice.Shuffle(FirstYear.Pairs(12).Where(pair => planted[pair.A] != planted[pair.B])).Take(26).Order().ToArray();
        return new(
            "graph colouring", $"Neighbours: {Roads(edges)}.\nGive each of A to L a colour 1, 2 or 3, neighbours never the same.",
            AnswerForm.Marks("twelve digits, A first", "123", [.. Enumerable.Range(0, 12).Select(i => $"{FirstYear.Letter(i)}")]),
            "Start with the place that has most neighbours.",
            words => string.Concat(words) is { Length: 12 } colours && colours.All(c => c is '1' or '2' or '3') && edges.All(edge => colours[edge.A] != colours[edge.B]),
            () => string.Concat(planted.Select(colour => colour + 1)));
    }

    /// <summary>A walk that visits every place once.</summary>
    public static Problem HamiltonianPath(Dice dice)
    {
        var planted = dice.Shuffle(Enumerable.Range(0, 11));
        var edges = planted.Zip(planted.Skip(1), (a, b) => (A: Math.Min(a, b), B: Math.Max(a, b)))
            .Union(dice.Shuffle(FirstYear.Pairs(11)).Take(9).Select(pair => (pair.A, pair.B))).Order().ToArray();
        return new(
            "Hamiltonian path", $"Roads: {Roads(edges)}.\nWalk along roads through all of A to K, each once.",
            AnswerForm.Walk("ABCDEFGHIJK"), "A place with one road is an end; a place with two uses both or is an end.",
            words => string.Concat(words).ToUpperInvariant() is { Length: 11 } walk && walk.Distinct().Count() == 11 && walk.All(c => c is >= 'A' and <= 'K')
                && walk.Zip(walk.Skip(1)).All(step => edges.Contains((Math.Min(step.First, step.Second) - 'A', Math.Max(step.First, step.Second) - 'A'))),
            () => string.Concat(planted.Select(FirstYear.Letter)));
    }

    private static string Roads(IEnumerable<(int A, int B)> edges) => string.Join(", ", edges.Select(edge => $"{FirstYear.Letter(edge.A)}-{FirstYear.Letter(edge.B)}"));
}
