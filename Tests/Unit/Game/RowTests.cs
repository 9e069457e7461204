using System.Globalization;
using System.Text.RegularExpressions;
using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Places;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>The acceptance play-tests of the design whose number each test has, on six replicas up to two seconds apart in made-up time.</summary>
public sealed partial class RowTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Row_04_coins_rise_at_the_displayed_rate_and_a_price_is_paid_once()
    {
        var (campus, ada) = await RichAsync();

        var before = CoinsOf(await ada.TypeAsync("score"));
        campus.Skip(TimeSpan.FromSeconds(100));
        var after = CoinsOf(await ada.TypeAsync("score"));
        await ada.TypeAsync("buy laptop");
        var bought = CoinsOf(await ada.TypeAsync("score"));
        campus.Skip(TimeSpan.FromSeconds(100));

        Assert.InRange(after - before, 19, 21);
        Assert.InRange(after - bought, 23, 25);
        Assert.InRange(CoinsOf(await ada.TypeAsync("score")) - bought, 39, 41);
    }

    [Theory]
    [InlineData(11, "away 11 h", "+7,920 TC.")]
    [InlineData(20, "away 20 h", "+8,640 TC (a rig mines 12 h unattended, no longer).")]
    public async Task Row_06_who_comes_back_has_gained_rate_times_time_up_to_twelve_hours(int hours, string away, string gain)
    {
        var (campus, ada) = await RichAsync();
        await ada.TypeAsync("quit");
        campus.Skip(TimeSpan.FromHours(hours));

        var text = (await ReturnAsync(campus, "ada")).Text;

        Assert.Contains(away, text, StringComparison.Ordinal);
        Assert.Contains(gain, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_15_who_walks_to_and_fro_is_never_in_two_rooms_and_leaves_as_often_as_they_come(bool watches)
    {
        var campus = new Campus(15, replicas: 6, Lag, watches);
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        await eve.TypeAsync("east");
        await campus.PassAsync(TimeSpan.FromSeconds(8));
        bo.Clear();
        eve.Clear();

        for (var i = 0; i < 20; i++)
        {
            await ada.TypeAsync(i % 2 == 0 ? "e" : "w");
            await campus.PassAsync(TimeSpan.FromSeconds(1));
            var map = await bo.TypeAsync("map");
            Assert.InRange(map.Split('\n').Count(line => line.Contains(": ", StringComparison.Ordinal) && line.Contains("Ada", StringComparison.Ordinal)), 0, 1);
        }

        await campus.PassAsync(TimeSpan.FromSeconds(8));
        Assert.Equal((10, 10), (Count(bo, "Ada strolls off east."), Count(bo, "Ada comes in from The Cut.")));
        Assert.Equal((10, 10), (Count(eve, "Ada comes in from Home."), Count(eve, "Ada strolls off west.")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_16_a_payer_who_dies_after_the_debit_makes_up_for_the_credit_once(bool watches)
    {
        var campus = new Campus(16, replicas: 6, Lag, watches);
        var client = new MortalStore(campus.Store.Connect());
        var ada = await campus.EnrollAsync("Ada", client);
        var bo = await campus.EnrollAsync("Bo");
        campus.Skip(TimeSpan.FromMinutes(10));
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        client.DieAfter(1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ada.TypeAsync("pay bo 50"));
        ada.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("You received", bo.Text, StringComparison.Ordinal);

        await ReturnAsync(campus, "ada");
        await ReturnAsync(campus, "ada");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Equal(1, Count(bo, "You received 50 TC from Ada."));
        Assert.Single(campus.Store.Settled, pair => pair.Key.StartsWith("pay/", StringComparison.Ordinal));
        Assert.Contains("Every step keeps to the rules.", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_17_what_was_paid_cannot_be_paid_again()
    {
        var (campus, ada) = await RichAsync();
        await campus.EnrollAsync("Bo");
        await campus.EnrollAsync("Cy");

        var first = await ada.TypeAsync("pay bo 80");
        var second = await ada.TypeAsync("pay cy 80");

        Assert.StartsWith("Sent 80 TC to Bo", first, StringComparison.Ordinal);
        Assert.StartsWith("That costs 80 TC; you have", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_18_of_two_sessions_the_later_one_spends_and_nothing_is_spent_twice()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var (campus, first) = await RichAsync(seed);
            var bo = await campus.EnrollAsync("Bo");
            await campus.PassAsync(TimeSpan.FromSeconds(3));

            var second = await ReturnAsync(campus, "ada");
            var one = await first.TypeAsync("pay bo 80");
            var other = await second.TypeAsync("pay bo 80");
            await campus.PassAsync(TimeSpan.FromSeconds(15));

            Assert.Equal(1, new[] { one, other }.Count(said => said.Contains("Sent 80 TC", StringComparison.Ordinal)));
            Assert.Contains("the cashier counts twice", other, StringComparison.Ordinal);
            Assert.Equal(1, Count(first, "You are now elsewhere: a newer session of yours took over. This one may look, but spends nothing and says nothing. (takeover plays on here, quit leaves)"));
            Assert.Contains("your newer session does that", await first.TypeAsync("pay bo 1"), StringComparison.Ordinal);
            Assert.Contains("Every step keeps to the rules.", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
            Assert.DoesNotContain("You owe", await second.TypeAsync("score"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Row_21_a_copied_answer_is_no_answer()
    {
        var rules = new Rulebook(Economy.Standard);
        var start = Economy.Standard.SeasonStart;
        var account = rules.Judge(rules.Unborn(new(2)), new(start, EntryKind.Born)).After;
        var copied = new LedgerEntry(start + TimeSpan.FromMinutes(1), EntryKind.Solve) { Text = rules.ProblemOf(rules.Unborn(new(1))).Solve() };

        Assert.Equal("That is not the answer.", rules.Judge(account, copied).Refusal);
        Assert.True(rules.Judge(account, copied with { Text = rules.ProblemOf(account).Solve() }).IsAllowed);
    }

    [Fact]
    public async Task Row_25_of_two_who_paint_in_the_same_second_every_replica_comes_to_one()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var campus = new Campus(seed, replicas: 6, Lag);
            var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
            while (!CampusDay.IsNightAt(Now(campus))) campus.Skip(TimeSpan.FromMinutes(1));
            await ada.TypeAsync("go fence");
            await bo.TypeAsync("go fence");

            Assert.Contains("now reads: \"Ada was here\"", await ada.TypeAsync("paint Ada was here"), StringComparison.Ordinal);
            Assert.Contains("now reads: \"Bo knows\"", await bo.TypeAsync("paint Bo knows"), StringComparison.Ordinal);
            campus.Skip(Lag);

            var texts = new HashSet<string?>();
            for (var replica = 0; replica < 6; replica++) texts.Add(await campus.Store.Connect(replica).Get(SharedKeys.Fence, default));
            Assert.Contains("Bo knows", Assert.Single(texts), StringComparison.Ordinal);
            Assert.Contains("The Fence reads: \"Bo knows\", painted by Bo.", await ada.TypeAsync("look"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Row_26_what_three_give_adds_up_everywhere_and_a_goal_once_reached_stays_reached()
    {
        var campus = new Campus(26, replicas: 6, Lag);
        Seat[] seats = [await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Cy")];
        campus.Skip(TimeSpan.FromMinutes(10));
        var goal = Economy.Standard.Cluster[0];
        campus.Store.PutRaw(SharedKeys.Counter(SharedKeys.Counters("cluster"), new(99)), Department.Write(goal.Coins.Milli - 100_000));

        foreach (var seat in seats) await seat.TypeAsync("fund 30");
        await campus.PassAsync(TimeSpan.FromSeconds(3));
        Assert.All(await TotalsAsync(campus), total => Assert.Equal(goal.Coins.Milli - 10_000, total));
        await seats[0].TypeAsync("fund 10");
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.All(await TotalsAsync(campus), total => Assert.Equal(goal.Coins.Milli, total));
        for (var i = 0; i < 3; i++) Assert.Contains($"{goal.Name}: done", await seats[i].TypeAsync("fund"), StringComparison.Ordinal);
        Assert.InRange(seats.Max(seat => Count(seat, $"* Ada completed what all began: {goal.Name}.")), 0, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_27_a_letter_waits_for_who_is_away_and_is_read_once(bool watches)
    {
        var campus = new Campus(27, replicas: 6, Lag, watches);
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await bo.TypeAsync("quit");
        await campus.PassAsync(TimeSpan.FromSeconds(3));
        await ada.TypeAsync("mail bo See you at noon.");
        campus.Skip(TimeSpan.FromHours(1));

        var back = await ReturnAsync(campus, "bo");
        Assert.Contains("1 letter waits for you.", back.Text, StringComparison.Ordinal);
        Assert.Contains("See you at noon.", await back.TypeAsync("mail 1"), StringComparison.Ordinal);
        await back.TypeAsync("quit");
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        var again = await ReturnAsync(campus, "bo");
        Assert.DoesNotContain("waits for you", again.Text, StringComparison.Ordinal);
        Assert.Contains("all read", await again.TypeAsync("mail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_28_one_is_deaf_to_who_is_ignored_and_others_to_a_flood(bool watches)
    {
        var campus = new Campus(28, replicas: 6, Lag, watches);
        var (ada, bo, cy) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Cy"));
        await bo.TypeAsync("ignore ada");
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        bo.Clear();
        cy.Clear();

        for (var i = 1; i <= 100; i++) PutLine(campus, IdOf(campus, "ada"), i, new FeedLine(FeedKind.Say, "Ada", $"buy my stuff {i}", null).Write());
        await campus.PassAsync(TimeSpan.FromSeconds(4));

        Assert.Equal("", bo.Text);
        Assert.InRange(cy.Text.Split('\n').Count(line => line.Contains("buy my stuff", StringComparison.Ordinal)), 1, FloodGate.Burst + 8);
        Assert.InRange(Count(cy, "Ada, or somebody in that name, says more than anyone can read; the rest is left out. (ignore Ada)"), 1, 5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_29_whatever_is_put_nobodys_screen_or_client_is_harmed(bool watches)
    {
        var campus = new Campus(29, replicas: 6, Lag, watches);
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(5));
        var (me, cheat) = (IdOf(campus, "bo"), new PlayerId(666));
        var deep = string.Concat(Enumerable.Repeat("{\"v\":", 10_000)) + "1" + new string('}', 10_000);
        string[] values =
        [
            new FeedLine(FeedKind.Say, "Mallory\u001b[2J", "\u001b[2J\r\u0007\u202egnp.exe", null).Write(), new FeedLine(FeedKind.Say, "Mallory", new string('x', 1 << 20), null).Write(),
            "{", "null", "[]", "\"\\ud800\"", "\ud800", "{\"v\":1e999}", "{\"v\":1,\"name\":\"M\",\"room\":\"home\",\"mode\":\"mining\",\"time\":-9223372036854775808,\"active\":9223372036854775807}",
            "{\"v\":1,\"name\":\"Mallory\",\"room\":\"home\",\"mode\":\"mining\",\"time\":99999999999999999,\"active\":-9223372036854775808}", deep,
            "{\"v\":1,\"start\":-9223372036854775808,\"beat\":-9223372036854775808,\"door\":null,\"wrote\":[null,\"\",\"ev/\",\"led/\"]}",
            "{\"v\":1,\"name\":\"Bo\",\"aliases\":null,\"settings\":{\"prompt\":null},\"ignored\":[null,\"x\"]}", "99999999999999999",
            "{\"v\":1,\"t\":\"99999999999999999\",\"kind\":\"pay\",\"milli\":1000000000000000000,\"to\":\"" + me + "\"}", "{\"v\":1,\"upTo\":{\"x\":1},\"taken\":[null],\"deeds\":[null]}",
            "{\"v\":1,\"name\":null,\"rank\":-5,\"citations\":2147483647,\"milli\":9223372036854775807}",
        ];

        for (var i = 0; i < values.Length; i++)
        {
            PutLine(campus, cheat, i + 1, values[i]);
            string[] keys =
            [
                PlayerKeys.Character(me), PlayerKeys.Location(cheat), PlayerKeys.Seen(me), PlayerKeys.Checkpoint(me), new SessionKey(me, new((ulong)i + 1)).ToString(),
                new TellKey(me, new(Now(campus).Next, cheat, new(1), i + 1)).ToString(), new TellKey(me, new(new(99_999_999_999_999_999), cheat, new(1), i + 1)).ToString(),
                new PaymentKey(me, cheat, new(1), i + 1).ToString(), new LedgerKey(cheat, new(1), i + 1).ToString(), PlayerKeys.BoardRow("s1", cheat), SharedKeys.Fence,
                SharedKeys.Counter(SharedKeys.Counters("cluster"), cheat), $"name/bo/{values[i].Length}", "tell/" + me + "/\u001b[2J", "loc/", "ev/home/x/y",
            ];
            foreach (var key in keys) campus.Store.PutRaw(key, values[i]);
            await campus.PassAsync(TimeSpan.FromSeconds(3));
            foreach (var verb in new[] { "look", "who", "map", "top", "mail", "mail 1", "fund", "history", "audit bo", "finger bo", "score", "back" }) await bo.TypeAsync(verb);
        }

        Assert.Equal("You say, \"hi\"", await bo.TypeAsync("say hi"));
        await bo.TypeAsync("quit");
        var back = await ReturnAsync(campus, "bo");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Equal("You say, \"hi\"", await back.TypeAsync("say hi"));
        foreach (var text in new[] { ada.Text, bo.Text, back.Text, bo.Session.Prompt, back.Session.Prompt })
        {
            Assert.DoesNotContain(text, rune => (char.IsControl(rune) && rune != '\n') || rune == '\u202e');
            Assert.All(text.Split('\n'), line => Assert.True(line.Length < 1_000, line));
        }
    }

    [Fact]
    public async Task Row_30_forged_coins_and_a_forged_row_are_off_the_board_and_an_audit_says_why()
    {
        var (campus, ada) = await RichAsync(30);
        var bo = await campus.EnrollAsync("Bo");
        await ada.TypeAsync("pay bo 80");
        var (cheat, now) = (new PlayerId(666), Now(campus));
        campus.Store.PutRaw(new NameClaim("cheat", now, new(1)).ToString(), cheat.ToString());
        campus.Store.PutRaw(new LedgerKey(cheat, new(1), 1).ToString(), new LedgerEntry(now, EntryKind.Born).Write());
        campus.Store.PutRaw(new LedgerKey(cheat, new(1), 2).ToString(), new LedgerEntry(now.Next, EntryKind.Buy) { Item = "quantum", Count = 100 }.Write());
        campus.Store.PutRaw(PlayerKeys.BoardRow("s1", cheat), "{\"v\":1,\"name\":\"Cheat\",\"rank\":8,\"citations\":9,\"solved\":999,\"milli\":999999999999}");
        for (var i = 1; i <= 50; i++) campus.Store.PutRaw(PlayerKeys.BoardRow("s1", new((ulong)i)), "{\"v\":1,\"name\":\"Ghost\",\"rank\":8,\"citations\":9,\"solved\":999,\"milli\":1}");

        // All the while the honest ones are believed, also by those who see half of it.
        for (var i = 0; i < 12; i++)
        {
            await campus.PassAsync(TimeSpan.FromSeconds(0.5));
            Assert.DoesNotContain("[unverified]", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
            Assert.DoesNotContain("[unverified]", await ada.TypeAsync("audit bo"), StringComparison.Ordinal);
        }

        await campus.PassAsync(TimeSpan.FromSeconds(12));
        var board = await bo.TypeAsync("top");
        Assert.Contains("| Ada |", board, StringComparison.Ordinal);
        Assert.DoesNotContain("Cheat", board, StringComparison.Ordinal);
        Assert.DoesNotContain("Ghost", board, StringComparison.Ordinal);
        Assert.Contains("[unverified] The quantum prototype is sold from the rank of", await bo.TypeAsync("audit cheat"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-3_600)]
    [InlineData(40_000_000)]
    public async Task A_key_that_a_dead_session_left_locks_nobody_out(int ahead)
    {
        var (campus, ada) = await RichAsync();
        ada.Kill();
        var start = Now(campus) + TimeSpan.FromSeconds(ahead);
        campus.Store.PutRaw(new SessionKey(IdOf(campus, "ada"), new(1)).ToString(), $$"""{"v":1,"start":{{start.Value}},"beat":{{start.Value}},"door":"test"}""");
        campus.Skip(Lag);

        var again = await ReturnAsync(campus, "ada");
        await campus.PassAsync(TimeSpan.FromSeconds(150));

        Assert.Equal("You say, \"hi\"", await again.TypeAsync("say hi"));
        Assert.DoesNotContain("elsewhere", again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_loses_a_name_to_an_earlier_claim_keeps_all_else_under_another()
    {
        var campus = new Campus(31, replicas: 6, Lag);
        var heather = await campus.EnrollAsync("Heather");
        var id = IdOf(campus, "heather");
        campus.Store.PutRaw(new NameClaim("heather", Now(campus) + TimeSpan.FromMinutes(-5), new(1)).ToString(), new PlayerId(77).ToString());

        await campus.PassAsync(TimeSpan.FromSeconds(75));
        Assert.Contains("You are Heather-2 now", heather.Text, StringComparison.Ordinal);
        await heather.TypeAsync("quit");
        var back = await ReturnAsync(campus, "heather-2");

        Assert.Contains("Welcome back, Heather-2", back.Text, StringComparison.Ordinal);
        Assert.Equal(id, IdOf(campus, "heather-2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Row_40_a_newcomer_mines_buys_moves_speaks_and_solves_within_five_minutes(bool watches)
    {
        var campus = new Campus(seed: 40, replicas: 6, Lag, watches);
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
        Assert.Contains("loop tracing", await ada.TypeAsync("solve"), StringComparison.Ordinal);
        Assert.Contains("Accepted. +30 TC", await ada.TypeAsync(campus.Answer("Ada")), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Contains("Ada says, \"hello\"", bo.Text, StringComparison.Ordinal);
        Assert.Contains("[newbie] Ada: hello", bo.Text, StringComparison.Ordinal);
        Assert.InRange(campus.Time.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [GeneratedRegex(@"^Coins: ([\d,.]+) TC", RegexOptions.Multiline)]
    private static partial Regex CoinsLine { get; }

    private static decimal CoinsOf(string score) => decimal.Parse(CoinsLine.Match(score).Groups[1].Value, CultureInfo.InvariantCulture);

    private static int Count(Seat seat, string line) => seat.Text.Split('\n').Count(shown => shown == line);

    private static GameTime Now(Campus campus) => GameTime.Of(campus.Time.GetUtcNow());

    private static PlayerId IdOf(Campus campus, string name) =>
        PlayerId.TryParse(campus.Store.Settled.First(pair => pair.Key.StartsWith($"name/{name}/", StringComparison.Ordinal)).Value, out var id) ? id : default;

    /// <summary>Puts a line into the room where everybody begins, as any program may.</summary>
    private static void PutLine(Campus campus, PlayerId from, int number, string value) =>
        campus.Store.PutRaw(Feed.Room(World.Standard.Start.Id).Key(new(new(Now(campus).Value + number), from, new(1), number)), value);

    /// <summary>Ada, with somewhat more than 100 TC, at home for a while.</summary>
    private static async Task<(Campus Campus, Seat Ada)> RichAsync(int seed = 4)
    {
        var campus = new Campus(seed, replicas: 6, Lag);
        var ada = await campus.EnrollAsync("Ada");
        campus.Skip(TimeSpan.FromSeconds(450));
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        return (campus, ada);
    }

    private static async Task<Seat> ReturnAsync(Campus campus, string name)
    {
        var seat = await campus.SitDownAsync();
        await seat.TypeAsync(name);
        return seat;
    }

    private static async Task<List<long>> TotalsAsync(Campus campus)
    {
        var counters = SharedKeys.Counters("cluster");
        var totals = new List<long>();
        for (var replica = 0; replica < campus.Store.Replicas; replica++)
        {
            var pairs = new List<KeyValuePair<string, string>>();
            await foreach (var pair in campus.Store.Connect(replica).List(counters, default)) pairs.Add(pair);
            totals.Add(Department.Sum(counters, pairs));
        }

        return totals;
    }
}
