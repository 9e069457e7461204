using System.Globalization;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Problems;

namespace Cmud.Game.Play.Verbs;

/// <summary>The race of the week: one problem for all, and the first right answer wins, once it has settled that it was the first.</summary>
internal static class Racing
{
    /// <summary>One race a week.</summary>
    private const int Number = 0;

    /// <summary>Most right answers taken in, the earliest first: far more than a campus hands in within a week.</summary>
    private const int MaxEntries = 5_000;

    /// <summary>Most shown.</summary>
    private const int MaxRows = 5;

    private static readonly TimeSpan WrongPause = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("race", "race [ANSWER]", "the problem of the week, the same for all", RaceAsync)
        {
            Group = "Solving", IsForOnlookers = true,
            Help = $"The first right answer of the week wins, for honour. Who is first is provisional for {Settle.Time.TotalSeconds:0.#} s, until an earlier answer could have come from any server.",
        },
    ];

    private static async Task RaceAsync(Turn turn)
    {
        var player = turn.Player;
        var race = Race.At(player.Now, player.Surroundings.Economy.Season);
        if (turn.Rest.Length == 0) await ShowAsync(player, race, turn.Cancellation);
        else if (player.Sessions.IsElsewhere) turn.Refuse("You are elsewhere: your newer session does that. (takeover plays on here, quit ends this one)");
        else if (player.NextRace - player.Now is { Ticks: > 0 } pause) turn.Refuse($"Think for another {Solving.Seconds(pause)}.");
        else if (race.Problem.Read(turn.Rest, out var refusal) is not { } answer) turn.Refuse(refusal);
        else if (!race.Problem.Check(answer))
        {
            player.NextRace = player.Now + WrongPause;
            turn.Show($"That is not it. The next answer is taken in {Solving.Seconds(WrongPause)}.", Tone.Warning);
        }
        else if ((await EntriesAsync(player, race, turn.Cancellation)).Any(entry => entry.Player == player.Id)) turn.Refuse("You have handed yours in this week. (race)");
        else await HandInAsync(player, race, answer, turn.Cancellation);
    }

    private static async Task HandInAsync(Player player, Race race, string answer, CancellationToken cancellationToken)
    {
        var time = player.Clock.IssueHere();
        if (Race.WeekOf(time) != race.Week)
        {
            player.Show("Right, but the week has just ended, and its race with it. (race)");
            return;
        }

        await player.Store.Put(SharedKeys.RaceEntry(race.Week, Number, time, player.Id), JsonValue.Write(new Stored(1, answer)), cancellationToken);
        var isFirst = await EntriesAsync(player, race, cancellationToken) is not [var first, ..] || first.Player == player.Id;
        player.Show(isFirst ? "Right, and first so far (provisional)." : "Right, though not the first.", Tone.Success);
        await player.ActAsync(FeedKind.Act, null, "runs to the board: the race of the week, solved.", cancellationToken);
        if (!isFirst) return;

        await player.AnnounceAsync("is first in the race of the week (provisional).", cancellationToken);
        player.Errands.Add(Settle.Time, Settle.Time * 4, token => ConfirmAsync(player, race, token));
    }

    /// <summary>Says who won. Every client that asks after Settle comes to the same answer, so only the winner's own tells it to all.</summary>
    private static async Task<bool> ConfirmAsync(Player player, Race race, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(player, race, cancellationToken);
        if (entries.Count == 0 || !Settle.IsOver(entries[0].Time, player.Now)) return false;

        if (entries[0].Player == player.Id)
        {
            player.Show("It has settled: you won the race of the week.", Tone.Success);
            await player.AnnounceAsync("won the race of the week.", cancellationToken);
        }
        else player.Show($"It has settled: {await Ranking.NameOfAsync(player, entries[0].Player.ToString(), cancellationToken)} was a moment before you and won the race of the week.");

        return true;
    }

    private static async Task ShowAsync(Player player, Race race, CancellationToken cancellationToken)
    {
        player.Show($"Race of week {race.Week}: {race.Problem.Kind}", Tone.Heading);
        Solving.Lines(player, race.Problem);
        var entries = await EntriesAsync(player, race, cancellationToken);
        if (entries.Count == 0)
        {
            player.Show("Nobody has solved it yet. (race ANSWER)", Tone.Hint);
            return;
        }

        var rows = new List<IReadOnlyList<string>>();
        foreach (var entry in entries.Take(MaxRows))
        {
            rows.Add(
            [
                FormattableString.Invariant($"{rows.Count + 1}"), await Ranking.NameOfAsync(player, entry.Player.ToString(), cancellationToken),
                FormattableString.Invariant($"{entry.Time.Wall:ddd HH:mm:ss.fff}"), Settle.IsOver(entry.Time, player.Now) ? "final" : "provisional",
            ]);
        }

        player.Show(new Output.Table("Solved by", ["No", "Name", "When (UTC)", ""], rows));
    }

    /// <summary>All right answers, the earliest first, one of each player.</summary>
    private static async Task<IReadOnlyList<Entry>> EntriesAsync(Player player, Race race, CancellationToken cancellationToken)
    {
        var prefix = SharedKeys.Race(race.Week, Number);
        var entries = new List<Entry>();
        var left = MaxEntries;
        await foreach (var (key, value) in player.Store.List(prefix, cancellationToken))
        {
            if (!SharedKeys.TryParseRaceEntry(key, prefix, out var time, out var who) || Race.WeekOf(time) != race.Week || !player.Clock.Believes(time)) continue;

            // Nonsense does not count, or who puts enough of it would keep everybody else out.
            if (JsonValue.Read<Stored>(value) is not { V: 1 } stored || !race.Problem.Check(stored.Answer)) continue;

            entries.Add(new(time, who));
            if (--left == 0) break;
        }

        return [.. entries.OrderBy(entry => entry.Time).ThenBy(entry => entry.Player).DistinctBy(entry => entry.Player)];
    }

    private sealed record Entry(GameTime Time, PlayerId Player);

    private sealed record Stored(int V, string? Answer);
}

/// <summary>The race of one week.</summary>
/// <param name="Week">As in a key: <c>2026-w47</c>.</param>
/// <param name="Problem">What is to be solved.</param>
internal sealed record Race(string Week, Problem Problem)
{
    /// <summary>Kinds of problems come from ranks 2 to 5, in turn: paper one week, a program of one's own another.</summary>
    private const int LeastRank = 2;
    private const int Ranks = 4;

    /// <summary>The race at a time.</summary>
    public static Race At(GameTime time, string season)
    {
        var week = WeekOf(time);
        return new(week, ProblemBook.Race(season, week, LeastRank + (ISOWeek.GetWeekOfYear(time.Wall.UtcDateTime) % Ranks), 0));
    }

    /// <summary>The week of a time, which begins on Monday (UTC).</summary>
    public static string WeekOf(GameTime time)
    {
        var date = time.Wall.UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(date):0000}-w{ISOWeek.GetWeekOfYear(date):00}");
    }
}
