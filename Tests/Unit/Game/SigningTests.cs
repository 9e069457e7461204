using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Ledgers that their players sign, against those who put entries into other people's.</summary>
public sealed class SigningTests
{
    private const string Passphrase = "correct horse battery";

    [Fact]
    public void A_key_signs_and_opens_by_its_passphrase_alone()
    {
        var key = SigningKey.New();
        var seal = key.Seal(Passphrase);
        var signature = SigningKey.Open(seal, Passphrase)!.Sign("text");

        Assert.True(SigningKey.Verifies(key.Public, "text", signature));
        Assert.False(SigningKey.Verifies(key.Public, "tex", signature));
        Assert.False(SigningKey.Verifies(SigningKey.New().Public, "text", signature));
        Assert.Null(SigningKey.Open(seal, "correct horse batter"));
        Assert.Equal(key.Id, SigningKey.IdOf(key.Public));
        Assert.DoesNotContain(key.Public, seal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", "")]
    [InlineData("!", "p256-aes:50000:!", "!")]
    [InlineData("AAAA", "p256-aes:50000:AAAA", "AAAA")]
    [InlineData("AAAA", "p256-aes:2000000000:AAAA", null)]
    public void Nonsense_verifies_and_opens_nothing(string key, string seal, string? signature)
    {
        Assert.False(SigningKey.Verifies(key, "text", signature));
        Assert.False(SigningKey.Verifies(SigningKey.New().Public, "text", signature));
        Assert.Null(SigningKey.Open(seal, Passphrase));
    }

    [Fact]
    public async Task What_others_put_into_a_signed_ledger_counts_for_nothing_and_discredits_nobody()
    {
        var campus = new Campus();
        var (ada, bo, eve) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"), await campus.EnrollAsync("Eve"));
        campus.Skip(TimeSpan.FromMinutes(5));
        await ada.TypeAsync("buy laptop");
        Assert.Contains("your ledger is signed", await SecureAsync(ada), StringComparison.Ordinal);
        await ada.TypeAsync("buy laptop");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        var coins = await ada.TypeAsync("score");
        foreach (var name in new[] { "Ada", "Eve" }) Forge(campus, campus.IdOf(name));
        await campus.PassAsync(TimeSpan.FromSeconds(40));

        var audit = await bo.TypeAsync("audit ada");
        Assert.Contains("Every step keeps to the rules.", audit, StringComparison.Ordinal);
        Assert.Contains("Signed since 2026-11-22", audit, StringComparison.Ordinal);
        Assert.Contains("6 entries that somebody else put there do not count.", audit, StringComparison.Ordinal);
        Assert.Equal("Ada, Undergraduate", (await bo.TypeAsync("finger ada")).Split('\n')[0]);
        Assert.Contains("Ada", await bo.TypeAsync("top"), StringComparison.Ordinal);
        Assert.Contains("and 0.6 TC more each second", coins, StringComparison.Ordinal);
        Assert.Contains("and 0.6 TC more each second", await ada.TypeAsync("score"), StringComparison.Ordinal);
        Assert.DoesNotContain("[unverified]", ada.Text, StringComparison.Ordinal);
        Assert.StartsWith("Your rig hums louder", await ada.TypeAsync("buy laptop"), StringComparison.Ordinal);
        Assert.DoesNotContain("You received", bo.Text, StringComparison.Ordinal);

        // Who has not said secure is at the forger's mercy, as ever.
        Assert.Contains("[unverified]", await bo.TypeAsync("audit eve"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_opened_the_key_goes_on_signing_though_the_lock_was_taken_away()
    {
        var campus = new Campus();
        var (ada, bo) = (await campus.EnrollAsync("Ada"), await campus.EnrollAsync("Bo"));
        await SecureAsync(ada);
        await ada.TypeAsync("quit");
        ada.Kill();
        campus.Skip(TimeSpan.FromMinutes(10));
        campus.Store.PutRaw(PlayerKeys.Character(campus.IdOf("Ada")), """{"v":1,"name":"Ada"}""");

        var back = await campus.SitDownAsync();
        Assert.Contains("guarded by a passphrase", await back.TypeAsync("ada"), StringComparison.Ordinal);
        Assert.True(back.Session.HidesInput);
        Assert.Contains("That is not it.", await back.TypeAsync("wrong passphrase"), StringComparison.Ordinal);
        Assert.Contains("Welcome back, Ada", await back.TypeAsync(Passphrase), StringComparison.Ordinal);
        await back.TypeAsync("buy laptop 2");
        await campus.PassAsync(TimeSpan.FromSeconds(12));

        Assert.Contains("buys 2 x laptop", await bo.TypeAsync("audit ada"), StringComparison.Ordinal);
        Assert.DoesNotContain("[unverified]", bo.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("do not count", bo.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_passphrase_takes_the_place_of_the_old_one()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await SecureAsync(ada);
        await campus.PassAsync(TimeSpan.FromSeconds(2));
        await SecureAsync(ada, "another passphrase", old: Passphrase);
        await ada.TypeAsync("quit");
        ada.Kill();
        campus.Skip(TimeSpan.FromMinutes(1));

        var back = await campus.SitDownAsync();
        await back.TypeAsync("ada");
        Assert.Contains("That is not it.", await back.TypeAsync(Passphrase), StringComparison.Ordinal);
        Assert.Contains("Welcome back, Ada", await back.TypeAsync("another passphrase"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_first_session_a_passphrase_guards_the_name_alone()
    {
        var campus = new Campus();
        var ada = await campus.EnrollAsync("Ada");
        await ada.TypeAsync("quit");
        ada.Kill();
        campus.Skip(TimeSpan.FromMinutes(1));
        var back = await campus.SitDownAsync();
        await back.TypeAsync("ada");

        Assert.Contains("Your ledger is not signed", await SecureAsync(back), StringComparison.Ordinal);
        await back.TypeAsync("quit");
        back.Kill();
        campus.Skip(TimeSpan.FromMinutes(1));
        var again = await campus.SitDownAsync();
        Assert.Contains("guarded by a passphrase", await again.TypeAsync("ada"), StringComparison.Ordinal);
        Assert.Contains("Welcome back, Ada", await again.TypeAsync(Passphrase), StringComparison.Ordinal);
    }

    private static async Task<string> SecureAsync(Seat seat, string passphrase = Passphrase, string? old = null)
    {
        await seat.TypeAsync("secure");
        if (old is not null) await seat.TypeAsync(old);
        await seat.TypeAsync(passphrase);
        Assert.True(seat.Session.HidesInput);
        return await seat.TypeAsync(passphrase);
    }

    /// <summary>All that somebody with a tool of their own may think of: now and dated back, signed by nobody and by themselves.</summary>
    private static void Forge(Campus campus, PlayerId id)
    {
        var (now, early) = (GameTime.Of(campus.Time.GetUtcNow()), GameTime.Of(campus.Time.GetUtcNow()) + TimeSpan.FromHours(-5));
        var thief = SigningKey.New();
        Put(new(id, new(1), 1), new(now, EntryKind.Promote) { Rank = 8 });
        Put(new(id, new(2), 1), new(early, EntryKind.Buy) { Item = "moon", Count = 1 });
        Put(new(id, new(3), 1), Signatures.Secure(new(early, EntryKind.Secure), thief, thief.Seal("a thief's passphrase"), [])!);
        Put(new(id, new(3), 2), new(early.Next, EntryKind.Promote) { Rank = 7 });
        campus.Store.PutRaw(new LedgerKey(id, new(4), 7).ToString(), "");

        var debit = new LedgerKey(id, new(5), 1);
        var payment = new LedgerEntry(now, EntryKind.Pay) { To = new(0xee), Amount = Coins.Of(1_000_000) };
        campus.Store.PutRaw(debit.ToString(), (payment with { Signature = thief.Sign(Signatures.TextOf(debit, payment)) }).Write());

        void Put(LedgerKey key, LedgerEntry entry) =>
            campus.Store.PutRaw(key.ToString(), (key.Session == new SessionId(3) ? entry with { Signature = thief.Sign(Signatures.TextOf(key, entry)) } : entry).Write());
    }
}
