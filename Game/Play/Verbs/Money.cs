using System.Text.RegularExpressions;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;

namespace Cmud.Game.Play.Verbs;

/// <summary>Coins: where they come from and where they go.</summary>
internal static partial class Money
{
    private const string Group = "Coins";

    /// <summary>The longest that one mines by hand at a time: the rig does not mind being watched, but lines are kept waiting.</summary>
    private const int MaxMine = 10;

    /// <summary>Most contributions added up; far more than one campus has players.</summary>
    private const int MaxCounters = 10_000;

    /// <summary>The longest memo of a payment.</summary>
    private const int MaxMemo = 80;

    /// <summary>The last steps of a history.</summary>
    private const int MaxSteps = 20;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("mine", "mine [n]", "watch the rig for n seconds", MineAsync)
        {
            Group = Group, Aliases = ["m", "collect"], Help = $"The rig mines by itself, also while you are away (up to 12 hours). mine n watches it for n seconds, 1 to {MaxMine}, and says what came in.",
        },
        new("score", "score", "coins, rank, and what comes next", ScoreAsync) { Group = Group, IsForOnlookers = true, Aliases = ["stats", "sc"] },
        new("shop", "shop", "machines and their prices", ShopAsync) { Group = Group, IsForOnlookers = true },
        new("buy", "buy T [n|max]", "buy machines", BuyAsync) { Group = Group, TakesCoins = true, Aliases = ["upgrade"], Completes = Tiers, Help = $"buy gpu 3 buys three GPU rigs, buy laptop one laptop, buy laptop max as many as you can pay; at most {Rulebook.MaxCount} at a time. Each costs a part more than the one before." },
        new("sell", "sell T [n]", "sell machines for half their price", SellAsync) { Group = Group, TakesCoins = true, Completes = Tiers },
        new("inventory", "inventory", "your machines", InventoryAsync) { Group = Group, IsForOnlookers = true, Aliases = ["inv", "i", "rig"] },
        new("pay", "pay NAME COINS [MEMO]", "send coins", PayAsync) { Group = Group, TakesCoins = true, Completes = static player => player.Crowd.LastSeen.Select(person => person.Name), Help = "The coins leave you at once and count for the other after a few seconds, when every server knows of them." },
        new("fund", "fund [COINS]", "the department cluster, and your part in it", FundAsync) { Group = Group, TakesCoins = true, Help = "Goals of all: each one reached opens something for everybody, for good." },
        new("history", "history", "the last entries of your ledger", HistoryAsync) { Group = Group, IsForOnlookers = true },
    ];

    /// <summary>What everybody gave to the cluster.</summary>
    public static async Task<Coins> FundedAsync(Player player, CancellationToken cancellationToken)
    {
        var counters = SharedKeys.Counters("cluster");
        var pairs = new List<KeyValuePair<string, string>>();
        await foreach (var pair in player.Store.List(counters, cancellationToken))
        {
            pairs.Add(pair);
            if (pairs.Count == MaxCounters) break;
        }

        return new(Department.Sum(counters, pairs));
    }

    /// <summary>How long the rig needs for what is missing to a price; zero where nothing is.</summary>
    public static TimeSpan Until(Economy economy, Account account, Coins price)
    {
        var missing = Math.Max(0, price.Milli - account.Balance.Milli);
        return TimeSpan.FromSeconds(Math.Min(Math.Ceiling((double)missing / Math.Max(1, account.Rate(economy).Milli)), GameTime.Longest.TotalSeconds));
    }

    /// <summary>Coins as this player wants to read or hear them.</summary>
    public static string Text(Player player, Coins coins) => player.IsSpokenTo ? coins.Spoken() : coins.ToString();

    /// <summary>An amount that changes hands: to the tenth, unless it is read aloud.</summary>
    public static string Exact(Player player, Coins coins) => player.IsSpokenTo ? coins.Spoken() : coins.Exact();

    /// <summary>An amount as typed for somebody or something; null, and a word about it, where it is none or too little to be seen.</summary>
    private static Coins? Amount(Turn turn, string word, string example)
    {
        if (!Coins.TryParse(word, out var amount)) turn.Refuse($"'{StoredText.Clean(word, 40)}' is no amount of coins; try: {example}");
        else if (amount < Coins.Least) turn.Refuse($"{StoredText.Clean(word, 40)} TC is too little: the smallest coin is {Coins.Least}.");
        else if (amount.Milli % Coins.Least.Milli != 0) turn.Refuse($"{StoredText.Clean(word, 40)} TC would need smaller coins than there are; the smallest is {Coins.Least}.");
        else return amount;

        return null;
    }

    private static async Task MineAsync(Turn turn)
    {
        var seconds = 1;
        if (turn.Rest.Length > 0 && (!int.TryParse(turn.Rest, out seconds) || seconds < 1 || seconds > MaxMine))
        {
            turn.Refuse($"mine takes a number of seconds from 1 to {MaxMine}, not '{StoredText.Clean(turn.Rest, 40)}'.");
            return;
        }

        var before = turn.Player.Book.Account;
        await turn.Player.PassAsync(TimeSpan.FromSeconds(seconds), turn.Cancellation);
        var after = turn.Player.Book.Account;
        turn.Show($"The rig hums: +{Text(turn.Player, after.Balance - before.Balance)}. You have {Text(turn.Player, after.Balance)}.", Tone.Success);
        if (after.Solved == 0 && after.Units.Sum() == 1)
            turn.Show(after.Balance >= turn.Player.Surroundings.Economy.Price(turn.Player.Surroundings.Economy.Tiers[0], after.Units[0]) ? "You can afford a second one: buy laptop." : "It mines on while you look around: look, go cut, solve.", Tone.Hint);
    }

    private static Task ScoreAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var account = player.Book.Account;
        turn.Show($"{player.Name}, {Ranking.TitleOf(economy, account)}", Tone.Heading);
        turn.Show($"Coins: {Text(player, account.Balance)}, and {Text(player, account.Rate(economy))} more each second.");
        if (account.Debt > Coins.Zero) turn.Show($"You owe {Text(player, account.Debt)}; mining pays it off before you can spend.", Tone.Warning);
        if (player.Book.Pending is { Milli: > 0 } pending) turn.Show($"On its way to you: {Text(player, pending)}.");
        if (account.Forgery is { } forgery) turn.Show($"Others see you as [unverified]: {forgery}", Tone.Warning);

        if (Next(economy, account) is { } next)
        {
            player.Show(new Output.Bar($"Next {next.Tier.Name}", Part(account.Balance, next.Price), account.Balance >= next.Price
                ? $"you can afford it, at {Text(player, next.Price)} (buy {next.Tier.Id})"
                : $"{Text(player, account.Balance)} of {Text(player, next.Price)}"));
        }

        if (account.Rank + 1 < economy.Ranks.Length)
        {
            var rank = economy.Ranks[account.Rank + 1];
            var (done, of) = Ranking.Steps(account, rank);
            player.Show(new Output.Bar(rank.Name, (double)done / of, Ranking.Missing(player, account, rank)));
        }

        return Task.CompletedTask;
    }

    private static Task ShopAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var account = player.Book.Account;
        player.Mode = Mode.Shop;
        player.Show(new Output.Table(
            $"For sale; you have {Text(player, account.Balance)}",
            ["Type", "Machine", "Price", "Mines", "You have"],
            [
                .. economy.Tiers.Where(tier => tier.Rank <= account.Rank).Select(tier => (IReadOnlyList<string>)
                [
                    tier.Id, tier.Name, economy.Price(tier, account.Units[tier.Index]) is { } price ? Text(player, price) : "sold out",
                    $"{Text(player, tier.Rate)}/s", FormattableString.Invariant($"{account.Units[tier.Index]}"),
                ]),
            ]));
        if (economy.Tiers.FirstOrDefault(tier => tier.Rank > account.Rank) is { } later) turn.Show($"The {later.Name} waits for the rank of {economy.Ranks[later.Rank].Name}.", Tone.Hint);
        return Task.CompletedTask;
    }

    private static async Task BuyAsync(Turn turn)
    {
        if (Machines(turn) is not { } order) return;

        var economy = turn.Player.Surroundings.Economy;
        var before = turn.Player.Book.Account.Rate(economy);
        var ruling = await turn.Player.Book.DoAsync(EntryKind.Buy, entry => entry with { Item = order.Tier.Id, Count = order.Count }, turn.Cancellation);
        if (!ruling.IsAllowed)
        {
            turn.Refuse(ruling.Refusal);
            return;
        }

        var gain = ruling.After.Rate(economy) - before;
        turn.Show($"Your rig hums louder: +{Text(turn.Player, gain)}/s. You have {Text(turn.Player, ruling.After.Balance)}.", Tone.Success);
        await turn.Player.ActAsync(FeedKind.Act, null, $"signs for a crate marked {order.Tier.Name}.", turn.Cancellation);
        if (order.Tier.Index > 1 && ruling.After.Units[order.Tier.Index] == order.Count) await turn.Player.AnnounceAsync($"runs a first {order.Tier.Name}.", turn.Cancellation);
    }

    private static async Task SellAsync(Turn turn)
    {
        if (Machines(turn) is not { } order) return;

        var before = turn.Player.Book.Account.Balance;
        var ruling = await turn.Player.Book.DoAsync(EntryKind.Sell, entry => entry with { Item = order.Tier.Id, Count = order.Count }, turn.Cancellation);
        if (ruling.IsAllowed) turn.Show($"Sold for {Text(turn.Player, ruling.After.Balance - before)}. You have {Text(turn.Player, ruling.After.Balance)}.", Tone.Success);
        else turn.Refuse(ruling.Refusal);
    }

    private static Task InventoryAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var account = player.Book.Account;
        player.Show(new Output.Table(
            "Your machines",
            ["Machine", "Count", "Together"],
            [
                .. economy.Tiers.Where(tier => account.Units[tier.Index] > 0).Select(tier => (IReadOnlyList<string>)
                [
                    tier.Name, FormattableString.Invariant($"{account.Units[tier.Index]}"), $"{Text(player, tier.Rate * account.Units[tier.Index])}/s before bonuses",
                ]),
            ]));
        turn.Show($"Coins: {Text(player, account.Balance)}. All together they mine {Text(player, account.Rate(economy))} a second.");
        return Task.CompletedTask;
    }

    private static async Task PayAsync(Turn turn)
    {
        var words = turn.Words;
        if (words.Length < 2)
        {
            turn.RefuseUsage();
            return;
        }

        // The other way round: a name never begins with a digit.
        if (char.IsAsciiDigit(words[0][0]) && PlayerName.TryParse(words[1], out var payee, out _))
        {
            turn.Refuse($"The name comes first: pay {payee.Shown} {StoredText.Clean(words[0], 20)}");
            return;
        }

        if (Amount(turn, words[1], $"pay {StoredText.Clean(words[0], 20)} 50") is not { } amount) return;
        if (await Talking.FindAsync(turn, words[0]) is not { } to) return;

        var memo = StoredText.Clean(string.Join(' ', words.Skip(2)), MaxMemo);
        var ruling = await turn.Player.Book.DoAsync(EntryKind.Pay, entry => entry with { To = to.Id, Amount = amount, Text = memo.Length == 0 ? null : memo }, turn.Cancellation);
        if (ruling.IsAllowed) turn.Show($"Sent {Exact(turn.Player, amount)} to {to.Name} (theirs in {Settle.Time.TotalSeconds:0.#} s). You have {Text(turn.Player, ruling.After.Balance)}.", Tone.Success);
        else turn.Refuse(ruling.Refusal);
    }

    private static async Task FundAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var before = await FundedAsync(player, turn.Cancellation);
        if (turn.Rest.Length > 0)
        {
            if (Amount(turn, turn.Rest, "fund 1000") is not { } amount) return;

            var ruling = await player.Book.DoAsync(EntryKind.Fund, entry => entry with { Amount = amount }, turn.Cancellation);
            if (!ruling.IsAllowed)
            {
                turn.Refuse(ruling.Refusal);
                return;
            }

            turn.Show($"The bursar bows a little: {Exact(player, amount)}. You have given {Exact(player, ruling.After.Funded)} in all, and have {Text(player, ruling.After.Balance)}.", Tone.Success);
            var after = await FundedAsync(player, turn.Cancellation);
            foreach (var goal in economy.Cluster.Where(goal => before < goal.Coins && after >= goal.Coins)) await player.AnnounceAsync($"completed what all began: {goal.Name}.", turn.Cancellation);
            before = after;
        }

        turn.Show($"All together have given {Text(player, before)}; {Text(player, player.Book.Account.Funded)} of it is yours. Each coin counts toward every goal.");
        foreach (var goal in economy.Cluster)
        {
            player.Show(new Output.Bar(
                goal.Name, Part(before, goal.Coins), before >= goal.Coins ? $"done, at {Text(player, goal.Coins)}" : $"{Text(player, before)} of {Text(player, goal.Coins)}; {Text(player, goal.Coins - before)} to go"));
        }
    }

    private static async Task HistoryAsync(Turn turn)
    {
        turn.Show("Your ledger: the latest entries, with what each changed, what the rig mined before it, and what you had then (times in UTC)", Tone.Heading);
        await ShowAsync(turn, [.. turn.Player.Book.Steps], MaxSteps);
    }

    /// <summary>Shows the last steps of a ledger, a line each, with what it did to the balance, and with names for identities.</summary>
    public static async Task ShowAsync(Turn turn, IReadOnlyList<LedgerStep> steps, int most)
    {
        var names = new Dictionary<string, string>();
        var shown = Enumerable.Range(0, steps.Count).Where(i => !IsDust(steps, i)).TakeLast(most).ToArray();
        foreach (var i in shown)
        {
            var line = Line(turn.Player, steps[i], i == 0 ? null : steps[i - 1].After);
            foreach (var id in Identity().Matches(line).Select(match => match.Value).Distinct())
            {
                if (!names.ContainsKey(id)) names[id] = await Ranking.NameOfAsync(turn.Player, id, turn.Cancellation);
                line = line.Replace(id, names[id], StringComparison.Ordinal);
            }

            turn.Show(line);
        }
    }

    [GeneratedRegex("(?<= (?:to|from) )[0-9a-f]{16}")]
    private static partial Regex Identity();

    /// <summary>What came in and is too little to be seen, as a client that is not ours may send it by the hundred.</summary>
    private static bool IsDust(IReadOnlyList<LedgerStep> steps, int i) =>
        i > 0 && steps[i].After.Received - steps[i - 1].After.Received is var received && received > Coins.Zero && received < Coins.Least;

    private static string Line(Player player, LedgerStep step, Account? before)
    {
        var time = step.Time == default ? "" : FormattableString.Invariant($"{step.Time.Wall:MM-dd HH:mm:ss}  ");
        var note = step.Note.Length == 0 ? "" : $"  {step.Note}";
        return $"{time}{step.What}{(before is null ? "" : Changes(player, before, step.After))}  ({Text(player, step.After.Balance)}){note}";
    }

    /// <summary>What a step did to the balance, apart from what the rig mined since the one before: as ": +41 TC; mined 30.2 TC".</summary>
    private static string Changes(Player player, Account before, Account after)
    {
        var mined = after.Mined - before.Mined;
        var change = after.Balance - before.Balance - mined;
        var words = new List<string>();
        if (change >= Coins.Least) words.Add($"+{Exact(player, change)}");
        if (change <= Coins.Zero - Coins.Least) words.Add($"-{Exact(player, Coins.Zero - change)}");
        if (mined >= Coins.Least) words.Add($"mined {Exact(player, mined)}");
        return words.Count == 0 ? "" : $": {string.Join("; ", words)}";
    }

    /// <summary>A kind of machine and a number, as typed after buy or sell; null, and a word about it, where it is none.</summary>
    private static (Tier Tier, int Count)? Machines(Turn turn)
    {
        var words = turn.Words;
        if (words.Length is 0 or > 2)
        {
            turn.RefuseUsage();
            return null;
        }

        var economy = turn.Player.Surroundings.Economy;
        var (word, number) = words.Length == 2 && words[0].All(char.IsAsciiDigit) ? (words[1], words[0]) : (words[0], words.ElementAtOrDefault(1) ?? "1");
        var lower = word.ToLowerInvariant();
        if (int.TryParse(lower, out _) && words.Length == 1)
        {
            turn.RefuseUsage();
            return null;
        }

        var tier = economy.FindTier(lower) ?? economy.Tiers.FirstOrDefault(known => known.Id.StartsWith(lower, StringComparison.Ordinal));
        if (tier is null)
        {
            turn.Refuse($"The shop has no '{StoredText.Clean(word, 40)}'. Types: {string.Join(", ", economy.Tiers.Select(known => known.Id))}.");
            return null;
        }

        if (number.Equals("max", StringComparison.OrdinalIgnoreCase)) return (tier, Most(turn.Player, tier, turn.Verb.Name == "sell"));
        if (int.TryParse(number, out var count) && count is >= 1 and <= Rulebook.MaxCount) return (tier, count);

        turn.Refuse($"'{StoredText.Clean(number, 40)}' is no number of machines; 1 to {Rulebook.MaxCount} at a time.");
        return null;
    }

    /// <summary>As many as there are to sell, or as can be paid; 1 where there is none, for the rules to say why.</summary>
    private static int Most(Player player, Tier tier, bool sells)
    {
        var (account, economy) = (player.Book.Account, player.Surroundings.Economy);
        var owned = account.Units[tier.Index];
        var most = sells ? owned : Enumerable.Range(1, Rulebook.MaxCount).TakeWhile(count => economy.Price(tier, owned, count) <= account.Balance).LastOrDefault();
        return Math.Clamp(most, 1, Rulebook.MaxCount);
    }

    /// <summary>The machine to buy next: that which pays itself back soonest, of those that the player may buy.</summary>
    private static (Tier Tier, Coins Price)? Next(Economy economy, Account account) =>
        economy.Tiers.Where(tier => tier.Rank <= account.Rank)
            .Select(tier => (Tier: tier, Price: economy.Price(tier, account.Units[tier.Index])))
            .Where(offer => offer.Price is not null).OrderBy(offer => (double)offer.Price!.Value.Milli / offer.Tier.Rate.Milli)
            .Select(offer => ((Tier, Coins)?)(offer.Tier, offer.Price!.Value)).FirstOrDefault();

    private static double Part(Coins have, Coins of) => of.Milli <= 0 ? 1 : Math.Clamp((double)have.Milli / of.Milli, 0, 1);

    private static IEnumerable<string> Tiers(Player player) => player.Surroundings.Economy.Tiers.Where(tier => tier.Rank <= player.Book.Account.Rank).Select(tier => tier.Id);
}
