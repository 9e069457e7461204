using System.Globalization;
using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;

namespace Cmud.Game.Play.Verbs;

/// <summary>What else there is to do: the Coke machine, and looking back.</summary>
internal static class Diversions
{
    /// <summary>Numbers of solved problems worth a line.</summary>
    private static readonly int[] SolvedMarks = [1, 10, 50, 100, 500];

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("drink", "drink", "a Coke, from the machine on the fifth floor of Wean", DrinkAsync) { Group = "Campus" },
        new("achievements", "achievements", "what you did for the first time, and when", AchievementsAsync) { Group = "Career", IsForOnlookers = true },
        new("report", "report", "what to do about somebody", ReportAsync) { Group = "People", IsForOnlookers = true },
    ];

    private static async Task DrinkAsync(Turn turn)
    {
        var player = turn.Player;
        if (player.Room.Kind != "coke")
        {
            turn.Refuse("The Coke machine is in Wean Hall. (go coke)");
            return;
        }

        if (!player.MaySpeak())
        {
            turn.Refuse("Swallow first.");
            return;
        }

        // Own drinks as a whole number under the own key: the machine's count is the sum, and no bottle is lost.
        var counters = SharedKeys.Counters("coke");
        var key = SharedKeys.Counter(counters, player.Id);
        var own = Department.Sum(counters, [KeyValuePair.Create(key, await player.Store.Get(key, turn.Cancellation) ?? "")]) + 1;
        await player.Store.Put(key, Department.Write(own), turn.Cancellation);
        var pairs = new List<KeyValuePair<string, string>>();
        await foreach (var pair in player.Store.List(counters, turn.Cancellation)) pairs.Add(pair);
        var all = Department.Sum(counters, pairs);
        await player.ActAsync(
            FeedKind.Act, string.Create(CultureInfo.InvariantCulture, $"Clunk. A cold Coke, your {Nth(own)}; the counter on the slot says {all:#,0}."), "feeds the machine. Clunk.", turn.Cancellation);
    }

    private static Task AchievementsAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var rows = new List<IReadOnlyList<string>>();
        Account? before = null;
        foreach (var step in player.Book.Steps)
        {
            var after = step.After;
            if (before is { Born: not null })
            {
                foreach (var tier in economy.Tiers.Where(tier => tier.Index > 0 && before.Units[tier.Index] == 0 && after.Units[tier.Index] > 0)) Add(rows, step, $"A {tier.Name}");
                foreach (var mark in SolvedMarks.Where(mark => before.Solved < mark && after.Solved >= mark)) Add(rows, step, mark == 1 ? "A first problem solved" : $"{mark} problems solved");
                if (after.Rank > before.Rank) Add(rows, step, economy.Ranks[after.Rank].Name);
                if (after.Citations > before.Citations) Add(rows, step, "A sabbatical, and a citation");
                if (before.Funded == Coins.Zero && after.Funded > Coins.Zero) Add(rows, step, "A coin for the cluster");
            }

            before = after;
        }

        if (rows.Count == 0) turn.Show("Nothing yet that would go on a wall. (buy, solve, promote)");
        else player.Show(new Output.Table("Your wall", ["What", "When (UTC)"], [.. rows.DistinctBy(row => row[0])]));
        return Task.CompletedTask;
    }

    private static Task ReportAsync(Turn turn)
    {
        turn.Show("Nobody polices this campus but its readers. ignore NAME, and you hear them no more; audit NAME checks their coins; whoever says too much is cut short on every screen by itself.");
        return Task.CompletedTask;
    }

    private static void Add(List<IReadOnlyList<string>> rows, LedgerStep step, string what) => rows.Add([what, FormattableString.Invariant($"{step.Time.Wall:yyyy-MM-dd HH:mm}")]);

    private static string Nth(long number) => string.Create(CultureInfo.InvariantCulture, $"{number:#,0}") + (number % 100 is >= 11 and <= 13 ? "th" : (number % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });
}
