using Cmud.Game.Economics;
using Cmud.Game.Places;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Promotions by their verbs, among others, over replicas that lag by up to 2 s.</summary>
public sealed class PromotionTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Row_23_A_promotion_is_told_to_everybody_and_opens_rooms_and_shelves()
    {
        var campus = new Campus(seed: 23, replicas: 6, Lag);
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.RaiseAsync("Ada", rank: 1);
        Assert.Contains("The door opens from the rank of PhD student on.", await ada.TypeAsync("go phd offices"), StringComparison.Ordinal);

        await SolveAllAsync(campus, ada, rank: 1);
        await ada.TypeAsync($"advisor {World.Standard.Npcs.First(npc => npc.IsAdvisor).Id}");
        var said = await ada.TypeAsync("promote");
        await campus.PassAsync(Lag + TimeSpan.FromSeconds(1));

        Assert.Contains("You are now a PhD student.", said, StringComparison.Ordinal);
        Assert.Contains("FPGA board", said, StringComparison.Ordinal);
        Assert.Contains("* Ada is now a PhD student.", bo.Text, StringComparison.Ordinal);
        Assert.Contains("PhD Offices", await ada.TypeAsync("go phd offices"), StringComparison.Ordinal);
        Assert.Contains("Ada, PhD student", await ada.TypeAsync("score"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Row_24_A_committee_is_signed_by_two_players_or_by_the_faculty_after_ten_minutes(bool byPlayers)
    {
        var campus = new Campus(seed: 24, replicas: 6, Lag);
        Seat[] seats = [await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Cy")];
        var ada = seats[0];
        await campus.RaiseAsync("Ada", rank: 2);
        await SolveAllAsync(campus, ada, rank: 2);
        await ada.TypeAsync("committee");
        await campus.PassAsync(Lag);
        Assert.Contains("Nobody has signed yet.", await ada.TypeAsync("committee"), StringComparison.Ordinal);
        Assert.DoesNotContain("You are now", await ada.TypeAsync("promote"), StringComparison.Ordinal);

        if (byPlayers) foreach (var seat in seats[1..]) Assert.Contains("You sign for Ada", await seat.TypeAsync("sign ada"), StringComparison.Ordinal);
        await campus.PassAsync(Lag);
        if (!byPlayers) campus.Skip(TimeSpan.FromMinutes(10));
        var signed = await ada.TypeAsync("committee");

        Assert.Equal(byPlayers, signed.Contains("Bo", StringComparison.Ordinal) && signed.Contains("Cy", StringComparison.Ordinal));
        Assert.Contains("You are now a PhD candidate.", await ada.TypeAsync("promote"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_committee_that_somebody_dated_ahead_holds_nobody_up()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await campus.RaiseAsync("Ada", rank: 2);
        await SolveAllAsync(campus, ada, rank: 2);
        campus.Store.PutRaw($"vote/committee-{campus.IdOf("Ada")}/{campus.IdOf("Ada")}", "99999999999999999");

        Assert.Contains("You book a room and wait.", await ada.TypeAsync("committee"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "Undergraduate")]
    [InlineData(1, "Master's student")]
    [InlineData(3, "PhD candidate")]
    public async Task Nobody_else_calls_a_committee(int rank, string title)
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        if (rank > 0) await campus.RaiseAsync("Ada", rank);

        Assert.Equal($"A committee is called by a PhD student who wants to be a PhD candidate; your rank is {title}.", await ada.TypeAsync("committee"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.DoesNotContain("committee", bo.Text, StringComparison.Ordinal);
        Assert.Equal("Ada has called no committee.", await bo.TypeAsync("sign ada"));
    }

    private static async Task SolveAllAsync(Campus campus, Seat seat, int rank)
    {
        for (var index = 0; index < Economy.Standard.Ranks[rank + 1].Problems; index++)
        {
            Assert.Contains("Accepted.", await seat.TypeAsync($"submit {campus.Answer("Ada", rank, index)}"), StringComparison.Ordinal);
            campus.Skip(Economy.Standard.ProblemPause + TimeSpan.FromSeconds(1));
            await campus.PassAsync(TimeSpan.FromSeconds(1));
        }
    }
}
