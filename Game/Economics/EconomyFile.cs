namespace Cmud.Game.Economics;

/// <summary>What <c>economy.json</c> holds, as written there: coins are whole, and times are in the unit of their name.</summary>
internal sealed record EconomyFile(
    int Version,
    string Season,
    DateTimeOffset SeasonStart,
    int StartCoins,
    int StartUnits,
    int PriceGrowthPercent,
    int SellPercent,
    int PromotionPercent,
    int CitationPercent,
    int AwayCapHours,
    int RewardCoins,
    int RewardSeconds,
    int RewardLeast,
    int RewardsPerDay,
    int ProblemPauseSeconds,
    int WrongPauseSeconds,
    int WrongPauseMostSeconds,
    EconomyFile.RankRow[] Ranks,
    EconomyFile.TierRow[] Tiers,
    EconomyFile.GoalRow[] Cluster)
{
    internal sealed record RankRow(string Id, string Name, long Cost, int Problems, string? Deed, long Health, string[] Aliases, string Ask = "");

    internal sealed record TierRow(string Id, string Name, long Price, long MilliPerSecond, int Rank, string[] Aliases);

    internal sealed record GoalRow(string Id, string Name, long Coins);

    /// <summary>What is wrong with the table, a sentence for each fault.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        void Check(bool holds, string otherwise)
        {
            if (!holds) faults.Add(otherwise);
        }

        Check(Version == 1, $"version is {Version} but this program reads 1.");
        Check(Keys.KeyText.IsPart(Season), $"season '{Season}' cannot be a part of a key.");
        Check(PriceGrowthPercent is > 100 and <= 200, $"priceGrowthPercent is {PriceGrowthPercent} but prices grow, by at most 100 %.");
        Check(SellPercent is >= 0 and < 100, $"sellPercent is {SellPercent}: selling must lose coins, or buying and selling makes them.");
        Check(PromotionPercent is >= 100 and <= 300, $"promotionPercent is {PromotionPercent} but must be 100 to 300.");
        Check(CitationPercent is >= 0 and <= 100, $"citationPercent is {CitationPercent} but must be 0 to 100.");
        Check(AwayCapHours is > 0 and <= 168, $"awayCapHours is {AwayCapHours} but must be 1 to 168.");
        Check(StartCoins >= 0 && StartUnits > 0, "a new player needs startUnits of the first tier and no debt.");
        Check(RewardCoins >= 0 && RewardSeconds >= 0 && RewardLeast >= 0 && RewardsPerDay > 0, "rewards cannot be negative.");
        Check(ProblemPauseSeconds >= 0 && WrongPauseSeconds > 0 && WrongPauseMostSeconds >= WrongPauseSeconds, "the pauses must be positive, and the longest not below the first.");
        Check(Ranks.Length is > 1 and <= 16, $"there are {Ranks.Length} ranks but there must be 2 to 16.");
        Check(Tiers.Length is > 0 and <= 32, $"there are {Tiers.Length} tiers but there must be 1 to 32.");

        for (var i = 0; i < Ranks.Length; i++)
        {
            var (rank, before) = (Ranks[i], i == 0 ? null : Ranks[i - 1]);
            Check(rank.Health > 0, $"rank {rank.Id} has a department problem of no health.");
            if (before is null) Check(rank is { Cost: 0, Problems: 0, Deed: null }, $"rank {rank.Id} is the first and must cost nothing.");
            else Check(rank.Cost > before.Cost && rank.Problems > 0 && rank.Deed is not null, $"rank {rank.Id} must cost more than {before.Id}, ask for problems and for a deed.");
        }

        for (var i = 0; i < Tiers.Length; i++)
        {
            var (tier, before) = (Tiers[i], i == 0 ? null : Tiers[i - 1]);
            Check(tier.Rank >= (before?.Rank ?? 0) && tier.Rank < Ranks.Length, $"tier {tier.Id} opens at rank {tier.Rank}, which does not exist or comes before its smaller sister's.");
            Check(tier.Price > (before?.Price ?? 0) && tier.MilliPerSecond > (before?.MilliPerSecond ?? 0), $"tier {tier.Id} must cost and earn more than the one before it.");
        }

        Check(Tiers.Length == 0 || Tiers[0].Rank == 0, "the first tier must be open to everybody.");
        Check(Cluster.Select(goal => goal.Coins).SequenceEqual(Cluster.Select(goal => goal.Coins).Order()), "the goals of the cluster must be in the order of their coins.");
        foreach (var name in Names().GroupBy(name => name).Where(group => group.Count() > 1)) faults.Add($"'{name.Key}' names two things.");
        foreach (var name in Names().Where(name => !Keys.KeyText.IsPart(name))) faults.Add($"'{name}' cannot be typed as one word.");
        return faults;
    }

    private IEnumerable<string> Names() =>
        [.. Ranks.SelectMany(rank => rank.Aliases.Prepend(rank.Id)), .. Tiers.SelectMany(tier => tier.Aliases.Prepend(tier.Id)), .. Cluster.Select(goal => goal.Id)];
}
