using System.Globalization;

namespace Cmud.Game.Problems;

/// <summary>Which problem a player gets. Everybody's differ, anyone can write out anyone's again, and copied answers fail.</summary>
internal static class ProblemBook
{
    /// <summary>Problems of a rank are numbered from 0 and bounded: a ledger cannot ask for more.</summary>
    public const int MaxIndex = 9_999;

    private static readonly Func<Dice, Problem>[][] Kinds =
    [
        [FirstYear.LoopTracing, FirstYear.TwosComplement, FirstYear.ShortestPath, FirstYear.SearchTree],
        [Optima.SpanningTree, Optima.Knapsack],
        [Clauses.Satisfy],
        [Replicas.WhichPutWins, Replicas.LamportClock, Replicas.CounterMerge, Replicas.VectorClock],
        [Graphs.Colouring, Graphs.HamiltonianPath],
        [Numbers.Factoring, Numbers.SubsetSum],
        [Numbers.Factoring, Numbers.SubsetSum, Graphs.HamiltonianPath, dice => Hashes.Preimage(dice, 20)],
        [Numbers.SubsetSum, Graphs.Colouring, Numbers.Factoring, dice => Hashes.Preimage(dice, 24)],
        [dice => Clauses.Split(dice, null)],
    ];

    /// <summary>A player's problem.</summary>
    /// <param name="season">The season.</param>
    /// <param name="player">Whose.</param>
    /// <param name="rank">The rank it belongs to.</param>
    /// <param name="index">The how manyth at that rank, from 0.</param>
    public static Problem Of(string season, PlayerId player, int rank, int index) => Write(season, player.ToString(), rank, index);

    /// <summary>The problem of a week's race: the same for all.</summary>
    public static Problem Race(string season, string week, int rank, int number) => Write(season, "race-" + week, rank, number);

    /// <summary>A problem read out at a player's defence.</summary>
    public static Problem Defence(string season, PlayerId player, int rank, int number) => Write(season, "defence-" + player, rank, number);

    /// <summary>One of the three sheets of a split problem, named after whoever called the two others together.</summary>
    public static Problem Sheet(string season, PlayerId caller, int number, int sheet) => Clauses.Split(Roll(season, "split-" + caller, 8, number), sheet);

    private static Problem Write(string season, string whose, int rank, int index)
    {
        var kinds = Kinds[Math.Clamp(rank, 0, Kinds.Length - 1)];
        return kinds[index % kinds.Length](Roll(season, whose, rank, index));
    }

    private static Dice Roll(string season, string whose, int rank, int index) => new(string.Create(CultureInfo.InvariantCulture, $"cmud|v1|{season}|{whose}|{rank}|{index}"));
}
