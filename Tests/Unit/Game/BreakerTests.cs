using Cmud.Game;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What somebody tried who puts whatever they like; more of it is in <see cref="HostileWritesTests"/>.</summary>
public sealed class BreakerTests
{
    private readonly Campus _campus = new();

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
