using Cmud.App.Play;
using Cmud.Game;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class CampusLifeTests
{
    [Fact]
    public async Task The_tutorial_notices_what_the_player_does_and_remembers_the_lesson()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");

        Assert.StartsWith("Lesson 1 of 5.", await ada.TypeAsync("tutorial"), StringComparison.Ordinal);
        Assert.DoesNotContain("Lesson", await ada.TypeAsync("look"), StringComparison.Ordinal);
        Assert.Contains("Lesson 2 of 5.", await ada.TypeAsync("mine"), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(90));
        Assert.Contains("Lesson 3 of 5.", await ada.TypeAsync("buy laptop"), StringComparison.Ordinal);
        await ada.TypeAsync("quit");
        ada.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(10));

        var again = await campus.SitDownAsync();
        await again.TypeAsync("ada");
        Assert.Contains("Lesson 4 of 5.", await again.TypeAsync("e"), StringComparison.Ordinal);
        Assert.Contains("Lesson 5 of 5.", await again.TypeAsync("'hello"), StringComparison.Ordinal);
        await again.TypeAsync("solve");
        Assert.Contains("That was all of it.", await again.TypeAsync(campus.Answer("Ada")), StringComparison.Ordinal);
        Assert.DoesNotContain("Lesson", await again.TypeAsync("mine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tutorial_says_how_long_it_takes_until_one_can_buy()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("tutorial");

        var lesson = await ada.TypeAsync("mine");

        Assert.Contains("The next laptop costs 24 TC and you have 12.", lesson, StringComparison.Ordinal);
        Assert.Matches(@"at 0\.2 TC a second that takes 5\d s\.", lesson);
        await campus.PassAsync(TimeSpan.FromSeconds(60));
        Assert.EndsWith("shop shows what there is: type buy laptop.", await ada.TypeAsync("tutorial"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alias_that_leads_back_to_itself_is_named_and_can_be_forgotten()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        Assert.Contains("'cd' is no verb of the game and no alias of yours", await ada.TypeAsync("alias ab cd now"), StringComparison.Ordinal);
        await ada.TypeAsync("alias cd say");
        await ada.TypeAsync("alias ab cd now");
        await ada.TypeAsync("alias cd ab");

        Assert.Equal("Your alias 'ab' leads from alias to alias and to no verb. (alias ab forgets it)", await ada.TypeAsync("ab"));
        Assert.Equal("ab means nothing special any more.", await ada.TypeAsync("alias ab"));
        await ada.TypeAsync("alias cd say");
        Assert.Equal("You say, \"hi\"", await ada.TypeAsync("cd hi"));
    }

    [Fact]
    public async Task By_day_The_Fence_says_when_night_falls()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        while (CampusDay.HourAt(GameTime.Of(campus.Time.GetUtcNow())) != 12) campus.Skip(TimeSpan.FromSeconds(10));

        Assert.Matches(@"nothing can be read\. \(it takes paint by night, which falls in (9|10) min\)", await ada.TypeAsync("go fence"));
        campus.Skip(TimeSpan.FromMinutes(11));
        Assert.Contains("nothing can be read. (paint TEXT)", await ada.TypeAsync("look"), StringComparison.Ordinal);
        await ada.TypeAsync("paint hello");
        Assert.Contains("The Fence reads: \"hello\", painted by Ada. (paint TEXT)", await ada.TypeAsync("look"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_goal_of_the_cluster_shows_how_far_it_is_itself()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        campus.Store.PutRaw("ctr/cluster/00000000000000ff", "5999999000");
        campus.Skip(TimeSpan.FromMinutes(1));

        var shown = await ada.TypeAsync("fund 1");

        Assert.Contains("All together have given 6,000,000 TC; 1 TC of it is yours.", shown, StringComparison.Ordinal);
        Assert.Contains("A second power line for the machine room: done, at 5,000,000 TC", shown, StringComparison.Ordinal);
        Assert.Contains("Cooling that does not drip: 6,000,000 TC of 1,000,000,000 TC; 994,000,000 TC to go", shown, StringComparison.Ordinal);
        Assert.Contains("Chairs for the Banquet Hall: 6,000,000 TC of 200,000,000,000 TC; 199,994,000,000 TC to go", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_names_ranks_by_their_titles()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await campus.RaiseAsync("Ada", 1);

        var history = await ada.TypeAsync("history");

        Assert.Contains("solves problem 1 of the Undergraduate", history, StringComparison.Ordinal);
        Assert.Contains("is promoted to Master's student", history, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"rank \d", history);
    }

    [Fact]
    public async Task A_newcomer_who_says_hello_is_answered_at_once_and_only_there()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(1));
        await ada.TypeAsync("newbie hello");
        var keys = campus.Store.Settled.Count(pair => pair.Key.StartsWith("ch/", StringComparison.Ordinal));

        await campus.PassAsync(TimeSpan.FromSeconds(4));

        Assert.Contains("[newbie] Mira: Welcome, Ada!", ada.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Mira", bo.Text, StringComparison.Ordinal);
        Assert.Contains("[newbie] Ada: hello", bo.Text, StringComparison.Ordinal);
        Assert.Equal(keys, campus.Store.Settled.Count(pair => pair.Key.StartsWith("ch/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_Coke_machine_counts_everybodys_bottles()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        Assert.Contains("go coke", await ada.TypeAsync("drink"), StringComparison.Ordinal);
        await ada.TypeAsync("go coke");
        await bo.TypeAsync("go wean");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal("Clunk. A cold Coke, your 1st; the counter on the slot says 1.", await ada.TypeAsync("drink"));
        Assert.Equal("Clunk. A cold Coke, your 1st; the counter on the slot says 2.", await bo.TypeAsync("drink"));
        Assert.Equal("Clunk. A cold Coke, your 2nd; the counter on the slot says 3.", await ada.TypeAsync("drink"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("Ada feeds the machine. Clunk.", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Achievements_are_read_from_the_ledger()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        Assert.Contains("Nothing yet", await ada.TypeAsync("achievements"), StringComparison.Ordinal);
        await campus.RaiseAsync("Ada", 2);
        await ada.TypeAsync("buy gpu");

        var wall = await ada.TypeAsync("achievements");

        Assert.Contains("A first problem solved | 2026-11-22", wall, StringComparison.Ordinal);
        Assert.Contains("Master's student | 2026-11-22", wall, StringComparison.Ordinal);
        Assert.Contains("PhD student | 2026-11-22", wall, StringComparison.Ordinal);
        Assert.Contains("A GPU rig | 2026-11-22", wall, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_can_show_coins_mode_and_room()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");

        await ada.TypeAsync("prompt %c %m in %r>");
        campus.Skip(TimeSpan.FromHours(1));

        Assert.Matches(@"^7\d\d TC mining in Home> $", ada.Session.Prompt);
        await ada.TypeAsync("prompt off");
        Assert.Equal("(mining) > ", ada.Session.Prompt);
    }

    [Fact]
    public async Task At_a_door_that_reads_aloud_numbers_are_words_and_the_map_is_a_list()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada", speaks: true);
        await campus.RaiseAsync("Ada", 0);

        Assert.Contains("1 trillion TC", await ada.TypeAsync("score"), StringComparison.Ordinal);
        var map = await ada.TypeAsync("map");
        Assert.DoesNotContain("---", map, StringComparison.Ordinal);
        Assert.Contains("Home: east to The Cut.", map, StringComparison.Ordinal);
        Assert.DoesNotContain(ada.Shown, output => output is Output.Block);
    }

    [Fact]
    public async Task A_screen_readers_numbers_can_be_asked_for_and_rooms_cut_short()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await campus.RaiseAsync("Ada", 0);
        Assert.Contains("000,000,0", await ada.TypeAsync("score"), StringComparison.Ordinal);

        Assert.Equal("screenreader is on.", await ada.TypeAsync("screenreader"));
        Assert.Equal("brief is on.", await ada.TypeAsync("brief"));
        Assert.Equal("brief can be on or off.", await ada.TypeAsync("brief maybe"));

        Assert.Contains("1 trillion TC", await ada.TypeAsync("score"), StringComparison.Ordinal);
        Assert.DoesNotContain("laptop", await ada.TypeAsync("look"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_and_bars_are_lists_once_a_screen_reader_is_set_whatever_the_terminal()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        var terminal = new Renderer(new(PlayMode.Terminal, Color: false, Spoken: false));
        Assert.Contains("\u2502 laptop", await DrawnAsync("shop"), StringComparison.Ordinal);

        await ada.TypeAsync("set screenreader on");

        Assert.Contains("\nlaptop: machine laptop, price 24 TC, mines 0.2 TC/s, you have 1\n", await DrawnAsync("shop"), StringComparison.Ordinal);
        Assert.DoesNotMatch("[\u2500-\u259F]", await DrawnAsync("shop") + await DrawnAsync("score") + await DrawnAsync("help coins") + await DrawnAsync("map"));
        await ada.TypeAsync("set screenreader off");
        Assert.Contains("\u2502 laptop", await DrawnAsync("shop"), StringComparison.Ordinal);

        async Task<string> DrawnAsync(string line)
        {
            ada.Clear();
            await ada.TypeAsync(line);
            return string.Concat(ada.Shown.Select(output => terminal.Render(output, columns: 80)));
        }
    }

    [Fact]
    public async Task The_ticker_can_be_turned_off()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal("ticker is off.", await bo.TypeAsync("ticker"));
        Assert.Contains("ticker | off", await bo.TypeAsync("channels"), StringComparison.Ordinal);
        bo.Clear();

        await ada.TypeAsync($"submit {campus.Answer("Ada")}");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal("Ada slaps the whiteboard: solved.", bo.Text);
    }

    [Fact]
    public async Task What_is_stored_for_a_character_by_other_means_comes_clean_to_the_screen()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("quit");
        ada.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        var id = campus.IdOf("Ada");
        campus.Store.PutRaw($"pc/{id}", """{"v":1,"name":"Ada","lesson":99,"settings":{"prompt":"\u001b[2J%c\u0007>","brief":"\u001b[1m"},"aliases":{"x\u001b":"look\u001b"}}""");

        var again = await campus.SitDownAsync();
        await again.TypeAsync("Ada");
        foreach (var line in new[] { "set", "prompt", "alias", "tutorial", "look", "x" }) await again.TypeAsync(line);

        Assert.DoesNotContain('\u001b', again.Text);
        Assert.DoesNotContain('\u001b', again.Session.Prompt);
        Assert.DoesNotContain('\u0007', again.Session.Prompt);
    }

    [Theory]
    [InlineData("""{"v":1,"name":"Eve","settings":null,"aliases":null,"ignored":null,"look":null}""")]
    [InlineData("""{"v":1,"name":"Eve","settings":{"prompt":null,"brief":null},"aliases":{"x":null},"ignored":[null],"lesson":-5,"advisor":"\u001b"}""")]
    public async Task A_character_with_holes_in_it_can_be_played(string character)
    {
        var campus = new Campus();
        var eve = await campus.EnrollAsync("Eve");
        await eve.TypeAsync("quit");
        eve.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        campus.Store.PutRaw($"pc/{campus.IdOf("Eve")}", character);

        var again = await campus.SitDownAsync();
        await again.TypeAsync("Eve");
        foreach (var line in new[] { "set", "prompt", "alias", "ignore", "tutorial", "look", "x", "advisor", "finger eve", "say hi" }) await again.TypeAsync(line);

        Assert.Equal("(mining) > ", again.Session.Prompt);
    }

    [Fact]
    public async Task A_letter_dated_far_ahead_is_none()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        campus.Store.PutRaw($"tell/{campus.IdOf("Ada")}/90000000000000000-00000000000000ff-00000000000000ff-000001", """{"v":1,"kind":"mail","name":"Eve","text":"psst"}""");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        await ada.TypeAsync("mail 1");
        await bo.TypeAsync("mail ada see you at noon");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        var mail = await ada.TypeAsync("mail");

        Assert.Contains("Your letters, 1 unread", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("Eve", mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(long.MaxValue, long.MinValue)]
    [InlineData(18_000_000_000_000_000, 0)]
    public async Task A_place_told_at_an_impossible_time_harms_nobody(long time, long active)
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        campus.Store.PutRaw("loc/00000000000000ff", $$"""{"v":1,"name":"Eve","room":"home","mode":"x","time":{{time}},"active":{{active}}}""");

        Assert.DoesNotContain("Eve", await ada.TypeAsync("who"), StringComparison.Ordinal);
        foreach (var line in new[] { "look", "map", "go fence", "guard" }) Assert.NotEmpty(await ada.TypeAsync(line));
    }

    [Fact]
    public async Task A_description_can_be_taken_away_again()
    {
        var ada = await new Campus().EnrollAsync("Ada");

        await ada.TypeAsync("describe tall and tired");
        Assert.Contains("tall and tired", await ada.TypeAsync("look ada"), StringComparison.Ordinal);
        Assert.Equal("Who looks at you now sees nothing special.", await ada.TypeAsync("describe none"));
        Assert.DoesNotContain("tall", await ada.TypeAsync("look ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_nothing_to_leave_is_told_so()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        await ada.TypeAsync("e");

        Assert.StartsWith("You are at nothing that you could leave", await ada.TypeAsync("back"), StringComparison.Ordinal);
        await ada.TypeAsync("solve");
        Assert.DoesNotContain("nothing that you could leave", await ada.TypeAsync("back"), StringComparison.Ordinal);
    }
}
