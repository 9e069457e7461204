using Cmud.Client;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>One server with one query grain, asked over the network by the client of the store.</summary>
public sealed class OneServerFacts(OneServerFacts.OneServer one) : IClassFixture<OneServerFacts.OneServer>
{
    [Fact]
    public async Task A_key_that_was_never_put_is_absent() => Assert.Null(await one.Client.GetAsync("never put"));

    [Fact]
    public async Task A_Put_is_read_back()
    {
        await one.Client.PutAsync("back", "and forth");

        Assert.Equal("and forth", await one.Client.GetAsync("back"));
    }

    [Fact]
    public async Task Each_of_ten_overwrites_is_read_back()
    {
        for (var i = 0; i < 10; i++)
        {
            await one.Client.PutAsync("overwritten", $"value {i}");

            Assert.Equal($"value {i}", await one.Server.Grains[0].GetAsync("overwritten"));
        }
    }

    [Fact]
    public async Task A_List_of_an_unused_prefix_is_empty_and_not_null()
    {
        await one.Client.PutAsync("used/key", "value");

        Assert.NotNull((await one.Server.Grains[0].PageAsync("unused/")).Items);
        Assert.Empty(await one.Client.ListAsync("unused/").ToArrayAsync());
    }

    [Fact]
    public async Task A_List_of_an_empty_store_is_empty_and_not_null()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();

        Assert.NotNull((await server.Grains[0].PageAsync("")).Items);
        Assert.Empty(await client.ListAsync().ToArrayAsync());
    }

    [Fact]
    public async Task A_List_shows_exactly_what_lies_under_its_prefix()
    {
        string[] keys = ["tree", "tree/", "tree/a", "tree/a/b", "tree/a/c", "tree/ab", "tree/b", "treehouse"];
        foreach (var key in keys) await one.Client.PutAsync(key, $"at {key}");

        foreach (var prefix in (string[])["tree", "tree/", "tree/a", "tree/a/", "tree/b", "treeh"])
        {
            var expected = keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => KeyValuePair.Create(key, $"at {key}"));
            Assert.Equal(expected, await one.Client.ListAsync(prefix).ToArrayAsync());
        }
    }

    [Fact]
    public async Task A_mixed_trace_reads_what_it_wrote()
    {
        await one.Client.PutAsync("mixed/a", "1");
        Assert.Equal("1", await one.Client.GetAsync("mixed/a"));
        Assert.Null(await one.Client.GetAsync("mixed/b"));
        await one.Client.PutAsync("mixed/b", "2");
        Assert.Equal([new("mixed/a", "1"), new("mixed/b", "2")], await one.Client.ListAsync("mixed/").ToArrayAsync());
        await one.Client.PutAsync("mixed/a", "3");
        Assert.Equal("3", await one.Client.GetAsync("mixed/a"));
        await one.Client.PutAsync("mixed/a", "");
        Assert.Equal([new("mixed/a", ""), new("mixed/b", "2")], await one.Client.ListAsync("mixed/").ToArrayAsync());
        Assert.Equal("", await one.Client.GetAsync("mixed/a"));
    }

    [Fact]
    public async Task What_one_client_puts_another_gets()
    {
        await using var other = await one.Server.ConnectAsync();
        await one.Client.PutAsync("handed over", "by hand");

        Assert.Equal("by hand", await other.GetAsync("handed over"));
    }

    [Fact]
    public async Task Four_clients_that_put_at_once_all_see_all_of_it()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => one.Server.ConnectAsync()));
        await Task.WhenAll(clients.Select((client, i) => client.PutAsync($"at once/{i}", $"{i}").AsTask()));

        foreach (var client in clients)
        {
            for (var i = 0; i < clients.Length; i++) Assert.Equal($"{i}", await client.GetAsync($"at once/{i}"));
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_query_of_a_client_is_one_call_of_the_grain_it_asks()
    {
        var calls = new CountCalls();
        await using var server = await TestServer.StartAsync(2, configureSilo: silo => silo.AddIncomingGrainCallFilter(calls));
        await using var client = await server.ConnectAsync(1);
        var before = calls.Seen;

        await client.PutAsync("counted", "once");
        await client.GetAsync("counted");
        await client.ListAsync("counted").ToArrayAsync();

        Assert.Equal(["Put 1", "Get 1", "List 1"], calls.Seen[before.Length..]);
    }

    /// <summary>The trap of timestamps of a millisecond: the second of two Puts within one ties with the first, and may lose.</summary>
    [Fact]
    public async Task Two_thousand_Puts_without_a_pause_each_show_their_own_value_at_once()
    {
        var grain = one.Server.Grains[0];
        var stamps = new List<Replication.Stamp>();
        for (var i = 0; i < 2_000; i++)
        {
            stamps.Add((await grain.PutAsync("hurried", $"{i}")).Stamp);
            Assert.Equal($"{i}", await grain.GetAsync("hurried"));
        }

        Assert.Contains(stamps.Zip(stamps.Skip(1)), pair => pair.First.Time.Wall == pair.Second.Time.Wall);
    }

    /// <summary>The server of this class; its facts keep apart by their keys.</summary>
    public sealed class OneServer : IAsyncLifetime
    {
        internal TestServer Server { get; private set; } = null!;

        internal CmudClient Client { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            Client = await Server.ConnectAsync();
        }

        public async Task DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
        }
    }

    /// <summary>Takes note of every call of a query grain by its interface.</summary>
    private sealed class CountCalls : IIncomingGrainCallFilter
    {
        private readonly List<string> _seen = [];

        public string[] Seen
        {
            get
            {
                lock (_seen) return [.. _seen];
            }
        }

        public Task Invoke(IIncomingGrainCallContext context)
        {
            lock (_seen) _seen.AddRange(Query.In(context).Select(static query => $"{query.Method} {query.Grain}"));

            return context.Invoke();
        }
    }
}
