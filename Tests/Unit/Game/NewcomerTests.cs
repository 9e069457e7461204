using Cmud.Game;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What people stumbled over who played for the first time.</summary>
public sealed class NewcomerTests
{
    private const string Passphrase = "correct horse battery";

    [Fact]
    public async Task A_passphrase_is_asked_for_twice_and_again_after_a_slip()
    {
        var ada = await new Campus().EnrollAsync("Ada");

        Assert.Contains("8 to 200 characters, asked for twice", await ada.TypeAsync("secure"), StringComparison.Ordinal);
        Assert.Equal(("New passphrase: ", true), (ada.Session.Prompt, ada.Session.HidesInput));
        Assert.Contains("That has 5 characters", await ada.TypeAsync("short"), StringComparison.Ordinal);
        Assert.Equal(("New passphrase: ", true), (ada.Session.Prompt, ada.Session.HidesInput));
        await ada.TypeAsync(Passphrase);
        Assert.Equal(("Again: ", true), (ada.Session.Prompt, ada.Session.HidesInput));
        Assert.Contains("The two were not the same", await ada.TypeAsync("correct horse batterx"), StringComparison.Ordinal);
        await ada.TypeAsync(Passphrase);

        Assert.Contains("your ledger is signed", await ada.TypeAsync(Passphrase), StringComparison.Ordinal);
        Assert.False(ada.Session.HidesInput);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Passphrase, "")]
    [InlineData("1", "2", "3", "4", "5")]
    public async Task An_empty_line_or_five_slips_leave_all_as_it_is(params string[] lines)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("secure");
        foreach (var line in lines) await ada.TypeAsync(line);

        Assert.Contains("othing was changed.", ada.Text, StringComparison.Ordinal);
        Assert.False(ada.Session.HidesInput);
        Assert.DoesNotContain("lock", campus.Store.Settled.First(pair => pair.Key.StartsWith("pc/", StringComparison.Ordinal)).Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_changes_a_passphrase_is_asked_for_the_old_one()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        foreach (var line in new[] { "secure", Passphrase, Passphrase }) await ada.TypeAsync(line);

        await ada.TypeAsync("secure");
        Assert.Equal("Old passphrase: ", ada.Session.Prompt);
        Assert.Contains("That is not your passphrase", await ada.TypeAsync("a thief's guess"), StringComparison.Ordinal);
        Assert.Equal("Old passphrase: ", ada.Session.Prompt);
        await ada.TypeAsync(Passphrase);

        Assert.Equal("New passphrase: ", ada.Session.Prompt);
    }

    [Fact]
    public async Task An_answer_with_labels_is_right_and_what_can_be_none_costs_nothing()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("solve");
        var (x, y) = campus.Answer("Ada").Split(' ') is [var one, var other] ? (one, other) : default;

        Assert.Contains("2 whole numbers, x, y; what you typed is none, and costs nothing.", await ada.TypeAsync(x), StringComparison.Ordinal);
        Assert.StartsWith("Accepted. +30 TC for it. You have 42", await ada.TypeAsync($"x = {x}, y={y}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tell_that_was_heard_is_not_heard_again_and_one_that_was_not_says_when_it_came()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(1));
        await ada.TypeAsync("tell bo one");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        bo.Kill();
        await ada.TypeAsync("tell bo two");
        campus.Skip(TimeSpan.FromMinutes(1));

        var back = await campus.SitDownAsync();
        await back.TypeAsync("bo");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("While you were away (1 min ago) Ada told you: two", back.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("one", back.Text.Split('\n').Where(line => line.Contains("Ada", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]));
        back.Kill();
        campus.Skip(TimeSpan.FromMinutes(1));
        var again = await campus.SitDownAsync();
        await again.TypeAsync("bo");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.DoesNotContain("two", again.Text.Split(' ', '\n'));
    }

    [Fact]
    public async Task What_was_told_and_written_while_ignored_never_comes()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal("You ignore nobody.", await bo.TypeAsync("ignore"));
        await bo.TypeAsync("ignore ada");
        Assert.Equal("You ignore Ada. (ignore NAME hears them again)", await bo.TypeAsync("ignore"));
        await ada.TypeAsync("tell bo psst");
        await ada.TypeAsync("mail bo pssst");
        await campus.PassAsync(TimeSpan.FromSeconds(3));
        await bo.TypeAsync("ignore ada");
        await bo.TypeAsync("quit");
        bo.Kill();

        var back = await campus.SitDownAsync();
        await back.TypeAsync("bo");
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.DoesNotContain("pss", back.Text, StringComparison.Ordinal);
        Assert.Contains("No letters.", await back.TypeAsync("mail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tell_to_somebody_who_is_away_waits_as_a_letter_which_can_be_thrown_away()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync("quit");
        bo.Kill();

        Assert.Contains("Bo is not on campus; it waits as a letter, to be read on return.", await ada.TypeAsync("tell bo see you"), StringComparison.Ordinal);
        campus.Skip(TimeSpan.FromHours(1));
        var back = await campus.SitDownAsync();
        Assert.Contains("1 letter waits for you.", await back.TypeAsync("bo"), StringComparison.Ordinal);
        Assert.Contains("see you", await back.TypeAsync("mail 1"), StringComparison.Ordinal);

        Assert.Contains("You throw away what Ada wrote.", await back.TypeAsync("mail delete 1"), StringComparison.Ordinal);
        Assert.Contains("No letters.", await back.TypeAsync("mail"), StringComparison.Ordinal);
        Assert.Contains("You have no letters.", await back.TypeAsync("mail delete 1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pay bo 0.001", "0.001 TC is too little: the smallest coin is 0.1 TC.")]
    [InlineData("fund 0.05", "0.05 TC is too little: the smallest coin is 0.1 TC.")]
    [InlineData("pay bo 1.25", "1.25 TC would need smaller coins than there are; the smallest is 0.1 TC.")]
    [InlineData("pay bo 1,5", "'1,5' is no amount of coins; try: pay bo 50")]
    [InlineData("pay bo 1,50", "'1,50' is no amount of coins; try: pay bo 50")]
    public async Task Coins_too_small_to_be_seen_change_no_hands(string line, string said)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await campus.EnrollAsync("Bo");

        Assert.Equal(said, await ada.TypeAsync(line));
    }

    [Fact]
    public async Task A_history_says_what_each_entry_changed_and_what_the_rig_mined_before_it()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        campus.Skip(TimeSpan.FromSeconds(100));
        await ada.TypeAsync($"submit {campus.Answer("Ada")}");

        var history = await ada.TypeAsync("history");

        Assert.Contains("times in UTC", history, StringComparison.Ordinal);
        Assert.Matches(@"solves problem 1 of the Undergraduate: \+30 TC; mined 2\d(\.\d)? TC  \(62(\.\d)? TC\)", history);
    }

    [Theory]
    [InlineData("Gus")]
    [InlineData("mira")]
    [InlineData("Dean")]
    [InlineData("The-Dean")]
    [InlineData("Abara")]
    [InlineData("Professor-Abara")]
    [InlineData("Professor")]
    [InlineData("look")]
    public async Task Nobody_is_called_like_those_who_live_here_or_like_a_verb(string name)
    {
        var seat = await new Campus().SitDownAsync();

        Assert.Contains("take another name", await seat.TypeAsync(name), StringComparison.Ordinal);
        Assert.Equal("> ", seat.Session.Prompt);
    }

    [Fact]
    public async Task One_may_leave_at_the_question_for_a_name()
    {
        var seat = await new Campus().SitDownAsync();

        await seat.TypeAsync("quit");

        Assert.True(seat.Session.IsOver);
    }

    [Fact]
    public async Task Those_who_live_here_can_be_looked_up_and_answer_who_stands_before_them()
    {
        var ada = await new Campus().EnrollAsync("Ada");

        Assert.Contains("Always at Surplus Store. (go store)", await ada.TypeAsync("finger gus"), StringComparison.Ordinal);
        Assert.Contains("The Dean, one of those who live here", await ada.TypeAsync("look the dean"), StringComparison.Ordinal);
        Assert.Equal("Mira hears you only at The Cut. (go cut)", await ada.TypeAsync("tell mira hello"));
        Assert.Equal("Mira lives here and is no player. (finger mira)", await ada.TypeAsync("pay mira 1"));
        await ada.TypeAsync("go cut");
        Assert.Contains("Mira says, \"", await ada.TypeAsync("tell mira hello"), StringComparison.Ordinal);
        Assert.Contains("The Dean is here.", await ada.TypeAsync("go dean"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("go machine", "Closed until the department cluster has")]
    [InlineData("go mach", "Closed until")]
    [InlineData("go the fen", "The Fence")]
    [InlineData("go rashi", "Rashid Auditorium")]
    [InlineData("go librarry", "Hunt Library")]
    [InlineData("go offi", "Did you mean offices or dean?")]
    [InlineData("go nowhere", "There is no place 'nowhere' on this campus. Places:")]
    [InlineData("gop fence", "Did you mean go or top?")]
    [InlineData("talk mira", "Did you mean tell or say?")]
    [InlineData("look home", "Home")]
    [InlineData("look cut", "The Cut is next to here. (east)")]
    [InlineData("look fence", "The Fence cannot be seen from here. (go fence)")]
    public async Task A_beginning_of_a_place_is_enough_and_near_misses_suggest(string line, string shown)
    {
        var ada = await new Campus().EnrollAsync("Ada");

        Assert.Contains(shown, await ada.TypeAsync(line), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_session_is_told_at_once_may_take_back_over_and_may_go_on_when_the_newer_one_is_gone()
    {
        var campus = new Campus();
        var first = await campus.EnrollAsync("Ada");
        var second = await campus.SitDownAsync();
        await second.TypeAsync("ada");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("a newer session of yours took over", first.Text, StringComparison.Ordinal);

        await second.TypeAsync("go cut");
        Assert.Contains("You play on here", await first.TypeAsync("takeover"), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("a newer session of yours took over", second.Text, StringComparison.Ordinal);
        Assert.Equal("You say, \"hi\"", await first.TypeAsync("say hi"));
        Assert.Contains("The Cut", await first.TypeAsync("look"), StringComparison.Ordinal);

        await second.TypeAsync("takeover");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        await second.TypeAsync("quit");
        second.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("The newer session of yours is gone. (takeover plays on here)", first.Text, StringComparison.Ordinal);
        await first.TypeAsync("takeover");
        Assert.Equal("You say, \"again\"", await first.TypeAsync("say again"));
    }

    [Fact]
    public async Task Looking_around_turns_from_the_counter()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        await ada.TypeAsync("shop");
        await ada.TypeAsync("inv");
        Assert.Equal("(shop) > ", ada.Session.Prompt);

        await ada.TypeAsync("look");

        Assert.Equal("(mining) > ", ada.Session.Prompt);
    }

    [Fact]
    public async Task Who_waits_for_a_problem_is_told_so_by_give_up_as_by_submit()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync($"submit {campus.Answer("Ada")}");

        Assert.Equal("The next problem is handed out in 60 s.", await ada.TypeAsync("give-up"));
    }

    [Fact]
    public async Task The_clock_says_when_night_falls_and_day_breaks()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        while (CampusDay.HourAt(GameTime.Of(campus.Time.GetUtcNow())) != 12) campus.Skip(TimeSpan.FromSeconds(10));

        Assert.Matches("day; night falls in (9|10) min\\.", await ada.TypeAsync("time"));
        campus.Skip(TimeSpan.FromMinutes(12));
        Assert.Matches("night; day breaks in (5|6) min\\.", await ada.TypeAsync("time"));
    }

    [Fact]
    public async Task The_next_machine_is_one_worth_buying_and_max_buys_as_many_as_can_be_paid()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        Assert.Matches(@"Next laptop: 12(\.\d)? TC of 24 TC", await ada.TypeAsync("score"));
        campus.Skip(TimeSpan.FromHours(1));

        Assert.Matches(@"Your rig hums louder: \+2\.2 TC/s", await ada.TypeAsync("buy laptop max"));
        campus.Skip(TimeSpan.FromHours(1));

        Assert.Contains("Next cluster workstation: you can afford it, at 200 TC (buy workstation)", await ada.TypeAsync("score"), StringComparison.Ordinal);
    }
}
