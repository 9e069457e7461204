using Cmud.Game.Economics;
using Cmud.Game.Problems;

namespace Cmud.Game.Accounts;

/// <summary>How a refused entry is to be taken.</summary>
internal enum Fault
{
    /// <summary>Not refused.</summary>
    None,

    /// <summary>It came too late or twice, as happens to honest players; it changes nothing.</summary>
    Late,

    /// <summary>Its player had not what it takes. Honest only where two sessions wrote without knowing of each other.</summary>
    Unmet,

    /// <summary>No honest client writes it.</summary>
    Forged,
}

/// <summary>What an entry does.</summary>
/// <param name="After">The account with the entry applied; where refused, without (a short payment is the exception: see <see cref="Debit"/>).</param>
/// <param name="Fault">How to take a refusal.</param>
/// <param name="Refusal">Why not, as a sentence to the player; empty where applied.</param>
internal sealed record Ruling(Account After, Fault Fault = Fault.None, string Refusal = "")
{
    /// <summary>Whether the entry stands.</summary>
    public bool IsAllowed => Fault == Fault.None;

    /// <summary>Where only coins were missing: what was missing.</summary>
    public Coins Short { get; init; }

    /// <summary>Where only coins were missing: the account as if they had been lent.</summary>
    public Account? Debit { get; init; }
}

/// <summary>What a player may do. The verbs ask before they write, and every reader's fold asks again.</summary>
internal sealed class Rulebook(Economy economy)
{
    private ((PlayerId Player, int Rank, int Index) At, Problem Problem)? _problem;

    /// <summary>The most machines bought or sold in one entry.</summary>
    public const int MaxCount = 100;

    /// <summary>A problem given up costs the wait of a third wrong answer.</summary>
    private const int GiveUpAsWrong = 3;

    /// <summary>The numbers it goes by.</summary>
    public Economy Economy => economy;

    /// <summary>Whose entries are whose; kept here, so that none is verified twice in a session.</summary>
    public Signatures Signatures { get; } = new();

    /// <summary>A player that is not born yet.</summary>
    public Account Unborn(PlayerId player) => new(player)
    {
        Units = [.. economy.Tiers.Select(_ => 0)],
        NextIndex = [.. economy.Ranks.Select(_ => 0)],
        Wear = [.. economy.Ranks.Select(_ => 0L)],
    };

    /// <summary>The problem that the player is at.</summary>
    /// <remarks>The latest is kept: to make one takes a millisecond, and a ledger may hold false answers to it by the thousand.</remarks>
    public Problem ProblemOf(Account account)
    {
        var at = (account.Player, account.Rank, account.NextIndex[account.Rank]);
        if (_problem is not { } latest || latest.At != at) _problem = latest = (at, ProblemBook.Of(economy.Season, account.Player, account.Rank, account.NextIndex[account.Rank]));
        return latest.Problem;
    }

    /// <summary>What an entry does to the account, which is first brought to the entry's time.</summary>
    public Ruling Judge(Account before, LedgerEntry entry)
    {
        var account = before.At(entry.Time, economy);
        if (entry.Kind == EntryKind.Born) return Born(account, entry);
        if (account.Born is null) return new(account, Fault.Forged, "Nobody acts before being born.");

        return entry.Kind switch
        {
            EntryKind.Tick or EntryKind.Secure => new(account),
            EntryKind.Buy => Buy(account, entry),
            EntryKind.Sell => Sell(account, entry),
            EntryKind.Pay => Pay(account, entry),
            EntryKind.Fund => Fund(account, entry),
            EntryKind.Solve => Solve(account, entry),
            EntryKind.Fail => Fail(account, entry),
            EntryKind.GiveUp => GiveUp(account, entry),
            EntryKind.Deed => Deed(account, entry),
            EntryKind.Promote => Promote(account, entry),
            EntryKind.Prestige => Prestige(account),
            _ => new(account, Fault.Late, "Nothing known."),
        };
    }

    private Ruling Born(Account account, LedgerEntry entry)
    {
        if (account.Born is not null) return new(account, Fault.Late, "One is born once.");
        if (entry.Time < economy.SeasonStart) return new(account, Fault.Forged, "Born before the season began.");

        return new(account with { Born = entry.Time, Units = economy.StartUnits, Balance = account.Balance + economy.StartCoins, Granted = account.Granted + economy.StartCoins });
    }

    private Ruling Buy(Account account, LedgerEntry entry)
    {
        if (economy.FindTier(entry.Item ?? "") is not { } tier || entry.Count is < 1 or > MaxCount) return new(account, Fault.Forged, "The shop has no such thing.");
        if (account.Rank < tier.Rank) return new(account, Fault.Unmet, $"The {tier.Name} is sold from the rank of {economy.Ranks[tier.Rank].Name} on.");
        if (economy.Price(tier, account.Units[tier.Index], entry.Count) is not { } price) return new(account, Fault.Late, "There are not so many to be had.");

        var bought = account with { Units = account.Units.SetItem(tier.Index, account.Units[tier.Index] + entry.Count) };
        return Spend(account, price, bought with { Spent = account.Spent + price });
    }

    private Ruling Sell(Account account, LedgerEntry entry)
    {
        if (economy.FindTier(entry.Item ?? "") is not { } tier || entry.Count is < 1 or > MaxCount) return new(account, Fault.Forged, "The shop has no such thing.");
        if (economy.SellPrice(tier, account.Units[tier.Index], entry.Count) is not { } price) return new(account, Fault.Late, "You do not have so many.");
        if (account.Units.Sum() == entry.Count) return new(account, Fault.Late, "Keep one machine, or you will never mine again.");

        return new(account with
        {
            Units = account.Units.SetItem(tier.Index, account.Units[tier.Index] - entry.Count),
            Balance = account.Balance + price,
            Sold = account.Sold + price,
        });
    }

    private static Ruling Pay(Account account, LedgerEntry entry)
    {
        if (entry.To == account.Player) return new(account, Fault.Forged, "Paying yourself changes nothing but the air.");
        if (entry.Amount <= Coins.Zero) return new(account, Fault.Forged, "A payment is more than nothing.");

        return Spend(account, entry.Amount, account with { Paid = account.Paid + entry.Amount });
    }

    private static Ruling Fund(Account account, LedgerEntry entry)
    {
        if (entry.Amount <= Coins.Zero) return new(account, Fault.Forged, "A contribution is more than nothing.");

        return Spend(account, entry.Amount, account with { Funded = account.Funded + entry.Amount, Deeds = account.Deeds.Add("fund") });
    }

    private Ruling Solve(Account account, LedgerEntry entry)
    {
        if (Handed(account, entry) is { } refusal) return refusal;
        if (!ProblemOf(account).Check(entry.Text)) return new(account, Fault.Forged, "That is not the answer.");

        var rate = account.Rate(economy);
        var today = account.RewardDay == entry.Time.Day ? account.RewardsThatDay : 0;
        var reward = today < economy.RewardsPerDay ? economy.Reward(rate) : Coins.Zero;
        return new(Next(account, entry.Time + economy.ProblemPause) with
        {
            Balance = account.Balance + reward,
            Rewards = account.Rewards + reward,
            RewardDay = entry.Time.Day,
            RewardsThatDay = today + 1,
            Solved = account.Solved + 1,
            SolvedHere = account.SolvedHere + 1,
            Wear = account.Wear.SetItem(account.Rank, account.Wear[account.Rank] + Economy.Wear(rate)),
        });
    }

    private Ruling Fail(Account account, LedgerEntry entry) =>
        Handed(account, entry) ?? new(account with { Wrong = account.Wrong + 1, AnswersFrom = entry.Time + economy.WrongPause(account.Wrong + 1) });

    private Ruling GiveUp(Account account, LedgerEntry entry) => Handed(account, entry) ?? new(Next(account, entry.Time + economy.WrongPause(GiveUpAsWrong)));

    private Ruling Deed(Account account, LedgerEntry entry) =>
        economy.Ranks.Any(rank => rank.Deed is { } deed && deed == entry.Item && deed != "fund")
            ? new(account with { Deeds = account.Deeds.Add(entry.Item!) })
            : new(account, Fault.Late, "Nobody asked for that.");

    private Ruling Promote(Account account, LedgerEntry entry)
    {
        if (entry.Rank <= account.Rank) return new(account, Fault.Late, "You hold that rank already.");
        if (entry.Rank >= economy.Ranks.Length) return new(account, Fault.Forged, "There is no higher rank.");
        if (entry.Rank > account.Rank + 1) return new(account, Fault.Unmet, "One rank at a time.");

        var rank = economy.Ranks[entry.Rank];
        if (account.SolvedHere < rank.Problems) return new(account, Fault.Unmet, $"A {rank.Name} has solved {rank.Problems} problems; you have solved {account.SolvedHere}.");
        if (rank.Deed is { } deed && !account.Deeds.Contains(deed)) return new(account, Fault.Unmet, rank.Ask);

        return Spend(account, rank.Cost, account with
        {
            Rank = rank.Index,
            HighestRank = Math.Max(account.HighestRank, rank.Index),
            SolvedHere = 0,
            Wrong = 0,
            Deeds = [],
            Spent = account.Spent + rank.Cost,
        });
    }

    private Ruling Prestige(Account account)
    {
        if (account.Rank < economy.Ranks.Length - 1) return new(account, Fault.Unmet, $"Only a {economy.Ranks[^1].Name} goes on sabbatical.");
        if (account.Balance < Coins.Zero) return new(account, Fault.Unmet, "Pay your debts first.");

        return new(account with
        {
            Balance = economy.StartCoins,
            Granted = account.Granted + economy.StartCoins,
            Forgone = account.Forgone + account.Balance,
            Units = economy.StartUnits,
            Rank = 0,
            SolvedHere = 0,
            Wrong = 0,
            Deeds = [],
            Citations = account.Citations + 1,
        });
    }

    /// <summary>The refusal of an answer to a problem that the player is not at, or not yet; null where it may be looked at.</summary>
    private static Ruling? Handed(Account account, LedgerEntry entry)
    {
        if (entry.Rank != account.Rank || entry.Index != account.NextIndex[account.Rank]) return new(account, Fault.Late, "That problem is done, or not yet yours.");
        if (entry.Time < account.AnswersFrom)
            return new(account, Fault.Late, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Think for another {Math.Ceiling((account.AnswersFrom - entry.Time).TotalSeconds)} s."));

        return null;
    }

    private static Account Next(Account account, GameTime from) => account with
    {
        NextIndex = account.NextIndex.SetItem(account.Rank, Math.Min(account.NextIndex[account.Rank] + 1, ProblemBook.MaxIndex)),
        Wrong = 0,
        AnswersFrom = from,
    };

    private static Ruling Spend(Account account, Coins price, Account after)
    {
        var charged = after with { Balance = account.Balance - price };
        if (account.Balance >= price) return new(charged);

        return new(account, Fault.Unmet, $"That costs {price}; you have {account.Balance}.") { Short = price - account.Balance, Debit = charged };
    }
}
