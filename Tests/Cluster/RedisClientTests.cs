using System.Text.RegularExpressions;
using StackExchange.Redis;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Clients of Redis that know nothing of us, against a server in a process of its own.</summary>
public sealed class RedisClientTests(RedisClientTests.OneServer one) : IClassFixture<RedisClientTests.OneServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task StackExchange_Redis_does_what_strings_can(RedisProtocol protocol)
    {
        await using var redis = await Connect(protocol);
        var store = redis.GetDatabase();
        var prefix = $"{protocol}/";

        await store.StringSetAsync(prefix + "a", "1");
        await store.StringSetAsync(prefix + "b", "2", TimeSpan.FromSeconds(100));
        await store.StringSetAsync(prefix + "c", "3", TimeSpan.FromMilliseconds(100_500));
        await store.StringSetAsync([new(prefix + "d", "4"), new(prefix + "e", "5")]);

        Assert.Equal("1", await store.StringGetAsync(prefix + "a"));
        Assert.True((await store.StringGetAsync(prefix + "absent")).IsNull);
        Assert.Equal<RedisValue>(["1", RedisValue.Null, "5"], await store.StringGetAsync([prefix + "a", prefix + "absent", prefix + "e"]));
        Assert.InRange((await store.KeyTimeToLiveAsync(prefix + "b"))!.Value.TotalSeconds, 1, 100);
        Assert.InRange((await store.KeyTimeToLiveAsync(prefix + "c"))!.Value.TotalSeconds, 1, 100.5);
        Assert.Null(await store.KeyTimeToLiveAsync(prefix + "a"));
        Assert.True(await store.KeyExpireAsync(prefix + "a", TimeSpan.FromHours(1)));
        Assert.NotNull(await store.KeyTimeToLiveAsync(prefix + "a"));
        Assert.True(await store.KeyPersistAsync(prefix + "a"));
        Assert.True(await store.KeyExpireAsync(prefix + "d", TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1)));
        Assert.Equal((RedisType.String, RedisType.None), (await store.KeyTypeAsync(prefix + "a"), await store.KeyTypeAsync(prefix + "absent")));
        Assert.Equal(1, await store.StringLengthAsync(prefix + "a"));
        Assert.Equal(2, await store.KeyExistsAsync([prefix + "a", prefix + "b", prefix + "absent"]));
        Assert.True(await store.KeyDeleteAsync(prefix + "b"));
        Assert.Equal(1, await store.KeyDeleteAsync([prefix + "b", prefix + "c"]));

        var server = redis.GetServers().Single();
        Assert.Equal([prefix + "a", prefix + "d", prefix + "e"], server.Keys(pattern: prefix + "*", pageSize: 2).Select(static key => (string)key!));
        Assert.InRange(await server.DatabaseSizeAsync(), 3, 1_000_000);
        Assert.Equal([prefix + "d", "4"], (string[])(await store.ExecuteAsync("CMUD.LIST", prefix, "AFTER", prefix + "a", "LIMIT", 1))!);
        Assert.True(await store.PingAsync() > TimeSpan.Zero);
    }

    [Fact]
    public async Task StackExchange_Redis_is_told_what_there_is_not_and_goes_on()
    {
        await using var redis = await Connect(RedisProtocol.Resp3);
        var store = redis.GetDatabase();

        var refusal = await Assert.ThrowsAsync<RedisServerException>(() => store.StringSetAsync("told/a", "1", when: When.NotExists));
        Assert.Contains("NX is not supported", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<RedisServerException>(() => store.StringSetAsync("told/a", new byte[] { 0xff }));
        Assert.Contains("not valid UTF-8", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<RedisServerException>(() => store.ListLeftPushAsync("told/a", "1"));
        Assert.Contains("unknown command 'LPUSH'", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<RedisServerException>(() => redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("news"), static (_, _) => { }));
        Assert.Contains("there are no channels", refusal.Message, StringComparison.Ordinal);

        Assert.True(await store.StringSetAsync("told/a", "2"));
        Assert.Equal("2", await store.StringGetAsync("told/a"));
    }

    [Fact]
    public async Task StackExchange_Redis_has_a_thousand_commands_under_way()
    {
        await using var redis = await Connect(RedisProtocol.Resp2);
        var store = redis.GetDatabase();

        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => store.StringSetAsync($"many/{i:D3}", i)));
        var values = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => store.StringGetAsync($"many/{i:D3}")));

        Assert.Equal(Enumerable.Range(0, 1_000), values.Select(static value => (int)value));
    }

    [ToolFact("redis-cli", "redis-tools")]
    public async Task The_examples_for_redis_cli_answer_as_the_docs_say()
    {
        foreach (var (command, answer) in DocExample.Conversation(await DocExample.Read("console", "6001", one.Resp))) Assert.Equal(answer, await DocExample.Run("sh", "-c", command));
    }

    [ToolFact("redis-benchmark", "redis-tools")]
    public async Task Redis_benchmark_measures_gets_and_sets_in_pipelines()
    {
        var said = await DocExample.Run("redis-benchmark", "-p", $"{one.Resp}", "-t", "get,set,mset", "-P", "16", "-c", "20", "-n", "5000", "-r", "1000", "--csv");

        foreach (var test in new[] { "SET", "GET", "MSET (10 keys)" }) Assert.Matches($"\"{Regex.Escape(test)}\",\"[1-9]", said);
        Assert.DoesNotContain("WARNING", said, StringComparison.Ordinal);
        Assert.DoesNotContain("rror", said, StringComparison.Ordinal);
    }

    [ToolFact("redis-cli", "redis-tools")]
    public async Task Redis_cli_scans_in_either_protocol_and_shows_help_from_our_table()
    {
        await DocExample.Run("redis-cli", "-p", $"{one.Resp}", "mset", "cli/1", "a", "cli/2", "b");

        Assert.Equal("cli/1\ncli/2", await DocExample.Run("redis-cli", "-p", $"{one.Resp}", "--scan", "--pattern", "cli/*"));
        Assert.Equal("cli/1\ncli/2", await DocExample.Run("redis-cli", "-3", "-p", $"{one.Resp}", "--scan", "--pattern", "cli/*"));
        Assert.Contains("CMUD.LIST", await DocExample.Run("redis-cli", "-p", $"{one.Resp}", "command", "docs", "cmud.list"), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Only where an environment variable names a directory with the package redis of npm in it.</summary>
    [NodeFact]
    public async Task The_example_for_node_redis_prints_what_the_docs_say()
    {
        var example = await DocExample.Read("js", "6001", one.Resp);
        using var directory = new TemporaryDirectory();
        var script = directory.In("example.cjs");
        for (var protocol = 2; protocol <= 3; protocol++)
        {
            await File.WriteAllTextAsync(script, example.Replace("RESP: 3", $"RESP: {protocol}", StringComparison.Ordinal));

            Assert.Equal(DocExample.Said(example, "//"), await DocExample.Run("node", script));
        }
    }

    private async Task<ConnectionMultiplexer> Connect(RedisProtocol protocol)
    {
        var options = ConfigurationOptions.Parse($"127.0.0.1:{one.Resp}");
        (options.Protocol, options.AbortOnConnectFail, options.ClientName) = (protocol, true, "tests");
        return await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(Patience);
    }

    /// <summary>A server.</summary>
    public sealed class OneServer : IAsyncLifetime
    {
        private ServerProcess? _server;

        /// <summary>The port of its first query grain.</summary>
        public int Resp => _server!.Port + 1;

        public async Task InitializeAsync() => _server = await ServerProcess.Start(ServerProcess.FreePort());

        public async Task DisposeAsync() => await _server!.DisposeAsync();
    }
}

/// <summary>A test with a program of the system; skipped where there is none.</summary>
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string program, string package)
    {
        if (Tool.RefusalOf("sh", "-c", $"command -v {program} > /dev/null") is not null) Skip = $"NOT TESTED: there is no {program} here; install {package}.";
    }
}

/// <summary>A test with node-redis, which .ci/full installs: it takes longer than the rest together.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = Modules is null ? "Needs node and the package redis of npm: CMUD_NODE_MODULES says where, as in .ci/full." : null;

    /// <summary>Where packages of npm are.</summary>
    internal static string? Modules => Environment.GetEnvironmentVariable("CMUD_NODE_MODULES");
}
