using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class SolvingTests
{
    [Fact]
    public async Task Solving_has_a_prompt_in_which_a_bare_line_is_an_answer()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");

        var shown = await ada.TypeAsync("solve");
        Assert.Equal("(solving) > ", ada.Session.Prompt);
        Assert.Contains("Problem 1 of the Undergraduate", shown, StringComparison.Ordinal);
        Assert.Contains("What are x and y at the end?", await ada.TypeAsync("solve"), StringComparison.Ordinal);
        Assert.Contains("laptop", await ada.TypeAsync("inv"), StringComparison.Ordinal);
        Assert.Equal("(solving) > ", ada.Session.Prompt);

        var said = await ada.TypeAsync(campus.Answer("Ada"));

        Assert.Contains("Accepted. +30 TC", said, StringComparison.Ordinal);
        Assert.Equal("(mining) > ", ada.Session.Prompt);
    }

    [Theory]
    [InlineData("resign")]
    [InlineData("esc")]
    [InlineData("back")]
    public async Task One_may_get_up_and_the_problem_stays(string word)
    {
        var ada = await new Campus().EnrollAsync("Ada");
        var shown = await ada.TypeAsync("so");

        await ada.TypeAsync(word);

        Assert.Equal("(mining) > ", ada.Session.Prompt);
        Assert.StartsWith(await ada.TypeAsync("read"), shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_20_Wrong_answers_cost_a_growing_pause_in_which_nothing_is_taken_and_the_right_one_pays_once()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");

        Assert.Contains("taken in 30 s", await ada.TypeAsync("submit 1000 1000"), StringComparison.Ordinal);
        var entries = Entries(campus);
        campus.Skip(TimeSpan.FromSeconds(10));
        Assert.Equal("Think for another 20 s.", await ada.TypeAsync($"submit {campus.Answer("Ada")}"));
        Assert.Equal(entries, Entries(campus));
        campus.Skip(TimeSpan.FromSeconds(21));
        Assert.Contains("taken in 60 s", await ada.TypeAsync("submit 1000 1000"), StringComparison.Ordinal);
        campus.Skip(TimeSpan.FromSeconds(61));
        Assert.Contains("taken in 120 s", await ada.TypeAsync("submit 1000 1000"), StringComparison.Ordinal);
        campus.Skip(TimeSpan.FromSeconds(121));

        Assert.Contains("Accepted. +30 TC", await ada.TypeAsync($"submit {campus.Answer("Ada")}"), StringComparison.Ordinal);
        Assert.Equal("The next problem is handed out in 60 s.", await ada.TypeAsync($"submit {campus.Answer("Ada")}"));
        Assert.Equal("The next problem is handed out in 60 s.", await ada.TypeAsync("solve"));
    }

    [Fact]
    public async Task Who_solves_is_seen_to_and_the_first_time_by_everybody()
    {
        var campus = new Campus();
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await eve.TypeAsync("go cut");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        for (var i = 0; i < 2; i++)
        {
            await ada.TypeAsync($"submit {campus.Answer("Ada", index: i)}");
            await campus.PassAsync(TimeSpan.FromSeconds(61));
        }

        Assert.Equal(2, Count(bo.Text, "Ada slaps the whiteboard: solved."));
        Assert.Equal(1, Count(eve.Text, "* Ada solved a first problem."));
        Assert.DoesNotContain("whiteboard", eve.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copied_answer_is_wrong()
    {
        var campus = new Campus(seed: 3);
        await campus.EnrollAsync("Ada");
        var bo = await campus.EnrollAsync("Bo");

        Assert.Contains("That is not it.", await bo.TypeAsync($"submit {campus.Answer("Ada")}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problems_tells_what_is_at_hand_and_how_far_the_department_is()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync($"submit {campus.Answer("Bo")}");
        campus.Store.PutRaw("ctr/problem/0/00000000000000ff", "105");
        campus.Store.PutRaw("ctr/problem/0/00000000000000fe", "-7");
        campus.Store.PutRaw("ctr/problem/0/nobody", "\u001b[2J");

        var shown = await ada.TypeAsync("problems");

        Assert.Contains("At hand: Problem 1 of the Undergraduate, loop tracing. (solve)", shown, StringComparison.Ordinal);
        Assert.Contains("0 at this rank; a Master's student needs 4.", shown, StringComparison.Ordinal);
        Assert.Contains("Department problem, Undergraduate: 94 of 100 left; worn down once before; your part in all of it: 0", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_given_up_never_comes_back_and_the_next_one_takes_a_while()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("solve");

        Assert.Contains("handed out in 120 s", await ada.TypeAsync("give-up"), StringComparison.Ordinal);
        Assert.Equal("(mining) > ", ada.Session.Prompt);
        campus.Skip(TimeSpan.FromSeconds(121));

        Assert.Contains("Problem 2 of the Undergraduate: two's complement", await ada.TypeAsync("solve"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_way_spelled_out_is_an_answer_though_its_first_letter_walks()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        await ada.TypeAsync("solve");

        Assert.Contains("what you typed is none, and costs nothing.", await ada.TypeAsync("E D C B A"), StringComparison.Ordinal);
        await ada.TypeAsync("e");

        Assert.Equal("(campus) > ", ada.Session.Prompt);
    }

    [Fact]
    public async Task It_is_said_when_enough_is_solved_and_when_nothing_is_missing()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        var said = "";
        for (var i = 0; i < 4; i++)
        {
            said = await ada.TypeAsync($"submit {campus.Answer("Ada", index: i)}");
            campus.Skip(TimeSpan.FromSeconds(61));
        }

        Assert.Contains("Master's student: 4 of 4 problems solved; next: ", said, StringComparison.Ordinal);
        Assert.Matches("Master's student: 4 of 4 problems solved; next: 29,8[0-9]{2} TC more; say hello on the newbie channel$", await ada.TypeAsync("score"));
        await campus.RaiseAsync("Ada", 0);
        await ada.TypeAsync("newbie hello");

        Assert.Contains("Master's student: 4 of 4 problems solved; nothing is missing: promote.", await ada.TypeAsync($"submit {campus.Answer("Ada", index: 4)}"), StringComparison.Ordinal);
        Assert.Contains("You are now a Master's student.", await ada.TypeAsync("promote"), StringComparison.Ordinal);
        Assert.Contains("Problem 1 of the Master's student", await ada.TypeAsync("problems") + await PassedAsync(campus, ada), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slip_of_the_finger_is_no_answer_and_costs_nothing()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("solve");

        Assert.Contains("Did you mean resign?", await ada.TypeAsync("resgin"), StringComparison.Ordinal);
        Assert.Contains("Accepted.", await ada.TypeAsync(campus.Answer("Ada")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hint_that_helps_counts_for_who_gave_it()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        Assert.Contains("One line of paper", await bo.TypeAsync("hint"), StringComparison.Ordinal);
        await campus.RaiseAsync("Ada", 4);

        await ada.TypeAsync("hint bo mind the sign");
        await campus.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("Ada tells you: A hint: mind the sign", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Your hint helped", ada.Text, StringComparison.Ordinal);
        await bo.TypeAsync($"submit {campus.Answer("Bo")}");
        await campus.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("Your hint helped: Bo solved it.\nThat counts toward the rank of Assistant professor.", ada.Text, StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(1, Count(ada.Text, "Your hint helped: Bo solved it."));
    }

    private static async Task<string> PassedAsync(Campus campus, Seat seat)
    {
        campus.Skip(TimeSpan.FromSeconds(61));
        return await seat.TypeAsync("problems");
    }

    private static int Entries(Campus campus) => campus.Store.Settled.Count(pair => pair.Key.StartsWith("led/", StringComparison.Ordinal));

    private static int Count(string text, string line) => text.Split('\n').Count(shown => shown == line);
}
