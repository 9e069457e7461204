using System.Text;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>What only a real silo shows: activations, turns, attributes.</summary>
public sealed class GrainTests : IAsyncLifetime
{
    private readonly HoldingLog _log = new();
    private readonly WebApplication _host;

    public GrainTests() => _host = ServerHost.Build(
        new ServerOptions { Port = TestPorts.Next(2), QueryGrains = 2 },
        silo => silo.Services.AddSingleton<IFatalErrorHandler>(new FatalErrors()).AddSingleton<ILoggerProvider>(new OneLog(_log)));

    private IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    private ILocalSync Sync => Grains.GetGrain<ILocalSync>(0);

    public Task InitializeAsync() => _host.StartAsync();

    public async Task DisposeAsync()
    {
        _log.Release();
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_thousand_watchers_wait_and_no_more_but_who_keeps_up_the_tokens()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        var watch = new WatchRequest(Utf8("w/"), Position: null, IsFromNow: true, Limit: 0, TimeSpan.FromSeconds(10));
        var watchers = Enumerable.Range(0, 1_000).Select(_ => grain.Watch(watch).AsTask()).ToArray();

        var refused = await Assert.ThrowsAsync<RefusedException>(() => grain.Watch(watch).AsTask());
        var tokens = await grain.AsReference<IOperatorGrain>().Tokens(watch with { IsFromNow = false, Wait = TimeSpan.Zero });
        await grain.Put(new(Utf8("w/1"), Utf8("v"), Seen: 0));

        Assert.StartsWith("1000 watchers wait at this query grain already", refused.Message, StringComparison.Ordinal);
        Assert.True(tokens is { IsReset: true, IsCurrent: true, Items: [] });
        Assert.All(await Task.WhenAll(watchers), reply => Assert.Equal("v", Encoding.UTF8.GetString(Assert.Single(reply.Items).Value!)));
    }

    [Fact]
    public async Task A_turn_of_the_sync_grain_holds_up_no_query()
    {
        IQueryGrain[] grains = [Grains.GetGrain<IQueryGrain>(0), Grains.GetGrain<IQueryGrain>(1)];
        // Each is told something by the sync grain.
        await grains[0].Put(new(Utf8("turn/0"), Utf8("v"), Seen: 0));
        await grains[1].Put(new(Utf8("turn/1"), Utf8("v"), Seen: 0));
        await Eventually.NothingIsMissing(async () => (await grains[0].Get(new(Utf8("turn/1"), 0))).Value is not null && (await grains[1].Get(new(Utf8("turn/0"), 0))).Value is not null ? null : "a query grain does not show what the other one took");

        _log.Hold("has less free than the reserve");
        await Sync.RoomChanged(hasRoom: false);
        await _log.IsHeld;
        await grains[0].Put(new(Utf8("turn/0"), Utf8("w"), Seen: 0)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        await grains[1].Get(new(Utf8("turn/0"), 0)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        _log.Release();
    }

    [Fact]
    public async Task What_is_written_while_the_sync_grain_is_busy_comes_to_it_in_one_message()
    {
        IQueryGrain[] grains = [Grains.GetGrain<IQueryGrain>(0), Grains.GetGrain<IQueryGrain>(1)];
        var before = await Messages();

        _log.Hold("has less free than the reserve");
        await Sync.RoomChanged(hasRoom: false);
        await _log.IsHeld;
        for (var i = 0; i < 5; i++)
        {
            await grains[0].Put(new(Utf8("busy"), Utf8($"{i}"), Seen: 0)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
            // Longer than the pace of messages: each Put would have one of its own.
            await Task.Delay(TimeSpan.FromSeconds(0.25), TimeProvider.System);
        }

        _log.Release();
        await Eventually.NothingIsMissing(async () => (await grains[1].Get(new(Utf8("busy"), 0))).Value is [(byte)'4'] ? null : "the other query grain does not show the last Put");

        // The first was on its way already.
        Assert.InRange(await Messages() - before, 1, 2);

        async Task<long> Messages() => (await Sync.Status()).Pairs.Single(static pair => pair.Receiver == "journal to sync").Messages;
    }

    [Fact]
    public async Task A_message_to_a_former_activation_stops_none_that_follow()
    {
        IQueryGrain[] grains = [Grains.GetGrain<IQueryGrain>(0), Grains.GetGrain<IQueryGrain>(1)];
        await grains[0].Put(new(Utf8("late"), Utf8("1"), Seen: 0));
        await Shows('1');

        // As it comes where an activation ended before it took it in.
        await grains[1].AsReference<IReplicaGrain>().Merge(new([], [], PurgeFloor: 0, Number: 1));
        await grains[0].Put(new(Utf8("late"), Utf8("2"), Seen: 0));
        await Shows('2');

        Task Shows(char value) => Eventually.NothingIsMissing(async () => (await grains[1].Get(new(Utf8("late"), 0))).Value is [var shown] && shown == value ? null : $"the other query grain does not show {value}");
    }

    [Fact]
    public async Task A_query_grain_keeps_its_replica_over_a_burst_and_a_rest()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        var puts = Enumerable.Range(0, 1_000).Select(i => new Operation(OperationKind.Put, Utf8($"burst/{i:D4}"), Utf8("v"))).ToArray();
        await grain.Execute(new ExecuteRequest(puts, 0));
        await Eventually.NothingIsMissing(async () => (await Sync.Status()).Held.Values.Any(held => held.Contains("1000", StringComparison.Ordinal)) ? null : "the sync grain has not merged the Puts");
        var loads = await MessagesTo(0);

        // Lists of a thousand results queue up behind one another; Orleans' idle removal then looks every half second.
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(_ => grain.List(new(Utf8("burst/"), null, 0, 0)).AsTask()));
        await Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System);
        var list = await grain.List(new(Utf8("burst/"), null, 0, 0));

        Assert.Equal(1_000, list.Items.Length);
        // A new activation would have loaded its replica from the sync grain.
        Assert.Equal(loads, await MessagesTo(0));
    }

    [Fact]
    public async Task A_query_grain_that_wakes_loads_all_that_the_server_holds_before_it_answers()
    {
        const int keys = 40_000;
        var grain = Grains.GetGrain<IQueryGrain>(0);
        foreach (var part in Enumerable.Range(0, keys).Chunk(4_000))
            await grain.Execute(new ExecuteRequest([.. part.Select(i => new Operation(OperationKind.Put, Utf8($"load/{i:D6}"), Utf8($"{i}")))], 0));
        await Eventually.NothingIsMissing(async () => (await Sync.Status()).Held.Values.Any(held => held.Contains($"{keys}", StringComparison.Ordinal)) ? null : "the sync grain has not merged the Puts");
        var before = await MessagesTo(0);

        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await Eventually.NothingIsMissing(async () => (await grain.Get(new(Utf8("load/039999"), 0))).Value is not null && await MessagesTo(0) > before ? null : "the grain was not activated again");
        var first = await grain.Get(new(Utf8("load/000000"), 0));

        // Its own writes of its former life are back too, in few messages at the pace of every pair.
        Assert.Equal("0", Encoding.UTF8.GetString(first.Value!));
        Assert.InRange(await MessagesTo(0) - before, 1, 5);
        Assert.All((await Sync.Status()).Pairs, pair => Assert.InRange(pair.BusiestSecond, 0, 10));
    }

    [Fact]
    public async Task A_replica_is_hashed_between_its_other_calls()
    {
        const int keys = 60_000;
        var grain = Grains.GetGrain<IQueryGrain>(0);
        foreach (var part in Enumerable.Range(0, keys).Chunk(4_000))
            await grain.Execute(new ExecuteRequest([.. part.Select(i => new Operation(OperationKind.Put, Utf8($"hash/{i:D6}"), Utf8($"{i}")))], 0));

        // A Put waits while the sync grain takes in those before it.
        await Eventually.NothingIsMissing(async () => (await Sync.Status()).Held.Values.Any(held => held.Contains($"{keys}", StringComparison.Ordinal)) ? null : "the sync grain has not merged the Puts");
        var hashing = Grains.GetGrain<IOperatorGrain>(0).Digest(new(Seed: 7, Groups: null)).AsTask();
        await grain.Put(new(Utf8("last"), Utf8("v"), 0));

        // The walk of 30 slices met the last key at its end: the Put that followed it did not wait for it.
        Assert.Equal(keys + 1, (await hashing).Keys);
    }

    [Fact]
    public async Task A_replica_takes_part_in_a_few_comparisons_at_a_time()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        foreach (var part in Enumerable.Range(0, 20_000).Chunk(4_000))
            await grain.Execute(new ExecuteRequest([.. part.Select(i => new Operation(OperationKind.Put, Utf8($"hash/{i:D6}"), Utf8($"{i}")))], 0));

        var calls = Enumerable.Range(0, 20).Select(_ => Grains.GetGrain<IOperatorGrain>(0).Digest(new(Seed: 7, Groups: null)).AsTask()).ToArray();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => Task.WhenAll(calls));

        Assert.Equal("4 comparisons of this replica are under way already; try again when one has ended.", refused.Message);
        Assert.InRange(calls.Count(call => call.IsCompletedSuccessfully), 4, 19);
        Assert.Equal(20_000, (await Grains.GetGrain<IOperatorGrain>(0).Digest(new(Seed: 7, Groups: null))).Keys);
    }

    [Fact]
    public async Task A_server_that_loses_its_sync_grain_stops()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Lifetime.ApplicationStopping.Register(() => stopped.TrySetResult());

        await Sync.AsReference<IGrainManagementExtension>().DeactivateOnIdle();

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(15), TimeProvider.System);
        Assert.True(_host.Services.GetRequiredService<StoreServer>().HasFailed);
    }

    [Fact]
    public async Task A_server_with_a_query_grain_that_can_take_nothing_in_stops()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Lifetime.ApplicationStopping.Register(() => stopped.TrySetResult());

        await Grains.GetGrain<IReplicaGrain>(1).Merge(new([null!], [], PurgeFloor: 0, Number: 1));

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(15), TimeProvider.System);
        Assert.True(_host.Services.GetRequiredService<StoreServer>().HasFailed);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(70_000)]
    public async Task A_query_grain_that_the_server_does_not_have_is_refused(int key)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () => await Grains.GetGrain<IQueryGrain>(key).Get(new(Utf8("key"), 0)));

        Assert.Contains($"There is no query grain {key}", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_is_carried_out_in_order()
    {
        var results = (await Grains.GetGrain<IQueryGrain>(0).Execute(new ExecuteRequest(
            [
                new(OperationKind.Get, Utf8("order")),
                new(OperationKind.Put, Utf8("order"), Utf8("1")),
                new(OperationKind.Get, Utf8("order")),
                new(OperationKind.Put, Utf8("order"), Utf8("2")),
                new(OperationKind.List, Utf8("order")),
            ],
            0))).Results;

        Assert.Null(results[0].Get!.Value.Value);
        Assert.Equal("1", Encoding.UTF8.GetString(results[2].Get!.Value.Value!));
        Assert.Equal("2", Encoding.UTF8.GetString(Assert.Single(results[4].List!.Value.Items).Value));
    }

    [Fact]
    public async Task A_batch_may_delete_and_set_for_a_time()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);

        var results = (await grain.Execute(new ExecuteRequest(
            [
                new(OperationKind.Put, Utf8("both/a"), Utf8("1"), TimeToLive: TimeSpan.FromHours(1)),
                new(OperationKind.Put, Utf8("both/b"), Utf8("2")),
                new(OperationKind.Delete, Utf8("both/b")),
                new(OperationKind.Get, Utf8("both/a")),
                new(OperationKind.Get, Utf8("both/b")),
                new(OperationKind.List, Utf8("both/")),
            ],
            0))).Results;

        Assert.InRange(results[0].Put!.Value.Expiry, 1, long.MaxValue);
        Assert.InRange(results[3].Get!.Value.TimeLeft!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        Assert.Equal((null, results[2].Put!.Value.Stamp), (results[4].Get!.Value.Value, results[4].Get!.Value.Stamp!.Value));
        Assert.Equal("1", Encoding.UTF8.GetString(Assert.Single(results[5].List!.Value.Items).Value));
    }

    [Fact]
    public async Task A_list_tells_of_the_keys_it_is_asked_about()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        await grain.Put(new(Utf8("told/live"), Utf8("v"), 0));
        var deleted = await grain.Delete(new(Utf8("told/deleted"), 0));
        await grain.Delete(new(Utf8("told/unasked"), 0));

        var list = await grain.List(new(Utf8("told/"), null, 0, 0, [Utf8("told/deleted"), Utf8("told/live"), Utf8("told/never")]));

        Assert.Equal("told/live", Encoding.UTF8.GetString(Assert.Single(list.Items).Key));
        var hidden = Assert.Single(list.Hidden!);
        Assert.Equal(("told/deleted", deleted.Stamp), (Encoding.UTF8.GetString(hidden.Key), hidden.Stamp));
    }

    [Fact]
    public async Task A_batch_with_one_bad_operation_stores_nothing()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);

        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
            await grain.Execute(new ExecuteRequest([new(OperationKind.Put, Utf8("good"), Utf8("v")), new(OperationKind.Put, [], Utf8("v"))], 0)));

        Assert.StartsWith("Operation 1 of the batch: The key is empty", refused.Message, StringComparison.Ordinal);
        Assert.Null((await grain.Get(new(Utf8("good"), 0))).Stamp);
    }

    [Fact]
    public async Task A_batch_with_a_limit_that_cannot_be_stores_nothing()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);

        await Assert.ThrowsAsync<RefusedException>(async () =>
            await grain.Execute(new ExecuteRequest([new(OperationKind.List, Utf8("limit"), Limit: -1), new(OperationKind.Put, Utf8("limited"), Utf8("v"))], 0)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.List(new(Utf8("limit"), null, -1, 0)));

        Assert.Null((await grain.Get(new(Utf8("limited"), 0))).Stamp);
    }

    [Fact]
    public async Task A_batch_may_not_read_more_of_its_own_writes_than_of_others()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        var get = new Operation(OperationKind.Get, Utf8("large"));

        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
            await grain.Execute(new ExecuteRequest([new(OperationKind.Put, Utf8("large"), Utf8(new string('v', Door.MaxValueBytes))), .. Enumerable.Repeat(get, 300)], 0)));

        Assert.Contains("would read more than", refused.Message, StringComparison.Ordinal);
        Assert.Null((await grain.Get(new(Utf8("large"), 0))).Stamp);
    }

    [Fact]
    public async Task A_batch_that_only_reads_is_refused_where_it_finds_too_much_and_a_brief_one_sooner()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        await grain.Put(new(Utf8("long"), Utf8(new string('v', Door.MaxValueBytes)), 0));
        ExecuteRequest Gets(int count, bool isBrief) => new([.. Enumerable.Repeat(new Operation(OperationKind.Get, Utf8("long")), count)], 0, IsBrief: isBrief);

        Assert.Equal(200, (await grain.Execute(Gets(200, isBrief: false))).Results.Length);
        Assert.Contains("would read more than 16777216 bytes", (await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(Gets(300, isBrief: false)))).Message, StringComparison.Ordinal);
        Assert.Equal(7, (await grain.Execute(Gets(7, isBrief: true))).Results.Length);
        Assert.Contains("would read more than 524288 bytes", (await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(Gets(9, isBrief: true)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_grain_refuses_what_a_client_without_a_door_sends()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        byte[][] keys = [[], new byte[Door.MaxKeyBytes + 1], [0xED, 0xA0, 0x80], Utf8("a\nb"), null!];

        foreach (var key in keys)
        {
            await Assert.ThrowsAsync<RefusedException>(async () => await grain.Put(new(key, Utf8("v"), 0)));
            await Assert.ThrowsAsync<RefusedException>(async () => await grain.Get(new(key, 0)));
        }

        foreach (var key in keys) await Assert.ThrowsAsync<RefusedException>(async () => await grain.Delete(new(key, 0)));
        foreach (var key in keys) await Assert.ThrowsAsync<RefusedException>(async () => await grain.List(new([], null, 0, 0, [key])));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.List(new([], null, 0, 0, [.. Enumerable.Repeat(Utf8("key"), Door.MaxKnownKeys + 1)])));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Put(new(Utf8("key"), Utf8("v"), 0, TimeSpan.Zero)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(new ExecuteRequest([new(OperationKind.Put, Utf8("key"), Utf8("v"), TimeToLive: TimeSpan.MaxValue)], 0)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(new ExecuteRequest([new((OperationKind)9, Utf8("key"))], 0)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(new PackedRequest([1, 0, 0, 1])));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Execute(new PackedRequest(null!)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Put(new(Utf8("key"), null!, 0)));
        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Put(new(Utf8("key"), new byte[Door.MaxValueBytes + 1], 0)));
        Assert.Empty((await grain.List(new([], null, 0, 0))).Items);
    }

    [Fact]
    public async Task A_session_from_the_far_future_is_refused_and_moves_no_clock()
    {
        var grain = Grains.GetGrain<IQueryGrain>(0);
        var future = HybridTimestamp.Of(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1));

        await Assert.ThrowsAsync<RefusedException>(async () => await grain.Put(new(Utf8("key"), Utf8("v"), future.Value)));

        Assert.True((await grain.Put(new(Utf8("key"), Utf8("v"), 0))).Stamp.Time < future);
    }

    [Fact]
    public async Task A_server_whose_clock_was_set_back_over_a_restart_begins_anew_and_catches_up()
    {
        await using var other = await TestServer.StartAsync(count: 1);
        var port = TestPorts.Next(1);
        var options = new ServerOptions { Port = port, QueryGrains = 1, Join = [other.Address] };
        await using (var first = ServerHost.Build(options))
        {
            await first.StartAsync();
            await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(0).Put(new(Utf8("before"), Utf8("1"), 0));
            await Eventually.Shows("before", "1", other.Grains);
            await first.StopAsync(new CancellationToken(canceled: true));
        }

        await using var second = ServerHost.Build(options, silo => silo.Services.AddSingleton<TimeProvider>(new Behind(SetBack)));
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        second.Lifetime.ApplicationStopping.Register(() => ended.TrySetResult());
        await second.StartAsync();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        await second.StopAsync(new CancellationToken(canceled: true));
        var later = second.Services.GetRequiredService<StoreServer>().OutlivedBy;
        await using var third = ServerHost.Build(options with { LeastIncarnation = later!.Value + 1 }, silo => silo.Services.AddSingleton<TimeProvider>(new Behind(SetBack)));
        await third.StartAsync();

        var grain = third.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(0);
        await Eventually.NothingIsMissing(async () => (await grain.Get(new(Utf8("before"), 0))).Value is not null ? null : "the server did not catch up");
        await grain.Put(new(Utf8("before"), Utf8("2"), 0));
        await Eventually.Shows("before", "2", other.Grains);
        await third.StopAsync(new CancellationToken(canceled: true));
    }

    /// <summary>Farther back than the start before, and within what is not yet deferred.</summary>
    private static readonly TimeSpan SetBack = TimeSpan.FromSeconds(50);

    private sealed class Behind(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - offset;
    }

    private async Task<long> MessagesTo(int grain) => (await Sync.Status()).Pairs.Single(pair => pair.Receiver == $"query grain {grain}").Messages;

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A log that blocks who writes a sentence to it, as one to a pipe that nobody reads does.</summary>
    private sealed class HoldingLog : ILogger
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _release = new();
        private string? _sentence;

        public Task IsHeld => _held.Task;

        public void Hold(string sentence) => _sentence = sentence;

        public void Release() => _release.TrySetResult();

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (_sentence is null || !formatter(state, exception).Contains(_sentence, StringComparison.Ordinal)) return;

            _held.TrySetResult();
            _release.Task.Wait();
        }
    }

    private sealed class OneLog(ILogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
        }
    }
}
