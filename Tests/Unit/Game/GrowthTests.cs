using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Keys;
using Cmud.Game.People;
using Cmud.Game.Places;
using Cmud.Game.Play;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Weeks of play leave no more behind than days do, and change no coin.</summary>
public sealed class GrowthTests
{
    private static readonly Rulebook Rules = new(Economy.Standard);
    private static readonly SigningKey Key = Seat.Key(new(1));
    private static readonly PlayerId Ann = Key.Id;
    private static readonly PlayerId Bo = new(2);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Random _random = new(1);
    private readonly Dictionary<string, PostedEntry> _written = [];
    private readonly SimulatedStore _store;

    public GrowthTests() => _store = new(_time, _random, replicas: 6, TimeSpan.FromSeconds(2));

    [Fact]
    public async Task Old_entries_are_folded_and_blanked_and_the_account_is_the_same()
    {
        var (book, _) = await OpenAsync(Ann);

        await PlayAsync(book, days: 15);

        var reading = await ReadAsync();
        Assert.NotNull(reading.From);
        Assert.True(Live("led/") < (8 * 24 * 2) + Paid, $"{Live("led/")} entries are live");
        Assert.Equal(Paid, _store.Settled.Count(pair => LedgerEntry.Read(pair.Value)?.Kind == EntryKind.Pay && pair.Key.StartsWith("led/", StringComparison.Ordinal)));
        AssertEqualToUnfolded(reading);
    }

    /// <summary>A death after each of the first writes of tidying: before the checkpoint, between it and the first blank, between two blanks.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Death_between_folding_and_blanking_changes_nothing(int writes)
    {
        var (first, client) = await OpenAsync(Ann);
        await PlayAsync(first, days: 12, keepsAll: true, client);

        // It comes back after a week, folds what is old, and dies at it.
        var (book, mortal) = await OpenAsync(Ann);
        _time.Advance(TimeSpan.FromSeconds(10));
        await book.DoAsync(EntryKind.Tick, entry => entry, default);
        Note();
        mortal.DieAfter(writes);
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                await book.PollAsync(default);
            }
        });
        _time.Advance(TimeSpan.FromSeconds(10));
        AssertEqualToUnfolded(await ReadAsync());

        var (next, _) = await OpenAsync(Ann);
        AssertEqualToUnfolded(await ReadAsync());
        for (var i = 0; i < 400; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await next.PollAsync(default);
        }

        AssertEqualToUnfolded(await ReadAsync());
        Assert.Equal((await ReadAsync()).Fold(Rules, Now).Balance, next.Account.Balance);
    }

    /// <summary>Secured at first, and after a week that an unsigned checkpoint has folded already.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task A_signed_ledger_is_folded_by_its_player_and_by_nobody_else(int daysBefore)
    {
        var (book, _) = await OpenAsync(Ann);
        await PlayAsync(book, daysBefore);
        var secured = book.SecureAsync("correct horse battery", Key, default);
        while (!secured.IsCompleted)
        {
            await Task.Yield();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Null(await secured);
        await PlayAsync(book, days: 12);

        var reading = await ReadAsync();
        Assert.NotNull(reading.From?.Signature);
        AssertEqualToUnfolded(reading);
        Assert.Equal(0, reading.Signed(Rules)?.Foreign);
        Assert.True(Live("led/") < (8 * 24 * 2) + Paid + 2, $"{Live("led/")} entries are live");

        // Without the key nothing is added; with it the ledger goes on.
        var (locked, _) = await OpenAsync(Ann);
        Assert.Contains("come back with the passphrase", (await locked.DoAsync(EntryKind.Tick, entry => entry, default)).Refusal, StringComparison.Ordinal);
        var (next, _) = await OpenAsync(Ann, Key);
        Assert.True((await next.DoAsync(EntryKind.Tick, entry => entry, default)).IsAllowed);
        Note();
        AssertEqualToUnfolded(await ReadAsync());

        // A checkpoint of somebody else's is none; as what it folded is blank, the ledger has a gap then.
        _store.PutRaw(PlayerKeys.Checkpoint(Ann), (reading.From with { Signature = null }).Write());
        var forged = await ReadAsync();
        Assert.Null(forged.From);
    }

    [Fact]
    public async Task What_is_said_is_blanked_by_the_next_session_where_the_client_died()
    {
        var campus = new Campus(1, replicas: 6, TimeSpan.FromSeconds(2));
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await campus.PassAsync(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 5; i++)
        {
            await ada.TypeAsync("say hello");
            await ada.TypeAsync("tell bo psst");
        }

        await ada.TypeAsync("mail bo keep this");
        await campus.PassAsync(TimeSpan.FromSeconds(12));
        ada.Kill();
        campus.Skip(TimeSpan.FromMinutes(2));
        var again = await campus.SitDownAsync();
        await again.TypeAsync("ada");
        campus.Skip(TimeSpan.FromMinutes(11));
        await campus.PassAsync(TimeSpan.FromSeconds(30));
        await again.TypeAsync("quit");
        await bo.TypeAsync("quit");

        var live = campus.Store.Settled.Where(pair => pair.Value.Length > 0).ToArray();
        Assert.DoesNotContain(live, pair => pair.Value.Contains("hello", StringComparison.Ordinal) || pair.Value.Contains("psst", StringComparison.Ordinal));
        Assert.Single(live, pair => pair.Value.Contains("keep this", StringComparison.Ordinal));
        Assert.InRange(live.Count(pair => pair.Key.StartsWith("sess/", StringComparison.Ordinal)), 0, 2);
    }

    private int Paid => _written.Values.Count(entry => entry.Entry?.Kind == EntryKind.Pay);

    private GameTime Now => GameTime.Of(_time.GetUtcNow());

    private int Live(string prefix) => _store.Settled.Count(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && pair.Value.Length > 0);

    private async Task<LedgerReading> ReadAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(5));
        return await LedgerReading.OfAsync(_store.Connect(), Ann, Rules, default);
    }

    /// <summary>Two entries an hour: a small payment or a tick, and a tick.</summary>
    private async Task PlayAsync(Book book, int days, bool keepsAll = false, MortalStore? client = null)
    {
        if (keepsAll) client!.Loses = key => key.StartsWith("ckpt/", StringComparison.Ordinal);
        for (var step = 0; step < days * 48; step++)
        {
            _time.Advance(TimeSpan.FromMinutes(30));
            var ruling = step % 10 == 0
                ? await book.DoAsync(EntryKind.Pay, entry => entry with { To = Bo, Amount = Coins.Of(1) }, default)
                : await book.DoAsync(EntryKind.Tick, entry => entry, default);
            Assert.True(ruling.IsAllowed, ruling.Refusal);
            Note();
            for (var i = 0; i < 3; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(11));
                await book.PollAsync(default);
            }
        }
    }

    /// <summary>Keeps what was written, as if nothing were ever blanked.</summary>
    private void Note()
    {
        foreach (var pair in _store.Settled)
        {
            if (PostedEntry.Read(Ann, pair) is { Entry: not null } entry) _written[pair.Key] = entry;
        }
    }

    private void AssertEqualToUnfolded(LedgerReading reading)
    {
        var whole = new Ledger(Rules).Fold(Ann, _written.Values, [], Now);
        var folded = reading.Fold(Rules, Now);

        Assert.Null(whole.Forgery);
        Assert.Null(folded.Forgery);
        Assert.Equal((whole.Balance, whole.Mined, whole.Paid, whole.Units[0]), (folded.Balance, folded.Mined, folded.Paid, folded.Units[0]));
    }

    private async Task<(Book Book, MortalStore Store)> OpenAsync(PlayerId player, SigningKey? key = null)
    {
        var store = new MortalStore(_store.Connect());
        var surroundings = new Surroundings(store, new(_time), _time, _random, new Seat.Blind(), "test", World.Standard, Economy.Standard);
        var session = SessionId.New(_random);
        var sessions = new Sessions(store, surroundings.Clock, player, session, "test");
        var book = new Book(surroundings, player, session, sessions, (wait, stop) => Task.Delay(wait, surroundings.Time, stop));
        if (key is not null) book.Unlock(key);
        await sessions.BeginAsync(default);
        await book.OpenAsync(default);
        Note();
        return (book, store);
    }
}
