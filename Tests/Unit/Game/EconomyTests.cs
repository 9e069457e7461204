using System.Collections.Immutable;
using Cmud.Game;
using Cmud.Game.Economics;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class EconomyTests
{
    private static readonly Economy Numbers = Economy.Standard;

    [Theory]
    [InlineData("laptop", 0, 20)]
    [InlineData("laptop", 1, 24)]
    [InlineData("laptop", 2, 28)]
    [InlineData("cpu", 10, 97)]
    [InlineData("gpu", 0, 2_500)]
    [InlineData("quantum", 0, 1_400_000_000)]
    public void The_next_machine_costs_a_sixth_more(string tier, int owned, long price) =>
        Assert.Equal(Coins.Of(price), Numbers.Price(Numbers.FindTier(tier)!, owned));

    [Fact]
    public void Many_at_once_cost_what_they_cost_one_by_one()
    {
        var laptop = Numbers.Tiers[0];

        Assert.Equal(Numbers.Price(laptop, 1)!.Value + Numbers.Price(laptop, 2)!.Value + Numbers.Price(laptop, 3)!.Value, Numbers.Price(laptop, 1, 3)!.Value);
        Assert.Null(Numbers.Price(laptop, 0, 0));
        Assert.Null(Numbers.Price(laptop, 0, int.MaxValue));
        Assert.Null(Numbers.Price(laptop, int.MaxValue, int.MaxValue));
    }

    [Fact]
    public void Buying_and_selling_never_makes_coins() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 60], Gen.Int[1, 20]).Sample(
            (tier, owned, count) => Assert.True(Numbers.SellPrice(Numbers.Tiers[tier], owned + count, count) < Numbers.Price(Numbers.Tiers[tier], owned, count)));

    [Fact]
    public void Promotion_and_citations_multiply_the_rate()
    {
        ImmutableArray<int> units = [1, 0, 1, 0, 0, 0, 0, 0];

        Assert.Equal(new Coins(9_200), Numbers.Rate(units, 0, 0));
        Assert.Equal(new Coins(11_960), Numbers.Rate(units, 1, 0));
        Assert.Equal(new Coins(13_156), Numbers.Rate(units, 1, 1));
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(0, 0)]
    [InlineData(3_600, 720)]
    [InlineData(43_200, 8_640)]
    [InlineData(72_000, 8_640)]
    public void A_rig_mines_twelve_hours_unattended_and_nothing_backwards(int seconds, long coins) =>
        Assert.Equal(Coins.Of(coins), Numbers.Mined(new(200), TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(200, 30_000)]
    [InlineData(9_000, 545_000)]
    public void A_problem_pays_a_minute_of_income_and_at_least_30(long rate, long milli) => Assert.Equal(new Coins(milli), Numbers.Reward(new(rate)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 30)]
    [InlineData(2, 60)]
    [InlineData(3, 120)]
    [InlineData(1_000_000, 3_600)]
    public void Each_wrong_answer_costs_twice_the_wait(int wrong, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Numbers.WrongPause(wrong));

    [Fact]
    public void The_tables_are_those_of_the_design()
    {
        Assert.Equal([0, 0, 1, 2, 3, 4, 6, 7], Numbers.Tiers.Select(tier => tier.Rank));
        Assert.Equal([0, 4, 5, 6, 6, 8, 10, 12, 15], Numbers.Ranks.Select(rank => rank.Problems));
        Assert.Equal(
            [0, 30_000, 600_000, 6_000_000, 30_000_000, 250_000_000, 5_000_000_000, 60_000_000_000, 500_000_000_000], Numbers.Ranks.Select(rank => rank.Cost.Milli / 1_000));
    }

    [Theory]
    [InlineData("cpu", "laptop")]
    [InlineData("gpu", "gpu")]
    [InlineData("asic", "asic")]
    [InlineData("quantum", "quantum")]
    [InlineData("dark_matter", "supercomputer")]
    public void The_older_games_hardware_has_its_words(string word, string id) => Assert.Equal(id, Numbers.FindTier(word)?.Id);

    [Theory]
    [InlineData("\"sellPercent\": 50", "\"sellPercent\": 100", "sellPercent is 100: selling must lose coins, or buying and selling makes them.")]
    [InlineData("\"cost\": 600000,", "\"cost\": 6,", "rank phd must cost more than masters, ask for problems and for a deed.")]
    [InlineData("\"price\": 2500,", "\"price\": 25,", "tier gpu must cost and earn more than the one before it.")]
    [InlineData("\"cpu\"", "\"gpu\"", "'gpu' names two things.")]
    [InlineData("\"season\": \"s1\"", "\"saison\": \"s1\"", "does not read")]
    public void Faulty_numbers_are_refused_with_a_sentence(string good, string bad, string sentence)
    {
        var json = DataFile.Embedded("economy.json").Replace(good, bad, StringComparison.Ordinal);

        var e = Assert.Throws<InvalidDataException>(() => Economy.Load(json));

        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 TC", "0 TC")]
    [InlineData(199, "0.1 TC", "0.1 TC")]
    [InlineData(23_400, "23.4 TC", "23.4 TC")]
    [InlineData(30_000, "30 TC", "30 TC")]
    [InlineData(540_900, "540 TC", "540 TC")]
    [InlineData(30_000_000, "30,000 TC", "30,000 TC")]
    [InlineData(1_912_345_678, "1,912,345 TC", "1.9 million TC")]
    [InlineData(2_000_000_000_000, "2,000,000,000 TC", "2 billion TC")]
    [InlineData(-1_500_000_000, "-1,500,000 TC", "minus 1.5 million TC")]
    public void Coins_read_well(long milli, string shown, string spoken)
    {
        Assert.Equal(shown, new Coins(milli).ToString());
        Assert.Equal(spoken, new Coins(milli).Spoken());
    }

    [Theory]
    [InlineData("50", 50_000L)]
    [InlineData("1,000", 1_000_000L)]
    [InlineData("1,234,567.5", 1_234_567_500L)]
    [InlineData("1,500k", 1_500_000_000L)]
    [InlineData("1,5", null)]
    [InlineData("1,50", null)]
    [InlineData(",500", null)]
    [InlineData("1000,000", null)]
    [InlineData("1,000,00", null)]
    [InlineData("2.5", 2_500L)]
    [InlineData("3k", 3_000_000L)]
    [InlineData("1.5M", 1_500_000_000L)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("0.0001", null)]
    [InlineData("many", null)]
    [InlineData("", null)]
    [InlineData("k", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("1e9", null)]
    public void Coins_are_typed_as_people_do(string typed, long? milli) =>
        Assert.Equal(milli, Coins.TryParse(typed, out var coins) ? coins.Milli : null);

    [Fact]
    public void Sums_never_wrap()
    {
        Assert.Equal(Coins.Max, Coins.Max + Coins.Max);
        Assert.Equal(Coins.Max, Coins.Max * long.MaxValue);
        Assert.Equal(new Coins(-Coins.Max.Milli), Coins.Zero - Coins.Max - Coins.Max);
    }
}
