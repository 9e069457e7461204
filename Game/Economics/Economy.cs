using System.Collections.Immutable;

namespace Cmud.Game.Economics;

/// <summary>A rank, and what it takes to be promoted to it from the one before.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Id">As it is typed and stored.</param>
/// <param name="Name">As it is shown.</param>
/// <param name="Cost">Paid at the promotion.</param>
/// <param name="Problems">To be solved at the rank before.</param>
/// <param name="Deed">What must have been done with or for others; null for none.</param>
/// <param name="Ask">The deed as a sentence to the player.</param>
/// <param name="Health">How much work the department problem of this rank takes, each time.</param>
/// <param name="Aliases">Other words for it.</param>
internal sealed record Rank(int Index, string Id, string Name, Coins Cost, int Problems, string? Deed, string Ask, long Health, ImmutableArray<string> Aliases);

/// <summary>A kind of machine.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Id">As it is typed and stored.</param>
/// <param name="Name">As it is shown.</param>
/// <param name="BasePrice">What the first one costs.</param>
/// <param name="Rate">What one mines in a second, before bonuses.</param>
/// <param name="Rank">The rank that opens it.</param>
/// <param name="Aliases">Other words for it, those of the older game among them.</param>
internal sealed record Tier(int Index, string Id, string Name, Coins BasePrice, Coins Rate, int Rank, ImmutableArray<string> Aliases);

/// <summary>A goal of the department cluster: once all contributions together reach it, it stays reached.</summary>
internal sealed record ClusterGoal(string Id, string Name, Coins Coins);

/// <summary>All numbers of the game, and each formula on them, said once: the fold, the shop and the pacing test all ask here.</summary>
internal sealed class Economy
{
    private static readonly Lazy<Economy> Shipped = new(() => Load(DataFile.Embedded("economy.json")));
    private readonly EconomyFile _file;
    private readonly ImmutableArray<ImmutableArray<Coins>> _prices;

    private Economy(EconomyFile file)
    {
        _file = file;
        Ranks = [.. file.Ranks.Select((row, i) => new Rank(i, row.Id, row.Name, Coins.Of(row.Cost), row.Problems, row.Deed, row.Ask, row.Health, [.. row.Aliases]))];
        Tiers = [.. file.Tiers.Select((row, i) => new Tier(i, row.Id, row.Name, Coins.Of(row.Price), new(row.MilliPerSecond), row.Rank, [.. row.Aliases]))];
        Cluster = [.. file.Cluster.Select(row => new ClusterGoal(row.Id, row.Name, Coins.Of(row.Coins)))];
        _prices = [.. Tiers.Select(tier => Prices(tier.BasePrice, file.PriceGrowthPercent))];
        StartUnits = [.. Tiers.Select(tier => tier.Index == 0 ? file.StartUnits : 0)];
    }

    /// <summary>The one that comes with the game.</summary>
    public static Economy Standard => Shipped.Value;

    /// <summary>The ranks, lowest first.</summary>
    public ImmutableArray<Rank> Ranks { get; }

    /// <summary>The kinds of machines, smallest first.</summary>
    public ImmutableArray<Tier> Tiers { get; }

    /// <summary>The goals of the cluster, nearest first.</summary>
    public ImmutableArray<ClusterGoal> Cluster { get; }

    /// <summary>The season that boards and problems belong to.</summary>
    public string Season => _file.Season;

    /// <summary>Nobody was born before.</summary>
    public GameTime SeasonStart => GameTime.Of(_file.SeasonStart);

    /// <summary>What a new player has.</summary>
    public Coins StartCoins => Coins.Of(_file.StartCoins);

    /// <summary>The machines of a new player, by tier.</summary>
    public ImmutableArray<int> StartUnits { get; }

    /// <summary>How long a rig mines unattended.</summary>
    public TimeSpan AwayCap => TimeSpan.FromHours(_file.AwayCapHours);

    /// <summary>After a solved problem the next one is handed out so much later.</summary>
    public TimeSpan ProblemPause => TimeSpan.FromSeconds(_file.ProblemPauseSeconds);

    /// <summary>So many solved problems of a day (UTC) are paid.</summary>
    public int RewardsPerDay => _file.RewardsPerDay;

    /// <summary>The most machines of a tier: beyond, the price would leave what coins can count.</summary>
    public int MaxUnits(Tier tier) => _prices[tier.Index].Length;

    /// <summary>Reads and checks the numbers.</summary>
    /// <exception cref="InvalidDataException">They do not make a game: one sentence for each fault.</exception>
    public static Economy Load(string json)
    {
        var file = DataFile.Read<EconomyFile>("economy.json", json);
        DataFile.Demand("economy.json", file.Faults());
        return new(file);
    }

    /// <summary>The rank of an id or alias, or null.</summary>
    public Rank? FindRank(string word) => Ranks.FirstOrDefault(rank => rank.Id == word || rank.Aliases.Contains(word));

    /// <summary>The tier of an id or alias, or null.</summary>
    public Tier? FindTier(string word) => Tiers.FirstOrDefault(tier => tier.Id == word || tier.Aliases.Contains(word));

    /// <summary>What so many more machines cost for who owns so many; null where there are not that many to be had.</summary>
    public Coins? Price(Tier tier, int owned, int count = 1)
    {
        var prices = _prices[tier.Index];
        if (count < 1 || owned < 0 || (long)owned + count > prices.Length) return null;

        var sum = Coins.Zero;
        for (var i = owned; i < owned + count; i++) sum += prices[i];
        return sum;
    }

    /// <summary>What the shop gives for so many of the machines owned; null where there are not that many.</summary>
    public Coins? SellPrice(Tier tier, int owned, int count = 1) =>
        count >= 1 && count <= owned && Price(tier, owned - count, count) is { } paid ? Coins.Clamp((Int128)paid.Milli * _file.SellPercent / 100) : null;

    /// <summary>What a rig mines in a second.</summary>
    /// <param name="units">The machines, by tier.</param>
    /// <param name="rank">The player's rank: each promotion multiplies.</param>
    /// <param name="citations">How often the player went on sabbatical as a laureate: each adds to the whole.</param>
    public Coins Rate(ImmutableArray<int> units, int rank, int citations)
    {
        Int128 sum = 0;
        foreach (var tier in Tiers) sum += (Int128)tier.Rate.Milli * units[tier.Index];
        sum = sum * (100 + ((Int128)citations * _file.CitationPercent)) / 100;
        for (var i = 0; i < rank; i++) sum = sum * _file.PromotionPercent / 100;
        return Coins.Clamp(sum);
    }

    /// <summary>What a rig mines in a time: nothing when time runs backwards, and nothing beyond <see cref="AwayCap"/>.</summary>
    public Coins Mined(Coins rate, TimeSpan time)
    {
        var ms = (long)Math.Clamp(time.TotalMilliseconds, 0, AwayCap.TotalMilliseconds);
        return Coins.Clamp((Int128)rate.Milli * ms / 1_000);
    }

    /// <summary>What a solved problem pays.</summary>
    /// <remarks>5 TC and a minute of income, but never less than 30 TC: a first problem is worth more than a first laptop.</remarks>
    public Coins Reward(Coins rate) => Coins.Greater(Coins.Of(_file.RewardLeast), Coins.Of(_file.RewardCoins) + (rate * _file.RewardSeconds));

    /// <summary>How long after the n-th wrong answer to a problem (from 1) no other is taken: each wait is twice the one before.</summary>
    public TimeSpan WrongPause(int wrong) =>
        wrong < 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(_file.WrongPauseMostSeconds, (long)_file.WrongPauseSeconds << Math.Min(wrong - 1, 20)));

    /// <summary>The goals that contributions of so much have reached.</summary>
    public int Reached(Coins funded) => Cluster.Count(goal => funded >= goal.Coins);

    /// <summary>How much one solved problem wears the department problem down: a coin's worth of the rig's second, at least 1.</summary>
    public static long Wear(Coins rate) => Math.Max(1, rate.Milli / 1_000);

    /// <summary>The price of the first machine, of the second, and so on: each a part dearer than the one before, in whole coins.</summary>
    private static ImmutableArray<Coins> Prices(Coins first, int growthPercent)
    {
        // The exact price is carried on and only what is shown is rounded, up: rounding each step would add to every later one.
        var prices = ImmutableArray.CreateBuilder<Coins>();
        for (Int128 exact = first.Milli; exact <= Coins.Max.Milli; exact = exact * growthPercent / 100) prices.Add(Coins.Of((long)((exact + 999) / 1_000)));
        return prices.ToImmutable();
    }
}
