using Cmud.Client;
using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Acceptance;

/// <summary>Sessions that roam over real servers, and deletes and expiry as their users meet them.</summary>
public sealed class SessionFacts(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Sessions = 50;
    private const int Calls = 60;
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Keys = [.. Enumerable.Range(0, 8).Select(i => $"roam/{i}")];

    private Mesh _mesh = null!;

    public async Task InitializeAsync() => _mesh = await Mesh.StartAsync(new(OneWay), 2, 2, 2);

    public Task DisposeAsync() => _mesh.DisposeAsync().AsTask();

    /// <summary>Row 33: every call of every client goes to a random query grain of a random server.</summary>
    [Fact]
    public async Task Clients_that_roam_read_their_writes_and_never_go_back()
    {
        var history = new SessionHistory();
        var clients = new List<CmudClient>();
        // Each is an Orleans client per server, and this process starts all of them: too many at a time would find no server in time.
        foreach (var some in Enumerable.Range(0, Sessions).Chunk(5)) clients.AddRange(await Task.WhenAll(some.Select(ConnectAsync)));
        output.WriteLine($"{_mesh.Servers.Count} servers, {clients.Count} clients connected.");

        await Task.WhenAll(clients.Select((client, session) => RoamAsync(session, new ClientStore(client), history)));
        foreach (var client in clients) await client.DisposeAsync();

        output.WriteLine($"{history.Count} writes and reads of {Sessions} clients.");
        Assert.Empty(history.Violations());
    }

    /// <summary>The same calls, asked of the query grains directly. A checker that finds nothing may be blind.</summary>
    [Fact]
    public async Task Calls_without_a_session_go_back()
    {
        var history = new SessionHistory();

        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(session => RoamAsync(session, new RawStore(_mesh.Grains, new(session)), history)));

        var violations = history.Violations();
        Assert.Contains(violations, violation => violation.Contains("does not read its writes", StringComparison.Ordinal));
        Assert.Contains(violations, violation => violation.Contains("a read goes back", StringComparison.Ordinal));
        output.WriteLine($"{violations.Count} violations in {history.Count} writes and reads, as in: {violations[0]}");
    }

    [Fact]
    public async Task A_reading_tells_how_far_its_replica_may_be_behind_each_other_server()
    {
        await using var client = await CmudClient.ConnectAsync($"{_mesh.Servers[0].Address}");
        await Eventually.NothingIsMissing(async () => (await client.ReadAsync("stale")) is { Lags.Count: 2, Staleness: not null } ? null : "of some server nothing is known yet.");

        _mesh.Network!.HoldAll();
        await _mesh.Servers[1].Grains[0].PutAsync("stale", "news");
        var acknowledged = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            var since = TimeProvider.System.GetElapsedTime(acknowledged);
            var reading = await client.ReadAsync("stale");
            Assert.Null(reading.Value);
            Assert.True(reading.Staleness >= since, $"The write was acknowledged {since} ago and is not shown, but the replica claims to be {reading.Staleness} behind at most.");
        }

        _mesh.Network.ReleaseAll();
        await Eventually.NothingIsMissing(async () =>
        {
            var reading = await client.ReadAsync("stale");
            return reading.Value == "news" && reading.Staleness < TimeProvider.System.GetElapsedTime(acknowledged) ? null : $"the reading is {reading.Value}, at most {reading.Staleness} behind.";
        });
    }

    [Fact]
    public async Task A_deleted_key_is_absent_on_every_grain_of_every_server()
    {
        await using var client = await ConnectAsync(seed: 1);
        var put = await client.PutAsync("gone/key", "value");
        await Eventually.Shows("gone/key", "value", _mesh.Grains);

        var deleted = await client.DeleteAsync("gone/key");

        Assert.True(deleted.Stamp > put.Stamp);
        Assert.Null(await client.GetAsync("gone/key"));
        await Eventually.Shows("gone/key", deleted.Stamp, _mesh.Grains);
        foreach (var grain in _mesh.Grains)
        {
            Assert.Null(await grain.GetAsync("gone/key"));
            Assert.Empty(await grain.ListAsync("gone/"));
        }

        await client.PutAsync("gone/key", "back");
        await Eventually.Shows("gone/key", "back", _mesh.Grains);
    }

    /// <summary>Not only when the client forgets, after a minute.</summary>
    [Fact]
    public async Task What_another_client_deletes_leaves_the_list_of_one_that_knew_it()
    {
        await using var here = await _mesh.Servers[0].ConnectAsync();
        await using var there = await _mesh.Servers[1].ConnectAsync();
        await there.PutAsync("shared/key", "value");
        Assert.Single(await ListAsync(there, "shared/"));

        await here.DeleteAsync("shared/key");

        await Eventually.NothingIsMissing(async () => (await ListAsync(there, "shared/")).Count == 0 ? null : "the other client still lists the key.");
    }

    [Fact]
    public async Task A_value_with_a_time_to_live_is_shown_everywhere_until_then_and_nowhere_after()
    {
        await using var client = await ConnectAsync(seed: 2);

        var receipt = await client.PutAsync("brief/key", "value", TimeSpan.FromSeconds(3));

        Assert.Equal("value", await client.GetAsync("brief/key"));
        await Eventually.Shows("brief/key", "value", _mesh.Grains);
        foreach (var grain in _mesh.Grains)
        {
            await Eventually.NothingIsMissing(async () => (await grain.ListAsync("brief/")).Count == 0 ? null : $"{grain} still lists the key.");
            Assert.True(TimeProvider.System.GetUtcNow() >= receipt.ExpiresAt);
            Assert.Null(await grain.GetAsync("brief/key"));
        }

        await Eventually.NothingIsMissing(async () => await client.GetAsync("brief/key") is null ? null : "the client still gets the key.");
        Assert.Empty(await ListAsync(client, "brief/"));
    }

    private Task<CmudClient> ConnectAsync(int seed) => CmudClient.ConnectAsync(new CmudClientOptions
    {
        Servers = [.. _mesh.Servers.Select(server => server.Address)],
        Router = new RandomRouter(new(seed)),
        // No server is lost here, and a busy machine is no silent server.
        SilenceTimeout = TimeSpan.FromSeconds(5),
        CallTimeout = TimeSpan.FromSeconds(20),
    });

    private static async Task RoamAsync(int session, IStore store, SessionHistory history)
    {
        var chance = new Random(session);
        for (var call = 0; call < Calls; call++)
        {
            var key = Keys[chance.Next(Keys.Length)];
            switch (chance.Next(10))
            {
                case < 3:
                    var value = $"{session}.{call}";
                    history.Wrote(session, key, value, await store.Put(key, value));
                    break;
                case < 5:
                    history.Wrote(session, key, value: null, await store.Delete(key));
                    break;
                case < 8:
                    history.Saw(session, key, await store.Get(key));
                    break;
                default:
                    var listed = await store.List("roam/");
                    foreach (var name in Keys) history.Saw(session, name, listed.GetValueOrDefault(name));
                    break;
            }
        }
    }

    private static async Task<Dictionary<string, string>> ListAsync(CmudClient client, string prefix)
    {
        var listed = new Dictionary<string, string>();
        await foreach (var (key, value) in client.ListAsync(prefix)) listed.Add(key, value);
        return listed;
    }

    private interface IStore
    {
        Task<string?> Get(string key);

        Task<Replication.Stamp> Put(string key, string value);

        Task<Replication.Stamp> Delete(string key);

        Task<IReadOnlyDictionary<string, string>> List(string prefix);
    }

    private sealed class ClientStore(CmudClient client) : IStore
    {
        public async Task<string?> Get(string key) => await client.GetAsync(key);

        public async Task<Replication.Stamp> Put(string key, string value) => (await client.PutAsync(key, value)).Stamp;

        public async Task<Replication.Stamp> Delete(string key) => (await client.DeleteAsync(key)).Stamp;

        public async Task<IReadOnlyDictionary<string, string>> List(string prefix) => await ListAsync(client, prefix);
    }

    private sealed class RawStore(IReadOnlyList<TestGrain> grains, Random chance) : IStore
    {
        private TestGrain Any => grains[chance.Next(grains.Count)];

        public Task<string?> Get(string key) => Any.GetAsync(key);

        public async Task<Replication.Stamp> Put(string key, string value) => (await Any.PutAsync(key, value)).Stamp;

        public async Task<Replication.Stamp> Delete(string key) => (await Any.DeleteAsync(key)).Stamp;

        public async Task<IReadOnlyDictionary<string, string>> List(string prefix) => await Any.ListAsync(prefix);
    }
}
