using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Play.Verbs;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What somebody tried who puts whatever they like.</summary>
public sealed class BreakerTests
{
    private readonly Campus _campus = new();

    private GameTime Now => GameTime.Of(_campus.Time.GetUtcNow());

    [Fact]
    public async Task Thousands_of_payments_without_a_debit_take_no_honest_one_away()
    {
        var (ada, bo, eve) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"), await _campus.EnrollAsync("Eve"));
        var id = _campus.IdOf("Bo");
        for (var i = 1; i <= 5_001; i++) _campus.Store.PutRaw($"pay/{id}/{i:x16}/0000000000000001/000001", $$"""{"v":1,"t":"{{Now}}","kind":"pay","milli":1,"to":"{{id}}"}""");
        _campus.Skip(TimeSpan.FromMinutes(5));
        await _campus.PassAsync(TimeSpan.FromSeconds(2));
        await ada.TypeAsync("pay bo 50");
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("You received 50 TC from Ada.", bo.Text, StringComparison.Ordinal);
        await bo.TypeAsync("pay eve 100");
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("Every step keeps to the rules.", await eve.TypeAsync("audit bo"), StringComparison.Ordinal);
        Assert.DoesNotContain("[unverified]", await eve.TypeAsync("finger bo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_ledger_is_not_drowned_by_what_others_put_into_it()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        foreach (var line in new[] { "secure", "correct horse battery", "correct horse battery" }) await ada.TypeAsync(line);
        for (var i = 1; i <= Ledger.MaxEntries + 10; i++) _campus.Store.PutRaw($"led/{_campus.IdOf("Ada")}/{i:x16}/000001", "x");
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.DoesNotContain("[unverified]", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_race_is_solved_however_much_nonsense_stands_before_the_answer()
    {
        var ada = await _campus.EnrollAsync("Ada");
        var race = Race.At(Now, "s1");
        var monday = GameTime.Of(_campus.Time.GetUtcNow().AddDays(-6));
        for (var i = 0; i < 5_002; i++) _campus.Store.PutRaw($"race/{race.Week}/0/{new GameTime(monday.Value + i)}-{i:x16}", "x");

        Assert.Contains("first so far", await ada.TypeAsync($"race {race.Problem.Solve()}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_quits_after_a_server_took_an_entry_along_leaves_a_whole_ledger()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        _campus.Skip(TimeSpan.FromMinutes(1));
        await _campus.PassAsync(TimeSpan.FromSeconds(6));
        await ada.TypeAsync("pay bo 3");
        var (key, value) = _campus.Store.Settled.Last(pair => pair.Key.StartsWith($"led/{_campus.IdOf("Ada")}/", StringComparison.Ordinal));
        Assert.Contains("\"kind\":\"pay\"", value, StringComparison.Ordinal);
        _campus.Store.PutRaw(key, "");

        await ada.TypeAsync("quit");
        ada.Kill();
        await _campus.PassAsync(TimeSpan.FromSeconds(6));

        Assert.Contains("Every step keeps to the rules.", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
        Assert.Contains("You received 3 TC from Ada.", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_dated_ahead_silences_nobody_who_reads_it()
    {
        var (ada, bo) = (await _campus.EnrollAsync("Ada"), await _campus.EnrollAsync("Bo"));
        await _campus.PassAsync(TimeSpan.FromSeconds(2));
        _campus.Store.PutRaw($"tell/{_campus.IdOf("Ada")}/{Now + TimeSpan.FromSeconds(115)}-00000000000000ff-00000000000000ff-000001", """{"v":1,"kind":"tell","name":"Eve","text":"psst"}""");
        await _campus.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("Eve tells you: psst", ada.Text, StringComparison.Ordinal);

        await ada.TypeAsync("say can you hear me?");
        await _campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Contains("can you hear me?", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_writes_each_line_as_somebody_else_fills_no_screen_either()
    {
        var ada = await _campus.EnrollAsync("Ada");
        for (var i = 1; i <= 1_000; i++)
        {
            _campus.Store.PutRaw(Feed.Room("home").Key(new(Now, new((ulong)i), new(7), 1)), new FeedLine(FeedKind.Say, "Eve", "buy my stuff", null).Write());
            if (i % 250 == 0) await _campus.PassAsync(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(ada.Text.Split('\n').Count(line => line.Contains("buy my stuff", StringComparison.Ordinal)), 1, FloodGate.Burst + 16);
        Assert.Single(ada.Text.Split('\n'), line => line == "More voices speak at once than anyone can read; some are left out.");
    }

    [Fact]
    public async Task Forged_ledgers_push_no_honest_player_off_the_board()
    {
        var ada = await _campus.EnrollAsync("Ada");
        await _campus.EnrollAsync("Bo");
        await _campus.PassAsync(TimeSpan.FromSeconds(12));
        for (var i = 1; i <= 300; i++)
        {
            _campus.Store.PutRaw($"led/{i:x16}/0000000000000001/000001", """{"v":1,"t":"17900000000000000","kind":"promote","rank":8}""");
            _campus.Store.PutRaw($"lb/s1/{i:x16}", $$"""{"v":1,"name":"Eve{{i}}","rank":8,"citations":5,"solved":9,"milli":99999999}""");
        }

        var board = await ada.TypeAsync("top");

        Assert.Contains("Ada", board, StringComparison.Ordinal);
        Assert.Contains("Bo", board, StringComparison.Ordinal);
        Assert.DoesNotContain("Eve", board, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_character_never_grows_beyond_what_is_read()
    {
        var ada = await _campus.EnrollAsync("Ada");
        var said = "";
        for (var i = 0; i < 50; i++) said += await ada.TypeAsync($"alias a{i} say {new string('\u044f', 390)}");
        Assert.Contains("That is more than can be kept of you", said, StringComparison.Ordinal);
        await ada.TypeAsync("quit");
        ada.Kill();
        _campus.Skip(TimeSpan.FromMinutes(1));

        var back = await _campus.SitDownAsync();
        await back.TypeAsync("ada");

        Assert.Contains("\u044f\u044f", await back.TypeAsync("alias"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("You")]
    [InlineData("The line")]
    [InlineData("[system]")]
    public async Task A_line_under_a_name_that_cannot_be_is_not_shown(string name)
    {
        var ada = await _campus.EnrollAsync("Ada");
        _campus.Store.PutRaw(Feed.Room("home").Key(new(Now, new(0xff), new(7), 1)), $$"""{"v":1,"kind":"act","name":"{{name}}","text":"received 1,000 TC from Heather."}""");
        await _campus.PassAsync(TimeSpan.FromSeconds(2));

        Assert.DoesNotContain("1,000", ada.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_put_there_by_the_hundred_is_counted_and_not_listed()
    {
        var ada = await _campus.EnrollAsync("Ada");
        for (var i = 1; i <= 200; i++) _campus.Store.PutRaw($"loc/{i:x16}", $$"""{"v":1,"name":"Eve{{i}}","room":"home","mode":"x","time":{{Now.Value}},"active":{{Now.Value}}}""");

        Assert.Contains("... and 151 more.", await ada.TypeAsync("who"), StringComparison.Ordinal);
        Assert.Contains("... and 150 more.", await ada.TypeAsync("look"), StringComparison.Ordinal);
        Assert.InRange((await ada.TypeAsync("map")).Length, 1, 3_000);
    }

    [Fact]
    public async Task The_board_asks_again_only_for_what_is_new()
    {
        var store = new CountingStore(_campus.Store.Connect());
        var ada = await _campus.EnrollAsync("Ada", store);
        var bo = await _campus.EnrollAsync("Bo");
        await _campus.RaiseAsync("Bo", 0);
        for (var i = 0; i < 40; i++) await bo.TypeAsync("pay ada 1");
        await _campus.PassAsync(TimeSpan.FromSeconds(12));
        await ada.TypeAsync("top");
        await _campus.PassAsync(TimeSpan.FromSeconds(12));
        store.Debits = 0;

        await ada.TypeAsync("top");

        Assert.Equal(0, store.Debits);
        Assert.Contains("Bo", ada.Text, StringComparison.Ordinal);
    }

    /// <summary>Counts how often a ledger entry is asked for by itself.</summary>
    private sealed class CountingStore(IWorldStore inner) : IWorldStore
    {
        public int Debits { get; set; }

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken)
        {
            if (key.StartsWith("led/", StringComparison.Ordinal)) Debits++;
            return inner.Get(key, cancellationToken);
        }

        public ValueTask Put(string key, string value, CancellationToken cancellationToken) => inner.Put(key, value, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken) => inner.List(prefix, cancellationToken);
    }
}
