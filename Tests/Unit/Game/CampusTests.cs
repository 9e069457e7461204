using Cmud.Game;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class CampusTests
{
    [Fact]
    public async Task A_newcomer_names_a_character_hears_a_story_and_sits_at_the_rig()
    {
        var seat = await new Campus().SitDownAsync();
        Assert.Contains("Name your character", seat.Text, StringComparison.Ordinal);

        await seat.TypeAsync("Heather");
        await seat.TypeAsync("");

        Assert.Equal("(mining) > ", seat.Session.Prompt);
        Assert.Contains("Type mine.", seat.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("😀😀")]
    [InlineData("A\u001b[2Jb")]
    public async Task Row_02_A_name_that_cannot_be_is_refused_and_asked_for_again(string name)
    {
        var campus = new Campus();
        var seat = await campus.SitDownAsync();

        var said = await seat.TypeAsync(name);

        Assert.NotEmpty(said);
        Assert.Equal("> ", seat.Session.Prompt);
        Assert.Empty(campus.Store.Settled);
    }

    [Fact]
    public async Task Of_two_who_claim_a_name_at_once_one_gets_it_and_the_other_is_told()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var campus = new Campus(seed, replicas: 6, TimeSpan.FromSeconds(2));
            var (one, other) = (await campus.SitDownAsync(), await campus.SitDownAsync());

            await one.TypeAsync("Heather");
            await other.TypeAsync("heather");
            await campus.PassAsync(TimeSpan.FromSeconds(8));

            Assert.Equal(["(mining) > ", "> "], new[] { one, other }.Select(seat => seat.Session.Prompt).Order(StringComparer.Ordinal));
            Assert.Contains("Take another name.", one.Text + other.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_said_in_a_room_is_heard_there_and_nowhere_else()
    {
        var campus = new Campus();
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await eve.TypeAsync("go cut");
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        eve.Clear();

        var own = await ada.TypeAsync("say hi");
        await campus.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal("You say, \"hi\"", own);
        Assert.Contains("Ada says, \"hi\"", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hi", eve.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_walks_is_seen_leaving_and_arriving()
    {
        var campus = new Campus();
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await eve.TypeAsync("east");
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        bo.Clear();
        eve.Clear();

        for (var i = 0; i < 20; i++) await ada.TypeAsync(i % 2 == 0 ? "e" : "w");
        await campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(10, Count(bo.Text, "Ada strolls off east."));
        Assert.Equal(10, Count(bo.Text, "Ada comes in from The Cut."));
        Assert.Equal(10, Count(eve.Text, "Ada comes in from Home."));
        Assert.Equal(10, Count(eve.Text, "Ada strolls off west."));
    }

    [Fact]
    public async Task Who_watches_the_rig_still_hears_what_is_said()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync("say over here");

        var shown = await ada.TypeAsync("mine 3");

        Assert.Matches("(?s)Bo says, \"over here\".*The rig hums", shown);
    }

    /// <summary>A writer whose clock is ahead must not stop anybody's rig.</summary>
    [Fact]
    public async Task The_rig_mines_on_when_a_letter_comes_from_a_clock_that_is_ahead()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        var ahead = GameTime.Of(campus.Time.GetUtcNow() + TimeSpan.FromSeconds(100));
        campus.Store.PutRaw(new TellKey(campus.IdOf("Ada"), new(ahead, new(1), new(2), 1)).ToString(), new FeedLine(FeedKind.Tell, "Fast", "hello", null).Write());
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Contains("Fast (?) tells you: hello", ada.Text, StringComparison.Ordinal);
        Assert.Matches(@"\+0\.[4-6] TC", await ada.TypeAsync("mine 2"));
    }

    [Theory]
    [InlineData(1_100)]
    [InlineData(3)]
    public async Task What_stands_in_a_former_sessions_place_keeps_nobody_out(int length)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("quit");
        var place = $"ev/{new string(length > 10 ? 'a' : '\u0001', length)}/29923229/";
        campus.Store.PutRaw(new SessionKey(campus.IdOf("Ada"), new(7)).ToString(), $$"""{"v":1,"start":0,"beat":0,"door":"ended","wrote":["{{place.Replace("\u0001", "\\u0001", StringComparison.Ordinal)}}"]}""");

        var back = await campus.SitDownAsync();
        await back.TypeAsync("ada");

        Assert.Equal("(mining) > ", back.Session.Prompt);
    }

    [Fact]
    public async Task Forged_rows_take_nobodys_place_on_the_board()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        for (var i = 1UL; i <= 300; i++)
            campus.Store.PutRaw(PlayerKeys.BoardRow("s1", new(i)), """{"v":1,"name":"x","rank":8,"citations":2147483647,"solved":0,"milli":0}""");

        Assert.Contains("1 | Ada | Undergraduate", await ada.TypeAsync("top"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nonsense_in_the_place_of_claims_takes_no_name_away()
    {
        var campus = new Campus();
        var nora = await campus.EnrollAsync("Nora");
        await nora.TypeAsync("quit");
        for (var i = 0; i < 600; i++) campus.Store.PutRaw($"name/nora/!{i:000}", "x");

        var back = await campus.SitDownAsync();

        Assert.Contains("Welcome back, Nora", await back.TypeAsync("nora"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tell_reaches_one_person_anywhere_and_can_be_answered()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync("go fence");

        await ada.TypeAsync("tell bo psst");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        await bo.TypeAsync("reply what?");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("Ada tells you: psst", bo.Text, StringComparison.Ordinal);
        Assert.Contains("Bo tells you: what?", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_who_is_ignored_is_not_heard()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync("ignore ada");
        bo.Clear();

        await ada.TypeAsync("say hello?");
        await ada.TypeAsync("tell bo hello?");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal("", bo.Text);
    }

    [Fact]
    public async Task A_later_session_takes_the_character_over()
    {
        var campus = new Campus();
        var first = await campus.EnrollAsync("Ada");
        await campus.PassAsync(TimeSpan.FromSeconds(10));

        var second = await campus.SitDownAsync();
        await second.TypeAsync("ada");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Contains("You are now elsewhere", first.Text, StringComparison.Ordinal);
        Assert.Contains("newer session", await first.TypeAsync("say hi"), StringComparison.Ordinal);
        Assert.Equal("You say, \"hi\"", await second.TypeAsync("say hi"));
    }

    [Theory]
    [InlineData("xyzzy", "Nobody here knows how to 'xyzzy'. Type help to see what can be done.")]
    [InlineData("ox", "Nobody here knows how to 'ox'. Type help to see what can be done.")]
    [InlineData("bo", "Nobody here knows how to 'bo'. Type help to see what can be done.")]
    [InlineData("cat", "Nobody here knows how to 'cat'. Type help to see what can be done.")]
    [InlineData("og", "Nobody here knows how to 'og'. Did you mean go? (help)")]
    [InlineData("byu", "Nobody here knows how to 'byu'. Did you mean buy? (help)")]
    [InlineData("lokk", "Nobody here knows how to 'lokk'. Did you mean look? (help)")]
    [InlineData("sa hello", "You say, \"hello\"")]
    [InlineData("'hello", "You say, \"hello\"")]
    [InlineData(":waves.", "Ada waves.")]
    public async Task Abbreviations_work_and_near_misses_suggest(string typed, string shown)
    {
        var ada = await new Campus().EnrollAsync("Ada");

        Assert.Equal(shown, await ada.TypeAsync(typed));
    }

    private static int Count(string text, string line) => text.Split('\n').Count(shown => shown == line);
}
