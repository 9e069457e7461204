using Cmud.Game;
using Cmud.Game.Play.Verbs;
using Cmud.Game.Problems;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What is solved in front of others, with them, or against them.</summary>
public sealed class TogetherTests
{
    [Fact]
    public async Task A_defence_is_read_out_to_the_room_and_a_right_answer_counts()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.RaiseAsync("Ada", 3);
        Assert.Contains("go auditorium", await ada.TypeAsync("defend"), StringComparison.Ordinal);
        await ada.TypeAsync("go auditorium");
        await bo.TypeAsync("go auditorium");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("before the rank of Postdoc", await bo.TypeAsync("defend"), StringComparison.Ordinal);

        var problem = DefenceOf(campus, "Ada", 3);
        Assert.Contains(problem.Text, await ada.TypeAsync("defend"), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(3));
        Assert.Contains($"Ada is asked: {problem.Text.Split('\n')[0]}", bo.Text, StringComparison.Ordinal);

        var said = await ada.TypeAsync($"defend {problem.Solve()}");

        Assert.Contains("That counts toward the rank of Postdoc.", said, StringComparison.Ordinal);
        Assert.Contains("No defence is asked of you now", await ada.TypeAsync("defend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_defence_ends_after_ten_minutes_or_three_wrong_answers()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await campus.RaiseAsync("Ada", 3);
        await ada.TypeAsync("go auditorium");

        var problem = DefenceOf(campus, "Ada", 3);
        await ada.TypeAsync("defend");
        Assert.Contains("2 more", await ada.TypeAsync($"defend {Wrong(problem)}"), StringComparison.Ordinal);
        Assert.Contains("1 more", await ada.TypeAsync($"defend {Wrong(problem)}"), StringComparison.Ordinal);
        Assert.Contains("goes to lunch", await ada.TypeAsync($"defend {Wrong(problem)}"), StringComparison.Ordinal);
        Assert.Contains("Nothing was asked yet.", await ada.TypeAsync($"defend {problem.Solve()}"), StringComparison.Ordinal);
        Assert.Contains("at lunch", await ada.TypeAsync("defend"), StringComparison.Ordinal);
        campus.Skip(TimeSpan.FromMinutes(11));

        problem = DefenceOf(campus, "Ada", 3);
        await ada.TypeAsync("defend");
        campus.Skip(TimeSpan.FromMinutes(10));
        await campus.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Contains("The timer rings.", ada.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was asked yet.", await ada.TypeAsync($"defend {problem.Solve()}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_problem_shows_each_of_three_a_third_and_counts_for_all_of_them()
    {
        var campus = new Campus(replicas: 6, maxDelay: TimeSpan.FromSeconds(2));
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await campus.RaiseAsync("Ada", 7);
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        Assert.Contains("three different people", await ada.TypeAsync("split bo bo"), StringComparison.Ordinal);
        Assert.Contains("split no problem with you", await eve.TypeAsync("split ada"), StringComparison.Ordinal);

        var number = (int)(GameTime.Of(campus.Time.GetUtcNow()).Minute % ProblemBook.MaxIndex);
        var sheets = new List<string> { await ada.TypeAsync("split bo eve") };
        await campus.PassAsync(TimeSpan.FromSeconds(4));
        Assert.Contains("Ada tells you: I have a problem on three sheets, and one is yours. (split Ada)", bo.Text, StringComparison.Ordinal);
        sheets.Add(await bo.TypeAsync("split ada"));
        sheets.Add(await eve.TypeAsync("split ada"));
        Assert.Equal(["Sheet 1 of 3", "Sheet 2 of 3", "Sheet 3 of 3"], sheets.Select(sheet => sheet.Split('\n')[0]));

        Assert.Contains("Talk it over", await bo.TypeAsync("split 000000000000000") + await bo.TypeAsync("split 000000000000000"), StringComparison.Ordinal);
        await eve.TypeAsync($"split {ProblemBook.Sheet("s1", campus.IdOf("Ada"), number, 2).Solve()}");
        await campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("You put the three sheets together: solved.", eve.Text, StringComparison.Ordinal);
        Assert.Contains("Eve put the three sheets together: solved.", bo.Text, StringComparison.Ordinal);
        Assert.Contains("Eve put the three sheets together: solved.\nThat counts toward the rank of Turing laureate.", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_22_Two_who_solve_the_race_at_once_agree_on_one_winner_after_it_settled()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var campus = new Campus(seed, replicas: 6, TimeSpan.FromSeconds(2));
            var seats = new[] { await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve") };
            await campus.PassAsync(TimeSpan.FromSeconds(5));
            var answer = Race.At(GameTime.Of(campus.Time.GetUtcNow()), "s1").Problem.Solve();

            await Task.WhenAll(seats[1].TypeAsync($"race {answer}"), seats[0].TypeAsync($"race {answer}"));
            Assert.Contains("provisional", await seats[0].TypeAsync("race"), StringComparison.Ordinal);
            await campus.PassAsync(TimeSpan.FromSeconds(12));

            Assert.Single(seats.Take(2), seat => seat.Text.Contains("It has settled: you won the race of the week.", StringComparison.Ordinal));
            Assert.Single(seats[2].Text.Split('\n'), line => line.EndsWith("won the race of the week.", StringComparison.Ordinal));
            var boards = new List<string>();
            foreach (var seat in seats) boards.Add(await seat.TypeAsync("race"));
            Assert.Single(boards.Distinct());
            Assert.DoesNotContain("provisional", boards[0], StringComparison.Ordinal);
            Assert.Contains("You have handed yours in this week.", await seats[0].TypeAsync($"race {answer}"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_race_is_not_won_by_nonsense_or_by_a_time_that_is_not_yet()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        var race = Race.At(GameTime.Of(campus.Time.GetUtcNow()), "s1");
        var later = GameTime.Of(campus.Time.GetUtcNow() + TimeSpan.FromHours(1));
        var prefix = $"race/{race.Week}/0/";
        campus.Store.PutRaw($"{prefix}00000000000000001-00000000000000ff", $$"""{"v":1,"answer":"{{race.Problem.Solve()}}"}""");
        campus.Store.PutRaw($"{prefix}{later}-00000000000000fe", $$"""{"v":1,"answer":"{{race.Problem.Solve()}}"}""");
        campus.Store.PutRaw($"{prefix}{GameTime.Of(campus.Time.GetUtcNow())}-00000000000000fd", """{"v":1,"answer":"\u001b[2J"}""");
        campus.Store.PutRaw($"{prefix}x", "{");

        Assert.Contains("Nobody has solved it yet.", await ada.TypeAsync("race"), StringComparison.Ordinal);
        Assert.Contains("That is not it.", await ada.TypeAsync($"race {Wrong(race.Problem)}"), StringComparison.Ordinal);
        Assert.Contains("Think for another 30 s.", await ada.TypeAsync($"race {race.Problem.Solve()}"), StringComparison.Ordinal);
        campus.Skip(TimeSpan.FromSeconds(31));

        Assert.Contains("Right, and first so far (provisional).", await ada.TypeAsync($"race {race.Problem.Solve()}"), StringComparison.Ordinal);
    }

    /// <summary>An answer in the right form.</summary>
    private static string Wrong(Problem problem) => $"{string.Join(' ', problem.Solve().Split(' ')[..^1])} 99999".Trim();

    private static Problem DefenceOf(Campus campus, string name, int rank) =>
        ProblemBook.Defence("s1", campus.IdOf(name), rank, (int)(GameTime.Of(campus.Time.GetUtcNow()).Minute % ProblemBook.MaxIndex));
}
