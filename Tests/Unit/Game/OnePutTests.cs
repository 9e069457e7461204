using Cmud.Game;
using Cmud.Game.Accounts;
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
            foreach (var line in new[] { "secure", "correct horse battery", "correct horse battery" }) await ada.TypeAsync(line);
        }

        await ada.TypeAsync("fund 2");
        var lost = _campus.Store.Settled.Last(pair => pair.Key.StartsWith(LedgerKey.Prefix(_campus.IdOf("Ada")), StringComparison.Ordinal)).Key;
        await ada.TypeAsync("fund 1");
        await LeaveAsync(ada);
        _campus.Store.Forget(lost);
        Assert.Contains("is missing", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
        _campus.Skip(TimeSpan.FromHours(2));

        var back = await ReturnAsync("ada");
        if (isSecured) await back.TypeAsync("correct horse battery");
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
