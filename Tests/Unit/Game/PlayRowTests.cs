using Cmud.Game;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Play-tests that would take too long in real time, in made-up time over six replicas that lag by up to 2 s.</summary>
public sealed class PlayRowTests
{
    private static readonly TimeSpan Sync = TimeSpan.FromSeconds(2);

    /// <remarks>The old laptop mines 720 TC an hour; the 12 hours begin as the player leaves.</remarks>
    [Theory]
    [InlineData(11, "You were away 11 h", "+7,92", "no longer")]
    [InlineData(20, "You were away 20 h", "+8,64", null)]
    public async Task Row_06_Who_comes_back_has_mined_meanwhile_but_no_more_than_12_hours(int hours, string away, string gain, string? unsaid)
    {
        var campus = new Campus(seed: 6, replicas: 6, Sync);
        var ada = await campus.EnrollAsync("Ada");
        await campus.PassAsync(TimeSpan.FromSeconds(10));
        await ada.TypeAsync("quit");
        campus.Skip(TimeSpan.FromHours(hours));

        var back = await campus.SitDownAsync();
        await back.TypeAsync("ada");

        Assert.Contains(away, back.Text, StringComparison.Ordinal);
        Assert.Contains(gain, back.Text, StringComparison.Ordinal);
        if (unsaid is null) Assert.Contains("a rig mines 12 h unattended, no longer", back.Text, StringComparison.Ordinal);
        else Assert.DoesNotContain(unsaid, back.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_25_Of_two_who_paint_in_the_same_second_all_see_one()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var campus = new Campus(seed, replicas: 6, Sync);
            Seat[] seats = [await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Cy")];
            foreach (var seat in seats) await seat.TypeAsync("go fence");
            campus.Skip(CampusDay.UntilNight(GameTime.Of(campus.Time.GetUtcNow())));
            await campus.PassAsync(TimeSpan.FromSeconds(3));

            Assert.Contains("The Fence now reads: \"Ada was here\"", await seats[0].TypeAsync("paint Ada was here"), StringComparison.Ordinal);
            campus.Skip(TimeSpan.FromMilliseconds(50 * seed));
            Assert.Contains("The Fence now reads: \"Bo was here\"", await seats[1].TypeAsync("paint Bo was here"), StringComparison.Ordinal);
            await campus.PassAsync(Sync);
            var read = new List<string>();
            foreach (var seat in seats) read.Add((await seat.TypeAsync("look")).Split('\n').Single(line => line.StartsWith("The Fence reads", StringComparison.Ordinal)));

            Assert.Equal(["The Fence reads: \"Bo was here\", painted by Bo."], read.Distinct());
        }
    }

    [Fact]
    public async Task Row_40_A_newcomer_mines_buys_moves_and_speaks_within_5_minutes()
    {
        var campus = new Campus(seed: 40, replicas: 6, Sync);
        var start = campus.Time.GetUtcNow();
        var bo = await campus.EnrollAsync("Bo");
        await bo.TypeAsync("east");
        var ada = await campus.EnrollAsync("Ada");

        // What the game itself says to type.
        Assert.Contains("The rig hums: +", await ada.TypeAsync("mine"), StringComparison.Ordinal);
        var said = "";
        while (!said.Contains("You can afford a second one: buy laptop.", StringComparison.Ordinal)) said = await ada.TypeAsync("mine 10");
        Assert.Contains("Your rig hums louder", await ada.TypeAsync("buy laptop"), StringComparison.Ordinal);
        Assert.Contains("east (The Cut)", await ada.TypeAsync("look"), StringComparison.Ordinal);

        // Whoever was not looked after for so long stares into space.
        await campus.PassAsync(TimeSpan.FromSeconds(15));
        Assert.Contains("Bo is here", await ada.TypeAsync("go cut"), StringComparison.Ordinal);
        Assert.Contains("You say, \"hello\"", await ada.TypeAsync("say hello"), StringComparison.Ordinal);
        Assert.Contains("[newbie] Ada: hello", await ada.TypeAsync("newbie hello"), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Contains("Ada says, \"hello\"", bo.Text, StringComparison.Ordinal);
        Assert.Contains("[newbie] Ada: hello", bo.Text, StringComparison.Ordinal);
        Assert.InRange(campus.Time.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }
}
