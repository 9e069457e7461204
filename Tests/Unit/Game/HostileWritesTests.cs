using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Play.Verbs;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What a stranger with a tool of their own puts into the store, by the thousand, against players who keep to the rules.</summary>
public sealed class HostileWritesTests
{
    private const string Passphrase = "correct horse battery";

    /// <summary>More than any bound of a reading that a stranger could fill.</summary>
    private const int Many = 5_001;

    [Fact]
    public async Task Thousands_of_payments_that_nobody_made_take_no_coin_from_who_was_paid()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        campus.Skip(TimeSpan.FromMinutes(10));
        await campus.PassAsync(TimeSpan.FromSeconds(6));
        await ada.TypeAsync("pay bo 100");
        await campus.PassAsync(TimeSpan.FromSeconds(6));
        await bo.TypeAsync("buy laptop 5");
        await campus.PassAsync(TimeSpan.FromSeconds(6));

        var (id, early) = (campus.IdOf("Bo"), Now(campus) + TimeSpan.FromSeconds(-60));
        for (var i = 1; i <= Many; i++)
            campus.Store.PutRaw(new PaymentKey(id, new((ulong)i), new(1), 1).ToString(), new LedgerEntry(early, EntryKind.Pay) { To = id, Amount = new(1) }.Write());
        await ada.TypeAsync("pay bo 7");
        await campus.PassAsync(TimeSpan.FromSeconds(40));

        Assert.Contains("You received 7 TC from Ada.", bo.Text, StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await ada.TypeAsync("audit bo"), StringComparison.Ordinal);
        Assert.Contains("receives 7 TC from Ada", await ada.TypeAsync("audit bo"), StringComparison.Ordinal);
        await bo.TypeAsync("quit");
        bo.Kill();
        campus.Skip(TimeSpan.FromSeconds(20));

        var back = await ReturnAsync(campus, "bo");
        await campus.PassAsync(TimeSpan.FromSeconds(6));
        Assert.DoesNotContain("[unverified]", await back.TypeAsync("score"), StringComparison.Ordinal);
        Assert.Contains("receives 7 TC from Ada", await back.TypeAsync("history"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_is_heaped_into_a_signed_ledger_hides_what_its_player_wrote()
    {
        var campus = new Campus();
        var (gina, bo) = (await campus.EnrollAsync("Gina"), await campus.EnrollAsync("Bo"));
        campus.Skip(TimeSpan.FromMinutes(5));
        await SecureAsync(gina);
        await gina.TypeAsync("buy laptop");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        var id = campus.IdOf("Gina");
        for (var i = 1; i <= Ledger.MaxEntries + 10; i++) campus.Store.PutRaw(new LedgerKey(id, new((ulong)i), 1).ToString(), "x");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        var audit = await bo.TypeAsync("audit gina");
        Assert.Contains("Every step keeps to the rules.", audit, StringComparison.Ordinal);
        Assert.Contains($"{Ledger.MaxEntries + 10} entries that somebody else put there do not count.", audit, StringComparison.Ordinal);
        await gina.TypeAsync("quit");
        gina.Kill();
        campus.Skip(TimeSpan.FromMinutes(1));

        var back = await ReturnAsync(campus, "gina");
        Assert.Contains("Welcome back, Gina", await back.TypeAsync(Passphrase), StringComparison.Ordinal);
        Assert.DoesNotContain("[unverified]", await back.TypeAsync("score"), StringComparison.Ordinal);
        Assert.Contains("Your rig hums louder", await back.TypeAsync("buy laptop"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_race_full_of_nonsense_is_won_by_who_solves_it()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        var race = Race.At(Now(campus), "s1");
        var monday = GameTime.Of(new DateTimeOffset(2026, 11, 16, 0, 0, 0, TimeSpan.Zero));
        for (var i = 0; i <= Many; i++) campus.Store.PutRaw(SharedKeys.RaceEntry(race.Week, 0, new(monday.Value + i), new((ulong)i + 1)), "x");

        Assert.Contains("Right, and first so far (provisional).", await ada.TypeAsync($"race {race.Problem.Solve()}"), StringComparison.Ordinal);
        await campus.PassAsync(TimeSpan.FromSeconds(6));
        Assert.Contains("you won the race of the week", ada.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_quits_right_after_a_server_took_a_payment_along_stays_honest_and_the_payment_comes(bool byDoor)
    {
        var campus = new Campus();
        var mortal = new MortalStore(campus.Store.Connect());
        var (ada, walt) = (await campus.EnrollAsync("Ada", mortal), await campus.EnrollAsync("Walt"));
        campus.Skip(TimeSpan.FromMinutes(1));
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        // The server said that it has them, and was gone before it passed them on.
        mortal.Loses = static key => key.StartsWith("led/", StringComparison.Ordinal) || key.StartsWith("pay/", StringComparison.Ordinal);
        Assert.Contains("Sent 3 TC to Walt", await ada.TypeAsync("pay walt 3"), StringComparison.Ordinal);
        mortal.Loses = static _ => false;
        campus.Skip(TimeSpan.FromSeconds(1));
        if (byDoor) ada.Run(async () => await ada.Session.DisposeAsync());
        else await ada.TypeAsync("quit");
        ada.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Contains("You received 3 TC from Ada.", walt.Text, StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await walt.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_letter_dated_ahead_silences_nobody()
    {
        var campus = new Campus();
        var (lissy, bo) = (await campus.EnrollAsync("Lissy"), await campus.EnrollAsync("Bo"));
        var ahead = Now(campus) + TimeSpan.FromSeconds(115);
        campus.Store.PutRaw(new TellKey(campus.IdOf("Lissy"), new(ahead, new(7), new(7), 1)).ToString(), new FeedLine(FeedKind.Tell, "Eve", "psst", null).Write());
        campus.Store.PutRaw(new PaymentKey(campus.IdOf("Lissy"), new(7), new(7), 1).ToString(), new LedgerEntry(ahead, EntryKind.Pay) { To = campus.IdOf("Lissy"), Amount = new(1) }.Write());
        campus.Store.PutRaw(new SessionKey(campus.IdOf("Lissy"), new(7)).ToString(), $$"""{"v":1,"start":0,"beat":{{ahead.Value}},"door":"x"}""");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        await lissy.TypeAsync("say hello");
        await campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("Lissy says, \"hello\"", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_under_a_fresh_identity_each_fill_no_screen_and_drown_nobody_who_has_a_name()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await ada.TypeAsync("say before");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        bo.Clear();

        for (var second = 0; second < 8; second++)
        {
            for (var i = 0; i < 185; i++) PutLine(campus, new PlayerId((ulong)((second * 1_000) + i + 1)), 1, new FeedLine(FeedKind.Say, "Eve", "buy my stuff", null).Write());
            await ada.TypeAsync($"say and {second}");
            await campus.PassAsync(TimeSpan.FromSeconds(1));
        }

        var lines = bo.Text.Split('\n');
        Assert.InRange(lines.Count(line => line.Contains("buy my stuff", StringComparison.Ordinal)), 1, FloodGate.Burst + 20);
        Assert.Equal(8, lines.Count(line => line.StartsWith("Ada says, \"and", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.Contains("than anyone can read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_talks_too_much_is_complained_of_once_a_minute()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        for (var second = 0; second < 20; second++)
        {
            for (var i = 0; i < 20; i++) PutLine(campus, campus.IdOf("Ada"), i + 1, new FeedLine(FeedKind.Say, "Ada", "buy my stuff", null).Write());
            await campus.PassAsync(TimeSpan.FromSeconds(1));
        }

        Assert.Single(bo.Text.Split('\n'), line => line.Contains("more than anyone can read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Letters_by_the_thousand_push_out_none_of_somebody_with_a_name()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await ada.TypeAsync("mail bo first");
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        for (var i = 1; i <= 1_500; i++)
            campus.Store.PutRaw(new TellKey(campus.IdOf("Bo"), new(Now(campus), new((ulong)i), new(1), 1)).ToString(), new FeedLine(FeedKind.Mail, "Eve", "buy my stuff", null).Write());
        await campus.PassAsync(TimeSpan.FromSeconds(30));
        await ada.TypeAsync("mail bo last");
        await campus.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Contains("first", await bo.TypeAsync("mail 1"), StringComparison.Ordinal);
        Assert.Contains("| Ada |", (await bo.TypeAsync("mail")).Split('\n')[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forged_ledgers_and_rows_by_the_thousand_leave_the_honest_on_the_board()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        for (var i = 1; i <= Many; i++)
        {
            campus.Store.PutRaw(PlayerKeys.BoardRow("s1", new((ulong)i)), $$"""{"v":1,"name":"Eve{{i}}","rank":8,"citations":9,"solved":1,"milli":999999999}""");
            if (i <= 300) campus.Store.PutRaw(new LedgerKey(new((ulong)i), new(1), 1).ToString(), "x");
            if (i <= 250) campus.Store.PutRaw(new NameClaim($"eve{i}", Now(campus) + TimeSpan.FromMinutes(-1), new(1)).ToString(), new PlayerId((ulong)i).ToString());
        }

        var board = await bo.TypeAsync("top");

        Assert.Contains("| Ada |", board, StringComparison.Ordinal);
        Assert.Contains("| Bo |", board, StringComparison.Ordinal);
        Assert.DoesNotContain("Eve", board, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_aliases_in_any_alphabet_keep_the_character_and_its_lock()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("describe tall and tired");
        await SecureAsync(ada);

        // As many as the game allows, and as long: what is too much is refused in a sentence.
        var refused = "";
        for (var i = 1; i <= 50; i++) refused += await ada.TypeAsync($"alias a{i} say {new string('я', 395)}");
        await ada.TypeAsync("quit");
        ada.Kill();
        campus.Skip(TimeSpan.FromSeconds(10));

        var back = await ReturnAsync(campus, "ada");
        Assert.Contains("guarded by a passphrase", back.Text, StringComparison.Ordinal);
        await back.TypeAsync(Passphrase);
        Assert.Contains("tall and tired", await back.TypeAsync("finger ada"), StringComparison.Ordinal);
        Assert.StartsWith("You say, \"яяя", await back.TypeAsync("a9"), StringComparison.Ordinal);
        Assert.Contains("That is more than can be kept of you", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_session_locks_nobody_out_whose_ledger_is_signed()
    {
        var campus = new Campus();
        var hana = await campus.EnrollAsync("Hana");
        campus.Skip(TimeSpan.FromMinutes(5));
        await SecureAsync(hana);
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        var now = Now(campus);
        for (var i = 0; i < 1_100; i++) campus.Store.PutRaw(new SessionKey(campus.IdOf("Hana"), new((ulong)i + 1)).ToString(), $$"""{"v":1,"start":{{now.Value}},"beat":{{now.Value}},"door":"x"}""");
        campus.Store.PutRaw(new SessionKey(campus.IdOf("Hana"), new(ulong.MaxValue)).ToString(), $$"""{"v":1,"start":{{(now + TimeSpan.FromSeconds(1)).Value}},"beat":{{now.Value}},"door":"x"}""");
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        Assert.Contains("Your rig hums louder", await hana.TypeAsync("buy laptop"), StringComparison.Ordinal);

        // One's own later session still takes over.
        var other = await ReturnAsync(campus, "hana");
        await other.TypeAsync(Passphrase);
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        Assert.Contains("You are elsewhere", await hana.TypeAsync("buy laptop"), StringComparison.Ordinal);
        Assert.Contains("Your rig hums louder", await other.TypeAsync("buy laptop"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("You", "received 1,000 TC from Heather.")]
    [InlineData("The line", "went dead. Reconnecting; what you type waits.")]
    [InlineData("A letter", "from the Dean arrived. (mail)")]
    public async Task No_line_of_somebody_else_reads_as_if_the_game_spoke(string name, string text)
    {
        var campus = new Campus();
        var bo = await campus.EnrollAsync("Bo");
        await bo.TypeAsync("look");
        PutLine(campus, new(7), 1, new FeedLine(FeedKind.Act, name, text, null).Write());
        campus.Store.PutRaw(new TellKey(campus.IdOf("Bo"), new(Now(campus), new(7), new(7), 1)).ToString(), new FeedLine(FeedKind.Tell, name, text, null).Write());
        campus.Store.PutRaw("loc/0000000000000007", $$"""{"v":1,"name":"{{name}}","room":"home","mode":"x","time":{{Now(campus).Value}},"active":{{Now(campus).Value}}}""");
        await campus.PassAsync(TimeSpan.FromSeconds(3));

        Assert.DoesNotContain(text, bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{name} is here", await bo.TypeAsync("look"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_loses_a_name_that_a_hyphen_ends_where_it_is_cut_gets_another()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("abcdefghijklmnopq-rs");
        campus.Store.PutRaw(new NameClaim("abcdefghijklmnopq-rs", Now(campus) + TimeSpan.FromMinutes(-5), new(1)).ToString(), new PlayerId(77).ToString());

        await campus.PassAsync(TimeSpan.FromSeconds(75));

        Assert.Contains("You are abcdefghijklmnopq-2 now", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_loses_a_name_and_all_that_are_like_it_is_told_so_once()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        for (var i = 1; i <= 9; i++)
            campus.Store.PutRaw(new NameClaim(i == 1 ? "ada" : $"ada-{i}", Now(campus) + TimeSpan.FromMinutes(-5), new(1)).ToString(), new PlayerId((ulong)i + 70).ToString());

        await campus.PassAsync(TimeSpan.FromSeconds(200));

        Assert.Single(ada.Text.Split('\n'), line => line.Contains("no name like it is free", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("quit")]
    [InlineData("QUIT")]
    public async Task One_may_leave_at_the_question_for_a_name(string word)
    {
        var seat = await new Campus().SitDownAsync();

        await seat.TypeAsync(word);

        Assert.True(seat.Session.IsOver);
    }

    [Theory]
    [InlineData("look")]
    [InlineData("inv")]
    public async Task A_verb_is_nobodys_name(string word)
    {
        var seat = await new Campus().SitDownAsync();

        Assert.Contains("is what one types for something else", await seat.TypeAsync(word), StringComparison.Ordinal);
        Assert.Equal("> ", seat.Session.Prompt);
    }

    [Fact]
    public async Task A_write_whose_answer_never_came_is_made_again_and_none_takes_its_place()
    {
        var campus = new Campus();
        var unanswered = new Unanswered(campus.Store.Connect());
        var (ada, walt) = (await campus.EnrollAsync("Ada", unanswered), await campus.EnrollAsync("Walt"));
        campus.Skip(TimeSpan.FromMinutes(1));
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        using (var left = new CancellationTokenSource())
        {
            unanswered.Leaves = left;
            Assert.Throws<OperationCanceledException>(() => ada.Run(() => ada.Session.EnterAsync("pay walt 3", left.Token)));
        }

        unanswered.Leaves = null;
        ada.Run(async () => await ada.Session.DisposeAsync());
        ada.Kill();
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Contains("You received 3 TC from Ada.", walt.Text, StringComparison.Ordinal);
        var audit = await walt.TypeAsync("audit ada");
        Assert.Contains("pays 3 TC to Walt", audit, StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_arrival_that_broke_off_after_the_birth_goes_on_without_a_second_first_entry()
    {
        var campus = new Campus();
        var unanswered = new Unanswered(campus.Store.Connect());
        var ada = await campus.SitDownAsync(unanswered);
        await ada.TypeAsync("Ada");
        unanswered.Refuses = static key => key.StartsWith("ctr/", StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => ada.Run(() => ada.Session.EnterAsync("", default)));
        unanswered.Refuses = static _ => false;

        await campus.PassAsync(TimeSpan.FromSeconds(2));
        await ada.TypeAsync("solve");
        await ada.TypeAsync(campus.Answer("Ada"));
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Equal(2, campus.Store.Settled.Count(pair => pair.Key.StartsWith("led/", StringComparison.Ordinal)));
        Assert.Contains("Every step keeps to the rules.", await ada.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crowd_of_shadows_is_cut_short_wherever_people_are_listed()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Zoe"));
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        for (var i = 1; i <= 300; i++)
            campus.Store.PutRaw($"loc/{i:x16}", $$"""{"v":1,"name":"Eve{{i}}","room":"home","mode":"x","time":{{Now(campus).Value}},"active":{{Now(campus).Value}}}""");

        foreach (var verb in new[] { "look", "who", "map" })
        {
            var shown = await ada.TypeAsync(verb);
            Assert.InRange(shown.Split("Eve").Length - 1, 1, 50);
            Assert.Matches(@"and 25\d more", shown);
            Assert.Contains("Zoe", shown, StringComparison.Ordinal);
        }
    }

    private static GameTime Now(Campus campus) => GameTime.Of(campus.Time.GetUtcNow());

    /// <summary>Puts a line into the room where everybody begins, as any program may.</summary>
    private static void PutLine(Campus campus, PlayerId from, int number, string value) =>
        campus.Store.PutRaw(Feed.Room("home").Key(new(new(Now(campus).Value + number), from, new(1), number)), value);

    private static async Task SecureAsync(Seat seat)
    {
        foreach (var line in new[] { "secure", Passphrase, Passphrase }) await seat.TypeAsync(line);
    }

    private static async Task<Seat> ReturnAsync(Campus campus, string name)
    {
        var seat = await campus.SitDownAsync();
        await seat.TypeAsync(name);
        return seat;
    }

    /// <summary>A store whose answers do not all come.</summary>
    private sealed class Unanswered(IWorldStore inner) : IWorldStore
    {
        /// <summary>The player leaves while the next entry of the ledger is under way; it is lost.</summary>
        public CancellationTokenSource? Leaves { get; set; }

        public Func<string, bool> Refuses { get; set; } = static _ => false;

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => inner.Get(key, cancellationToken);

        public async ValueTask Put(string key, string value, CancellationToken cancellationToken)
        {
            if (Refuses(key)) throw new InvalidOperationException("refused");
            if (Leaves is { } leaves && key.StartsWith("led/", StringComparison.Ordinal))
            {
                await leaves.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }

            await inner.Put(key, value, cancellationToken);
        }

        public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken) => inner.List(prefix, cancellationToken);
    }
}
