using Cmud.Client;
using Cmud.Tests.Acceptance;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>What becomes of a client's calls when servers stop, hang and come back.</summary>
[Collection(Alone.Name)]
public sealed class ClientFailover : IAsyncLifetime
{
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5.5);

    private ObservedServer _first = null!;
    private ObservedServer _second = null!;
    private CmudClient _client = null!;

    public async Task InitializeAsync()
    {
        _first = await ObservedServer.StartAsync();
        _second = await ObservedServer.StartAsync();
        _client = await CmudClient.ConnectAsync(new CmudClientOptions { Servers = [_first.Address, _second.Address], Router = new InOrder() });
        await ClientFacts.UntilAsync(_client, servers => servers.All(server => server.Reachable));
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_stops_is_left_for_the_next_and_used_again_when_it_is_back()
    {
        var before = await _client.PutAsync("k", "v");

        await _first.KillAsync();
        var start = TimeProvider.System.GetTimestamp();
        var after = await _client.PutAsync("k", "w");

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, Noticed);
        Assert.NotEqual(before.Server, after.Server);
        Assert.True(after.Stamp > before.Stamp);

        await _first.StartAsync();
        await ClientFacts.UntilAsync(_client, servers => servers[0].Reachable);
        var again = await _client.PutAsync("k", "x");

        Assert.Equal(before.Server, again.Server);
        Assert.NotEqual(before.Origin, again.Origin);
    }

    [Fact]
    public async Task The_session_goes_along_to_a_server_that_knows_nothing_of_it()
    {
        await _client.PutAsync("a", "mine");
        await _client.PutAsync("b", "mine too");

        await _first.KillAsync();

        Assert.Equal("mine", await _client.GetAsync("a"));
        var listed = new List<string>();
        await foreach (var (key, _) in _client.ListAsync()) listed.Add(key);
        Assert.Equal(["a", "b"], listed);
    }

    [Fact]
    public async Task A_get_under_way_at_a_server_that_dies_is_answered_by_the_next()
    {
        _first.Queries.Hold();
        var start = TimeProvider.System.GetTimestamp();
        var get = _client.GetAsync("k");
        await _first.Queries.ArrivedAsync(1);

        await _first.KillAsync();

        Assert.Null(await get);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, CallLimit);
        Assert.Single(_second.Queries.All);
    }

    [Fact]
    public async Task A_put_under_way_at_a_server_that_dies_is_not_repeated_and_says_that_its_outcome_is_unknown()
    {
        _first.Queries.Hold();
        var put = _client.PutAsync("k", "v").AsTask();
        await _first.Queries.ArrivedAsync(1);

        await _first.KillAsync();
        var failed = await Assert.ThrowsAsync<CmudException>(() => put);

        Assert.Equal(CmudFailure.OutcomeUnknown, failed.Failure);
        Assert.Contains("put again", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_second.Queries.All);
    }

    [Fact]
    public async Task A_delete_under_way_at_a_server_that_dies_is_not_repeated_either()
    {
        _first.Queries.Hold();
        var delete = _client.DeleteAsync("k").AsTask();
        await _first.Queries.ArrivedAsync(1);

        await _first.KillAsync();
        var failed = await Assert.ThrowsAsync<CmudException>(() => delete);

        Assert.Equal(CmudFailure.OutcomeUnknown, failed.Failure);
        Assert.Contains("delete again", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_second.Queries.All);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_for_the_next_within_2_seconds_and_used_again_when_it_speaks()
    {
        await _client.GetAsync("k");
        var start = TimeProvider.System.GetTimestamp();
        _first.Wire.Freeze();

        await _client.GetAsync("k");
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromSeconds(1.4), Noticed);
        Assert.Single(_second.Queries.All);
        await _client.PutAsync("k", "v");
        Assert.Equal(2, _second.Queries.All.Count);

        _first.Wire.Thaw();
        await ClientFacts.UntilAsync(_client, servers => servers[0].Reachable);
        Assert.Equal("v", await _client.GetAsync("k"));
        Assert.Equal(2, _second.Queries.All.Count);
    }

    [Fact]
    public async Task A_silent_server_whose_connection_is_lost_is_connected_to_anew()
    {
        _first.Wire.Freeze();
        await _client.GetAsync("k");

        _first.Wire.Cut();
        _first.Wire.Thaw();
        _first.Wire.Open();

        await ClientFacts.UntilAsync(_client, servers => servers[0].Reachable);
        await _client.GetAsync("k");
        Assert.NotEmpty(_first.Queries.All);
    }

    [Fact]
    public async Task A_query_that_is_only_slow_is_waited_for_and_asked_once()
    {
        _first.Queries.Hold();
        var get = _client.GetAsync("k");
        await _first.Queries.ArrivedAsync(1);

        // Longer than the 1.5 s after which silence counts: that nothing is asked again can only be waited out.
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System);
        _first.Queries.Release();
        await get;

        Assert.Single(_first.Queries.All);
        Assert.Empty(_second.Queries.All);
    }

    [Fact]
    public async Task A_query_that_is_never_answered_fails_within_5_seconds()
    {
        _first.Queries.Hold();
        var start = TimeProvider.System.GetTimestamp();

        var failed = await Assert.ThrowsAsync<CmudException>(() => _client.GetAsync("k").AsTask());

        Assert.Equal(CmudFailure.Unreachable, failed.Failure);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromSeconds(4.5), CallLimit);
    }

    [Fact]
    public async Task When_no_server_can_be_reached_one_sentence_names_them()
    {
        await _first.KillAsync();
        await _second.KillAsync();
        var start = TimeProvider.System.GetTimestamp();

        var failed = await Assert.ThrowsAsync<CmudException>(() => _client.GetAsync("k").AsTask());
        var refused = await Assert.ThrowsAsync<CmudException>(() => CmudClient.ConnectAsync($"{_first.Address},{_second.Address}"));

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, 2 * CallLimit);
        Assert.All([failed, refused], error =>
        {
            Assert.Equal(CmudFailure.Unreachable, error.Failure);
            Assert.Contains($"{_first.Address} (", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{_second.Address} (", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Orleans", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_call_can_be_cancelled()
    {
        _first.Queries.Hold();
        using var cancel = new CancellationTokenSource();
        var get = _client.GetAsync("k", cancel.Token).AsTask();
        await _first.Queries.ArrivedAsync(1);

        await cancel.CancelAsync();

        Assert.Equal(cancel.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get)).CancellationToken);
    }

    [Fact]
    public async Task After_its_disposal_a_client_says_so()
    {
        _first.Queries.Hold();
        var get = _client.GetAsync("k").AsTask();
        await _first.Queries.ArrivedAsync(1);

        await _client.DisposeAsync();
        await _client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => get);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _client.GetAsync("k").AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _client.PutAsync("k", "v").AsTask());
    }

    [Fact]
    public async Task Bad_input_is_refused_before_any_call()
    {
        await Refused("empty", () => _client.GetAsync("").AsTask());
        await Refused("1,024", () => _client.GetAsync(new string('k', 1_025)).AsTask());
        await Refused("control character", () => _client.PutAsync("a\nb", "v").AsTask());
        await Refused("surrogate", () => _client.PutAsync("k", "\ud800").AsTask());
        await Refused("65,536", () => _client.PutAsync("k", new string('v', 65_537)).AsTask());
        await Refused("1 ms to 3,650 days", () => _client.PutAsync("k", "v", TimeSpan.Zero).AsTask());
        await Refused("empty", () => _client.DeleteAsync("").AsTask());
        await Refused("surrogate", async () => await _client.ListAsync("\udc00").GetAsyncEnumerator().MoveNextAsync());

        Assert.Empty(_first.Queries.All);

        static async Task Refused(string reason, Func<Task> act)
        {
            var refused = await Assert.ThrowsAsync<CmudException>(act);
            Assert.Equal(CmudFailure.Refused, refused.Failure);
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_and_whole()
    {
        await Task.WhenAll(Enumerable.Range(0, 2_500).Select(i => _client.PutAsync($"n/{i:0000}", $"{i}").AsTask()));

        var next = 0;
        await foreach (var (key, value) in _client.ListAsync("n/")) Assert.Equal(($"n/{next:0000}", $"{next++}"), (key, value));

        Assert.Equal(2_500, next);
        Assert.Equal(3, _first.Queries.All.Count(query => query.Method == "List"));
    }
}
