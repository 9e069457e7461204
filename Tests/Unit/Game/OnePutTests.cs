using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What a stranger does with a Put or two, aimed at one player who keeps to the rules.</summary>
public sealed class OnePutTests
{
    private readonly Campus _campus = new();

    [Theory]
    [InlineData("sc", "Undergraduate")]
    [InlineData("i", "Your machines")]
    [InlineData("l", "Home")]
    [InlineData("sho", "For sale")]
    [InlineData("7", "")]
    [InlineData("zz", "anybody may have set it")]
    [InlineData("yy", "anybody may have set it")]
    public async Task No_stored_alias_hides_a_verb_or_spends_coins(string typed, string expected)
    {
        var eve = await _campus.EnrollAsync("Eve");
        await LeaveAsync(await _campus.EnrollAsync("Ada"));
        _campus.Store.PutRaw($"pc/{_campus.IdOf("Ada")}", $$"""{"v":1,"name":"Ada","aliases":{"{{typed}}":"pay Eve 1","yy":"zy","zy":"pay Eve 1"} }""");
        var ada = await ReturnAsync("ada");
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        var shown = await ada.TypeAsync(typed);
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains(expected, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Sent", ada.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("You received", eve.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alias_of_this_session_may_spend_and_may_hide_nothing()
    {
        var (ada, _) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("zz now means: pay bo", await ada.TypeAsync("alias zz pay bo"), StringComparison.Ordinal);
        Assert.Contains("Sent 1 TC to Bo", await ada.TypeAsync("zz 1"), StringComparison.Ordinal);
        Assert.Contains("sho is short for shop", await ada.TypeAsync("alias sho pay bo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ada B")]
    [InlineData("Bo")]
    [InlineData("")]
    public async Task A_name_that_somebody_put_into_the_character_silences_nobody(string name)
    {
        var bo = await _campus.EnrollAsync("Bo");
        await LeaveAsync(await _campus.EnrollAsync("Ada"));
        _campus.Store.PutRaw($"pc/{_campus.IdOf("Ada")}", $$"""{"v":1,"name":"{{name}}"}""");
        var ada = await ReturnAsync("ada");
        await _campus.PassAsync(TimeSpan.FromSeconds(70));

        await ada.TypeAsync("say hello");
        await _campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("ada says, \"hello\"", bo.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("You are Bo-2", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payments_prepared_where_an_honest_one_will_stand_do_not_hold_it_up()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        var to = _campus.IdOf("Bo");
        var session = OwnSession("Ada");
        for (var i = 2; i < 40; i++) _campus.Store.PutRaw(new PaymentKey(to, _campus.IdOf("Ada"), session, i).ToString(), new LedgerEntry(Now, EntryKind.Pay) { To = to, Amount = new(1_000) }.Write());
        await _campus.PassAsync(TimeSpan.FromSeconds(12));

        await ada.TypeAsync("pay bo 3");
        await _campus.PassAsync(TimeSpan.FromSeconds(8));

        Assert.Contains("You received 3 TC from Ada.", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_whose_debit_was_lost_with_a_server_comes_when_the_debit_is_written_again()
    {
        var mortal = new MortalStore(_campus.Store.Connect());
        var (ada, bo) = (await _campus.EnrollAsync("Ada", mortal), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        await _campus.PassAsync(TimeSpan.FromSeconds(11));

        mortal.Loses = static key => key.StartsWith("led/", StringComparison.Ordinal);
        await ada.TypeAsync("pay bo 3");
        mortal.Loses = static _ => false;
        await _campus.PassAsync(TimeSpan.FromSeconds(40));

        Assert.Contains("You received 3 TC from Ada.", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_dead_server_took_along_is_there_before_the_next_entry()
    {
        var mortal = new MortalStore(_campus.Store.Connect());
        var (ada, bo) = (await _campus.EnrollAsync("Ada", mortal), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        await _campus.PassAsync(TimeSpan.FromSeconds(11));

        mortal.Loses = static key => key.StartsWith("led/", StringComparison.Ordinal);
        await ada.TypeAsync("fund 2");
        mortal.Loses = static _ => false;
        await ada.TypeAsync("fund 1");
        ada.Kill();
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("Every step keeps to the rules.", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_gap_that_is_left_after_all_is_closed_by_the_next_session(bool isSecured)
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        await _campus.PassAsync(TimeSpan.FromSeconds(11));
        if (isSecured)
        {
            foreach (var line in new[] { "secure", Passphrase, Passphrase }) await ada.TypeAsync(line);
        }

        await ada.TypeAsync("fund 2");
        var lost = _campus.Store.Settled.Last(pair => pair.Key.StartsWith(LedgerKey.Prefix(_campus.IdOf("Ada")), StringComparison.Ordinal)).Key;
        await ada.TypeAsync("fund 1");
        await LeaveAsync(ada);
        _campus.Store.Forget(lost);
        Assert.Contains("is missing", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
        _campus.Skip(TimeSpan.FromHours(2));

        var back = await ReturnAsync("ada");
        if (isSecured) await back.TypeAsync(Passphrase);
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.DoesNotContain("[unverified]", await back.TypeAsync("score"), StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_for_something_in_a_prompt_is_read_once()
    {
        var ada = await _campus.EnrollAsync("Ada");

        await ada.TypeAsync("go cut");

        await ada.TypeAsync("prompt %%m");

        Assert.Equal("%campus ", ada.Session.Prompt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_secured_the_ledger_is_neither_spoken_for_nor_silenced(bool isHeardBefore)
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        foreach (var line in new[] { "secure", Passphrase, Passphrase }) await ada.TypeAsync(line);
        if (isHeardBefore) await ada.TypeAsync("ooc before");
        else bo = await ReturnAfterAsync(bo);
        await _campus.PassAsync(TimeSpan.FromSeconds(12));
        bo.Clear();

        var spoken = Enumerable.Range(1, 90).Select(i => Put(Feed.Channel("ooc"), i, "Ada", "spam")).ToArray();
        _campus.Store.PutRaw(new TellKey(_campus.IdOf("Bo"), new(Now, _campus.IdOf("Ada"), new(99), 999)).ToString(), new FeedLine(FeedKind.Tell, "Ada", "pay me", null).Write());
        var signed = _campus.Store.Settled.FirstOrDefault(pair => pair.Key.StartsWith("ch/ooc/", StringComparison.Ordinal) && pair.Value.Contains("before", StringComparison.Ordinal)).Value;
        if (isHeardBefore) Put(Feed.Channel("ooc"), 100, signed);
        await ada.TypeAsync("ooc it is me");
        await ada.TypeAsync("tell bo hello");
        await _campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal(90, spoken.Length);
        Assert.Contains("[ooc] Ada: it is me", bo.Text, StringComparison.Ordinal);
        Assert.Contains("Ada tells you: hello", bo.Text, StringComparison.Ordinal);
        Assert.Contains("[ooc] Ada (?): spam", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Ada: spam", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Ada: before", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Ada tells you: pay me", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_the_writers_is_shown_with_a_mark()
    {
        var (_, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));

        _campus.Store.PutRaw(Feed.Room("home").Key(new(Now, new(7), new(7), 1)), new FeedLine(FeedKind.Say, "Ada", "it is me", null).Write());
        await _campus.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Contains("Ada (?) says, \"it is me\"", bo.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lines_prepared_for_the_next_minute_silence_no_channel(bool areOfMany)
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        await ada.TypeAsync("ooc before");
        await _campus.PassAsync(TimeSpan.FromSeconds(1));
        var start = (Now.Minute + 1) * 60_000L * 10_000;
        for (var i = 0; i < 6_000; i++)
        {
            var mark = new Mark(new(start + i), new(areOfMany ? (ulong)i + 1 : 7), new(7), (i % 999_999) + 1);
            _campus.Store.PutRaw(Feed.Channel("ooc").Key(mark), new FeedLine(FeedKind.Say, "Zed", "x", null).Write());
        }

        while (Now.Minute * 60_000L * 10_000 < start) await _campus.PassAsync(TimeSpan.FromSeconds(0.5));
        await ada.TypeAsync("ooc it is me");
        await _campus.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Contains("[ooc] Ada: it is me", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shadows_by_the_thousand_hide_nobody_who_was_heard()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        await ada.TypeAsync("say hello");
        await _campus.PassAsync(TimeSpan.FromSeconds(1));
        for (var i = 1; i <= 5_100; i++)
            _campus.Store.PutRaw($"loc/{i:x16}", $$"""{"v":1,"name":"Aaron","room":"fence","mode":"guard","time":{{Now.Value}},"active":{{Now.Value}}}""");

        var who = await bo.TypeAsync("who");

        Assert.Contains("Ada |", who, StringComparison.Ordinal);
        Assert.Contains("Bo |", who, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shadow_guards_nothing()
    {
        var bo = await _campus.EnrollAsync("Bo");
        _campus.Skip(Cmud.Game.Play.CampusDay.UntilNight(Now));
        await bo.TypeAsync("go cut");
        await bo.TypeAsync("go fence");
        _campus.Store.PutRaw("loc/0000000000000007", $$"""{"v":1,"name":"Odin","room":"fence","mode":"guard","time":{{Now.Value}},"active":{{Now.Value}}}""");

        Assert.Contains("The Fence now reads", await bo.TypeAsync("paint hello"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Letters_in_the_name_of_one_push_out_none_of_another_and_go_at_a_word()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        var cy = await _campus.EnrollAsync("Cy");
        await cy.TypeAsync("mail bo first");
        await _campus.PassAsync(TimeSpan.FromSeconds(2));
        for (var i = 1; i <= 1_200; i++) _campus.Store.PutRaw(new TellKey(_campus.IdOf("Bo"), new(Now, _campus.IdOf("Ada"), new(99), i)).ToString(), new FeedLine(FeedKind.Mail, "Ada", "pills", null).Write());
        await _campus.PassAsync(TimeSpan.FromSeconds(8));

        Assert.Contains("first", await bo.TypeAsync("mail 1"), StringComparison.Ordinal);
        Assert.Contains("There is no letter 99999999999999", await bo.TypeAsync("mail delete 99999999999999"), StringComparison.Ordinal);
        Assert.Contains("You throw 999 letters away.", await bo.TypeAsync("mail delete ada"), StringComparison.Ordinal);
        Assert.Contains("You throw away what Cy wrote.", await bo.TypeAsync("mail delete all"), StringComparison.Ordinal);
        Assert.DoesNotContain("more than", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void False_answers_by_the_thousand_are_read_at_once()
    {
        var (rules, player, time) = (new Rulebook(Cmud.Game.Economics.Economy.Standard), new PlayerId(7), Now);
        var account = rules.Unborn(player) with { Born = time, Last = time, Rank = 1 };

        Assert.Same(rules.ProblemOf(account), rules.ProblemOf(account with { Wrong = 3 }));
        Assert.NotSame(rules.ProblemOf(account), rules.ProblemOf(account with { Player = new(8) }));
    }

    [Fact]
    public void What_is_longer_than_a_ledger_can_be_is_not_worked_through()
    {
        var player = new PlayerId(7);
        var entries = Enumerable.Range(1, Ledger.MaxEntries + 1).Select(i => new PostedEntry(new(player, new((ulong)i), 1), new(new(Now.Value + i), EntryKind.Solve) { Text = "x" })).ToArray();

        var step = Assert.Single(new Ledger(new(Cmud.Game.Economics.Economy.Standard)).Steps(player, entries, [], Now));

        Assert.Contains("More than", step.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coins_before_the_name_are_told_their_place()
    {
        var ada = await _campus.EnrollAsync("Ada");

        Assert.Equal("The name comes first: pay Mallory 5", await ada.TypeAsync("pay 5 Mallory"));
    }

    private const string Passphrase = "correct horse battery";

    private string Put(Feed feed, int number, string name, string text) => Put(feed, number, new FeedLine(FeedKind.Say, name, text, null).Write());

    /// <summary>Puts a line under Ada's id, as any program may.</summary>
    private string Put(Feed feed, int number, string value)
    {
        var key = feed.Key(new(new(Now.Value + number), _campus.IdOf("Ada"), new(99), number));
        _campus.Store.PutRaw(key, value);
        return key;
    }

    /// <summary>Somebody who has gone and come again, and has heard nobody yet.</summary>
    private async Task<Seat> ReturnAfterAsync(Seat seat)
    {
        await LeaveAsync(seat);
        return await ReturnAsync("bo");
    }

    private GameTime Now => GameTime.Of(_campus.Time.GetUtcNow());

    /// <summary>The session in which somebody plays, as anyone may read it.</summary>
    private SessionId OwnSession(string name) => _campus.Store.Settled
        .Select(pair => LedgerKey.TryParse(pair.Key, out var key) && key.Player == _campus.IdOf(name) ? key.Session : default).First(session => session != default);

    private async Task LeaveAsync(Seat seat)
    {
        await seat.TypeAsync("quit");
        seat.Kill();
        await _campus.PassAsync(TimeSpan.FromSeconds(5));
    }

    private async Task<Seat> ReturnAsync(string name)
    {
        var seat = await _campus.SitDownAsync();
        await seat.TypeAsync(name);
        return seat;
    }
}
