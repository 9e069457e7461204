using Cmud.Game;
using Cmud.Game.Keys;
using Cmud.Game.People;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What players learn of one another, also where somebody puts lies into the store.</summary>
public sealed class WordOfMouthTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_whisper_is_heard_as_one_by_somebody_in_the_same_room_and_by_nobody_else(bool watches)
    {
        var campus = new Campus(watches: watches);
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        eve.Clear();

        Assert.Equal("You whisper to Bo: psst", await ada.TypeAsync("whisper bo psst"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("Ada whispers to you: psst", bo.Text, StringComparison.Ordinal);
        Assert.Equal("", eve.Text);

        await bo.TypeAsync("reply what?");
        await bo.TypeAsync("go fence");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("Bo tells you: what?", ada.Text, StringComparison.Ordinal);
        Assert.Equal("Bo is not in this room; tell reaches them anywhere.", await ada.TypeAsync("whisper bo psst"));
    }

    [Fact]
    public async Task Finger_tells_the_rank_that_the_ledger_proves()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        Assert.StartsWith("Ada, Undergraduate\n", await bo.TypeAsync("finger ada"), StringComparison.Ordinal);
        await campus.RaiseAsync("Ada", 2);

        Assert.StartsWith("Ada, PhD student\n", await bo.TypeAsync("finger ada"), StringComparison.Ordinal);
        Assert.StartsWith("Ada, PhD student\n", await ada.TypeAsync("look ada"), StringComparison.Ordinal);

        campus.Store.PutRaw(new LedgerKey(campus.IdOf("Ada"), new(7), 1).ToString(), $$"""{"v":1,"t":"{{GameTime.Of(campus.Time.GetUtcNow())}}","kind":"buy","item":"moon","n":1}""");
        await campus.PassAsync(TimeSpan.FromSeconds(6));
        Assert.StartsWith("Ada, PhD student [unverified]\n", await bo.TypeAsync("finger ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_whose_claim_came_first_whoever_stands_there_under_it()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        var now = GameTime.Of(campus.Time.GetUtcNow());
        campus.Store.PutRaw(PlayerKeys.Location(new(0xff)), Whereabouts.Of("Bo", "home", "mining", now, now).Write());
        campus.Store.PutRaw(PlayerKeys.Location(new(0xfe)), Whereabouts.Of("Boris", "home", "mining", now, now).Write());
        campus.Skip(TimeSpan.FromMinutes(4));
        await campus.PassAsync(TimeSpan.FromSeconds(1));

        Assert.StartsWith("Sent 20 TC to Bo", await ada.TypeAsync("pay bo 20"), StringComparison.Ordinal);
        await ada.TypeAsync("tell bo psst");
        await campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("Ada tells you: psst", bo.Text, StringComparison.Ordinal);
        Assert.Contains("You received 20 TC from Ada.", bo.Text, StringComparison.Ordinal);
        Assert.Equal("Nobody is called bor. (who)", await ada.TypeAsync("finger bor"));
        Assert.Equal("Nobody is called boris. (who)", await ada.TypeAsync("pay boris 1"));
    }

    [Fact]
    public async Task The_beginning_of_a_name_is_enough_where_only_one_is_called_so()
    {
        var campus = new Campus();
        var (ada, _) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Heather"));

        Assert.StartsWith("Heather, Undergraduate", await ada.TypeAsync("finger hea"), StringComparison.Ordinal);
        await campus.EnrollAsync("Heath");
        Assert.Equal("hea may be Heath or Heather; say which.", await ada.TypeAsync("finger hea"));
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public async Task A_time_that_cannot_be_is_unknown(long active)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        var now = GameTime.Of(campus.Time.GetUtcNow());
        campus.Store.PutRaw("loc/00000000000000ff", new Whereabouts(1, "Eve", "home", "mining", now.Value, active).Write());

        var who = await ada.TypeAsync("who");

        Assert.Contains("Eve | Home | unknown", who, StringComparison.Ordinal);
        Assert.DoesNotContain("days", who, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public async Task Who_comes_back_after_a_forged_time_is_told_how_long_the_ledger_was_silent(long time)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("quit");
        ada.Kill();
        campus.Skip(TimeSpan.FromMinutes(30));
        campus.Store.PutRaw(PlayerKeys.Location(campus.IdOf("Ada")), new Whereabouts(1, "Ada", "home", "away", time, time).Write());

        var back = await campus.SitDownAsync();

        Assert.Contains("You were away 30 min: +360 TC.", await back.TypeAsync("ada"), StringComparison.Ordinal);
    }
}
