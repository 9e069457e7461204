using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Whatever players do at once on lagging replicas, no coin is made or lost, and nobody honest overdraws or is called a forger.</summary>
public sealed class MarketTests
{
    private const int Runs = 2_000;

    [Fact]
    public async Task Row_19_No_coin_is_made_or_lost_and_nobody_overdraws_in_two_thousand_markets()
    {
        var (payments, deaths) = (0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(1, Runs), async (seed, _) =>
        {
            var market = new Market(seed);

            var wrong = await market.RunAsync();

            Assert.True(wrong is null, $"Seed {seed}: {wrong}");
            Interlocked.Add(ref payments, market.Payments);
            Interlocked.Add(ref deaths, market.Deaths);
        });

        // The law was tried: payments were made, and clients died.
        Assert.True(payments > Runs && deaths > Runs / 2, $"{payments} payments, {deaths} deaths");
    }

    [Fact]
    public async Task A_seed_replays()
    {
        var runs = new List<KeyValuePair<string, string>[]>();
        for (var i = 0; i < 2; i++)
        {
            var market = new Market(seed: 7);
            await Task.Run(market.RunAsync);
            runs.Add([.. market.Store.Settled]);
        }

        Assert.Equal(runs[0], runs[1]);
    }

    /// <summary>The check must be able to fail.</summary>
    [Theory]
    [InlineData(nameof(Market.Planted.NoWait), "overdrew")]
    [InlineData(nameof(Market.Planted.NoMakingUp), "has no credit")]
    [InlineData(nameof(Market.Planted.NoTakeover), "overdrew")]
    public async Task A_planted_fault_is_found(string planted, string found)
    {
        for (var seed = 1; seed <= Runs; seed++)
        {
            var market = new Market(seed, Enum.Parse<Market.Planted>(planted));
            if (await Task.Run(market.RunAsync) is { } wrong && wrong.Contains(found, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"{planted} passed unseen.");
    }
}
