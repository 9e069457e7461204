using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Problems;

namespace Cmud.Game.Play.Verbs;

/// <summary>Hard problems: everybody has their own, one at a time, and each solved one wears the problem of the department down.</summary>
internal static class Solving
{
    private const string Group = "Solving";

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("solve", "solve", "sit down to your problem", SolveAsync) { Group = Group, Help = "Shows the problem; from then on a bare line is an answer. inv and all other verbs work as ever; resign, back or esc get up again." },
        new("problems", "problems", "what is to be solved, by you and by the department", ProblemsAsync) { Group = Group, IsForOnlookers = true },
        new("read", "read", "your problem once more", ReadAsync) { Group = Group, IsForOnlookers = true },
        new("submit", "submit ANSWER", "answer your problem", SubmitAsync) { Group = Group, Help = "A wrong answer costs a pause, and each further one twice the pause before. Below the question stands what an answer looks like; x = 43, y = 3 does as well as 43 3. What can be no answer costs nothing." },
        new("resign", "resign", "get up from your problem; it stays yours", ResignAsync) { Group = Group },
        new("give-up", "give-up", "give your problem up for the next one", GiveUpAsync) { Group = Group, Aliases = ["giveup"], Help = "The next problem comes after the wait of a third wrong answer. A problem given up never comes back." },
    ];

    private static async Task SolveAsync(Turn turn)
    {
        if (turn.Rest.Length > 0)
        {
            await SubmitAsync(turn);
            return;
        }

        if (!Show(turn) || turn.Player.Mode == Mode.Solving) return;

        turn.Player.Mode = Mode.Solving;
        turn.Show("Type the answer alone; hint for a push; resign to get up.", Tone.Hint);
    }

    private static Task ReadAsync(Turn turn)
    {
        Show(turn);
        return Task.CompletedTask;
    }

    /// <summary>Shows the problem at hand; false, and a word about it, where the next one is not handed out yet.</summary>
    private static bool Show(Turn turn)
    {
        var (player, account) = (turn.Player, turn.Player.Book.Account);
        if (Wait(player, account) is { Ticks: > 0 } wait && account.Wrong == 0)
        {
            turn.Refuse($"The next problem is handed out in {Seconds(wait)}.");
            return false;
        }

        var problem = player.Book.Rules.ProblemOf(account);
        turn.Show($"{Title(player, account)}: {problem.Kind}", Tone.Heading);
        Lines(player, problem);
        if (Wait(player, account) is { Ticks: > 0 } pause) turn.Show($"After a wrong answer one thinks first: {Seconds(pause)} more.", Tone.Hint);
        return true;
    }

    private static async Task ProblemsAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var account = player.Book.Account;
        var wait = Wait(player, account);
        turn.Show(account.Wrong == 0 && wait > TimeSpan.Zero
            ? $"The next problem is handed out in {Seconds(wait)}."
            : $"At hand: {Title(player, account)}, {player.Book.Rules.ProblemOf(account).Kind}. (solve)");
        if (account.Wrong > 0) turn.Show($"Wrong answers so far: {account.Wrong}.{(wait > TimeSpan.Zero ? $" The next one is taken in {Seconds(wait)}." : "")}");

        var solved = $"You have solved {account.Solved} in all, {account.SolvedHere} at this rank";
        turn.Show(account.Rank + 1 < economy.Ranks.Length
            ? $"{solved}; a {economy.Ranks[account.Rank + 1].Name} needs {economy.Ranks[account.Rank + 1].Problems}."
            : $"{solved}.");

        var health = economy.Ranks[account.Rank].Health;
        var (times, left) = Department.Problem(health, await WornAsync(player, account.Rank, turn.Cancellation));
        player.Show(new Output.Bar(
            $"Department problem, {economy.Ranks[account.Rank].Name}", (double)(health - left) / health,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{left:#,0} of {health:#,0} left; {times switch { 0 => "never worn down", 1 => "worn down once", _ => $"worn down {times:#,0} times" }} before; your part in all of it: {account.Wear[account.Rank]:#,0}")));
    }

    private static async Task SubmitAsync(Turn turn)
    {
        var (player, account) = (turn.Player, turn.Player.Book.Account);
        var answer = StoredText.Clean(turn.Rest, Problem.MaxAnswer + 1);
        LedgerEntry Of(LedgerEntry entry) => entry with { Rank = account.Rank, Index = account.NextIndex[account.Rank] };
        if (answer.Length == 0) turn.RefuseUsage();
        else if (answer.Length > Problem.MaxAnswer) turn.Refuse($"No answer is longer than {Problem.MaxAnswer} characters.");
        else if (player.Book.Preview(EntryKind.Fail, Of) is { IsAllowed: false } early) turn.Refuse(TooEarly(player, account) ?? early.Refusal);
        else if (player.Book.Rules.ProblemOf(account).Read(answer, out var refusal) is not { } read) turn.Refuse(refusal);
        else if (player.Book.Rules.ProblemOf(account).Check(read)) await RightAsync(turn, account, await player.Book.DoAsync(EntryKind.Solve, entry => Of(entry) with { Text = read }, turn.Cancellation));
        else Wrong(turn, await player.Book.DoAsync(EntryKind.Fail, Of, turn.Cancellation));
    }

    private static async Task RightAsync(Turn turn, Account before, Ruling ruling)
    {
        if (!ruling.IsAllowed)
        {
            turn.Refuse(ruling.Refusal);
            return;
        }

        var (player, economy, after) = (turn.Player, turn.Player.Surroundings.Economy, ruling.After);
        var reward = after.Rewards - before.Rewards;
        var now = $"You have {Money.Text(player, after.Balance)}.";
        turn.Show(reward > Coins.Zero ? $"Accepted. +{Money.Exact(player, reward)} for it. {now}" : $"Accepted, for honour: {economy.RewardsPerDay} solved problems of a day are paid. {now}", Tone.Success);
        GetUp(player);
        await player.ActAsync(FeedKind.Act, null, "slaps the whiteboard: solved.", turn.Cancellation);
        if (after.Solved == 1) await player.AnnounceAsync("solved a first problem.", turn.Cancellation);
        turn.Show($"The next one is handed out in {Seconds(economy.ProblemPause)}.", Tone.Hint);
        if (after.Rank + 1 >= economy.Ranks.Length) return;

        var rank = economy.Ranks[after.Rank + 1];
        if (after.SolvedHere >= rank.Problems) turn.Show($"{rank.Name}: {Ranking.Missing(player, after, rank)}.", Tone.Hint);
    }

    private static void Wrong(Turn turn, Ruling ruling)
    {
        if (ruling.IsAllowed) turn.Show($"That is not it. The next answer is taken in {Seconds(ruling.After.AnswersFrom - ruling.After.Last)}.", Tone.Warning);
        else turn.Refuse(ruling.Refusal);
    }

    private static Task ResignAsync(Turn turn)
    {
        if (turn.Player.Mode != Mode.Solving) turn.Refuse("You are not at a problem. (solve)");
        else
        {
            GetUp(turn.Player);
            turn.Show("You put the pencil down. The problem stays yours.");
        }

        return Task.CompletedTask;
    }

    private static async Task GiveUpAsync(Turn turn)
    {
        var account = turn.Player.Book.Account;
        var ruling = await turn.Player.Book.DoAsync(EntryKind.GiveUp, entry => entry with { Rank = account.Rank, Index = account.NextIndex[account.Rank] }, turn.Cancellation);
        if (!ruling.IsAllowed)
        {
            turn.Refuse(TooEarly(turn.Player, account) ?? ruling.Refusal);
            return;
        }

        GetUp(turn.Player);
        turn.Show($"You tear the sheet in two, neatly. The next problem is handed out in {Seconds(ruling.After.AnswersFrom - ruling.After.Last)}.");
    }

    /// <summary>A problem's text, a line each: one who hears it wants to stop between two.</summary>
    public static void Lines(Player player, Problem problem)
    {
        foreach (var line in problem.Text.Split('\n')) player.Show(line);
    }

    /// <summary>A wait as whole seconds, never 0 while any is left.</summary>
    public static string Seconds(TimeSpan wait) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Ceiling(wait.TotalSeconds)} s");

    /// <summary>Where the next problem is still to come: when it does.</summary>
    private static string? TooEarly(Player player, Account account) =>
        account.Wrong == 0 && Wait(player, account) is { Ticks: > 0 } wait ? $"The next problem is handed out in {Seconds(wait)}." : null;

    private static void GetUp(Player player)
    {
        if (player.Mode == Mode.Solving) player.Rest();
    }

    private static TimeSpan Wait(Player player, Account account) => TimeSpan.FromTicks(Math.Max(0, (account.AnswersFrom - player.Now).Ticks));

    private static string Title(Player player, Account account) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Problem {account.NextIndex[account.Rank] + 1} of the {player.Surroundings.Economy.Ranks[account.Rank].Name}");

    private static async Task<long> WornAsync(Player player, int rank, CancellationToken cancellationToken)
    {
        var counters = SharedKeys.ProblemCounters(rank);
        var pairs = new List<KeyValuePair<string, string>>();
        await foreach (var pair in player.Store.List(counters, cancellationToken)) pairs.Add(pair);
        return Department.Sum(counters, pairs);
    }
}
