using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>What the hand-out demands of the storage client, against real servers: the right call, once, and many at a time.</summary>
public sealed class ClientFacts : IAsyncLifetime
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BackBy = TimeSpan.FromSeconds(4);

    private static readonly string[] Keys = ["a", "b", "c"];

    private ObservedServer _server = null!;
    private CmudClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await ObservedServer.StartAsync();
        _client = await CmudClient.ConnectAsync($"{_server.Address}");
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Get_asks_once_for_the_key_and_gives_its_value()
    {
        await _client.PutAsync("key", "value");

        Assert.Equal("value", await _client.GetAsync("key"));
        Assert.Null(await _client.GetAsync("absent"));

        Assert.Equal(["Put", "Get", "Get"], _server.Queries.All.Select(query => query.Method));
        Assert.Equal(["key", "absent"], Gets(_server));
    }

    [Fact]
    public async Task Put_sends_key_and_value_once_and_gives_the_receipt()
    {
        var receipt = await _client.PutAsync("key", "value");

        var query = Assert.Single(_server.Queries.All);
        var request = Assert.IsType<PutRequest>(query.Request);
        Assert.Equal(("key", "value"), (Door.Decode(request.Key), Door.Decode(request.Value)));
        Assert.Equal(("key", 1ul, _client.Servers[0].Id, (ushort)query.Grain), (receipt.Key, receipt.Sequence, receipt.Server, receipt.Stamp.Grain));
        Assert.Equal(receipt.Server, receipt.Origin.Server);
    }

    [Fact]
    public async Task List_asks_once_for_the_prefix_and_gives_all_pairs()
    {
        await _client.PutAsync("a/1", "one");
        await _client.PutAsync("a/2", "two");
        await _client.PutAsync("b", "other");

        Assert.Equal([new("a/1", "one"), new("a/2", "two")], await ListAsync("a/"));
        Assert.Empty(await ListAsync("unused"));

        var lists = _server.Queries.All.Where(query => query.Method == "List").Select(query => Door.Decode(((ListRequest)query.Request).Prefix));
        Assert.Equal(["a/", "unused"], lists);
    }

    [Fact]
    public async Task The_router_is_asked_for_every_call_and_each_server_gets_its_own()
    {
        await using var second = await ObservedServer.StartAsync();
        await using var third = await ObservedServer.StartAsync();
        await using var client = await CmudClient.ConnectAsync(new CmudClientOptions
        {
            Servers = [_server.Address, second.Address, third.Address],
            Router = new ScriptedRouter(new(0, 0), new(2, 1), new(1, 1)),
        });
        await UntilAsync(client, servers => servers.All(server => server.Reachable));

        foreach (var key in Keys) await client.GetAsync(key);

        Assert.Equal(("a", 0), Only(_server));
        Assert.Equal(("c", 1), Only(second));
        Assert.Equal(("b", 1), Only(third));
    }

    [Fact]
    public async Task Gets_one_after_another_arrive_in_this_order()
    {
        foreach (var key in Keys) await _client.GetAsync(key);

        Assert.Equal(Keys, Gets(_server));
    }

    [Fact]
    public async Task Gets_at_the_same_time_do_not_wait_for_one_another()
    {
        var start = TimeProvider.System.GetTimestamp();
        _server.Queries.Hold();

        var gets = Keys.Select(key => _client.GetAsync(key).AsTask()).ToArray();
        // All three are there before any is answered: a client with one call at a time would stop here.
        await _server.Queries.ArrivedAsync(3);
        var left = Silence - TimeProvider.System.GetElapsedTime(start);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
        Assert.All(gets, get => Assert.False(get.IsCompleted));
        _server.Queries.Release();
        await Task.WhenAll(gets);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), Silence - TimeSpan.FromMilliseconds(50), BackBy);
        Assert.Equal(Keys, Gets(_server).Order());
    }

    internal static async Task UntilAsync(CmudClient client, Predicate<IReadOnlyList<ServerView>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!condition(client.Servers)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }

    private static IEnumerable<string> Gets(ObservedServer server) =>
        server.Queries.All.Where(query => query.Method == "Get").Select(query => Door.Decode(((GetRequest)query.Request).Key));

    private static (string Key, long Grain) Only(ObservedServer server)
    {
        var query = Assert.Single(server.Queries.All);
        return (Door.Decode(Assert.IsType<GetRequest>(query.Request).Key), query.Grain);
    }

    private async Task<List<KeyValuePair<string, string>>> ListAsync(string prefix)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        await foreach (var pair in _client.ListAsync(prefix)) pairs.Add(pair);
        return pairs;
    }
}
