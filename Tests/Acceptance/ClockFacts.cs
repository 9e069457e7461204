using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Cmud.Client;
using Cmud.Grains;
using Cmud.Replication;
using Cmud.Replication.Sync;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>Clocks that are wrong, on real servers in this process: each has a wall that is set by hand.</summary>
public sealed class ClockFacts : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FarAhead = TimeSpan.FromMinutes(10);
    private static readonly string[] Keys = [.. Enumerable.Range(0, 4).Select(i => $"clock/{i}")];

    private readonly List<Clocked> _servers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_servers.Select(server => server.Server.DisposeAsync().AsTask()));

    [Fact]
    public async Task Row_19_a_clock_that_steps_5_seconds_forth_and_back_is_not_noticed()
    {
        for (var i = 0; i < 3; i++) await StartAsync(grains: 2);
        var grains = _servers.SelectMany(server => server.Server.Grains).ToArray();
        var (history, newest) = (new SessionHistory(), new ConcurrentDictionary<string, Stamp>());
        await using var client = await CmudClient.ConnectAsync(new CmudClientOptions
        {
            Servers = [.. _servers.Select(server => server.Server.Address)],
            Router = new RandomRouter(new(19)),
            // No server is lost here, and a busy machine is no silent server.
            SilenceTimeout = TimeSpan.FromSeconds(5),
            CallTimeout = TimeSpan.FromSeconds(20),
        });

        foreach (var (phase, off) in new[] { TimeSpan.Zero, Step, TimeSpan.Zero }.Index())
        {
            _servers[1].Time.Off = off;
            for (var call = 0; call < 30; call++) await RoamAsync(Keys[call % Keys.Length], $"{phase}.{call}");
            foreach (var grain in grains) await ReadThenWriteAsync(grain, $"{phase} at {grain}");
        }

        Assert.Empty(history.Violations());
        foreach (var (key, stamp) in newest) await Eventually.Shows(key, stamp, grains);

        async Task RoamAsync(string key, string value)
        {
            history.Saw(0, key, await client.GetAsync(key));
            var put = await client.PutAsync(key, value);
            history.Wrote(0, key, value, put.Stamp);
            Note(key, put.Stamp);
        }

        async Task ReadThenWriteAsync(TestGrain grain, string value)
        {
            foreach (var key in Keys)
            {
                var read = await grain.StampAsync(key);
                var put = await grain.PutAsync(key, $"{value} {key}");
                var shown = await grain.StampAsync(key);
                Assert.True(read is null || put.Stamp > read, $"{key} was {read} on {grain}, and was put at {put.Stamp}");
                Assert.True(shown >= put.Stamp, $"{key} was put at {put.Stamp} on {grain}, which shows {shown}");
                // Without a client nobody's session goes from grain to grain: what each grain is told is a session of its own.
                history.Wrote(1 + Array.IndexOf(grains, grain), key, $"{value} {key}", put.Stamp);
                Note(key, put.Stamp);
            }
        }

        void Note(string key, Stamp stamp) => newest.AddOrUpdate(key, stamp, (_, known) => stamp > known ? stamp : known);
    }

    /// <summary>Nobody could tell it so: it was alone.</summary>
    [Fact]
    public async Task Row_20_what_a_server_wrote_10_minutes_ahead_is_deferred_until_the_time_has_come_and_nothing_else_is()
    {
        var deferred = new ConcurrentBag<string>();
        using var listener = Listen(deferred);
        var ahead = await StartAsync(agrees: false, off: FarAhead);
        await ahead.Server.Grains[0].PutAsync("ahead", "too early");
        var (b, c) = (await StartAsync(agrees: false), await StartAsync(agrees: false));
        var all = _servers.SelectMany(server => server.Server.Grains).ToArray();
        await Eventually.NothingIsMissing(() => Task.FromResult(new[] { b, c }.All(server => server.Says("ahead of this server's clock")) ? null : "no alarm was raised."));

        await b.Server.Grains[0].PutAsync("right", "in time");
        await Eventually.Shows("right", "in time", all);

        Assert.Equal("too early", await ahead.Server.Grains[0].GetAsync("ahead"));
        foreach (var grain in new[] { b, c }.SelectMany(server => server.Server.Grains)) Assert.Null(await grain.GetAsync("ahead"));
        Assert.True((await b.Server.Grains[0].StampAsync("right"))!.Value.Time.Wall < TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));

        // Its clock is set right: what it stamped already it must still go beyond.
        ahead.Time.Off = TimeSpan.Zero;
        await ahead.Server.Grains[0].PutAsync("repaired", "still ahead");
        await Eventually.NothingIsMissing(() => Task.FromResult(deferred.Distinct().Order().SequenceEqual(new[] { b, c }.Select(server => server.Server.Name).Order()) ? null : "nothing was counted."));
        foreach (var server in _servers) server.Time.Off = FarAhead;

        await Eventually.Shows("ahead", "too early", all);
        await Eventually.Shows("repaired", "still ahead", all);
    }

    [Fact]
    public async Task Row_20_a_server_whose_clock_the_others_find_wrong_goes_by_theirs()
    {
        for (var i = 0; i < 3; i++) await StartAsync();
        var (wrong, all) = (_servers[1], _servers.SelectMany(server => server.Server.Grains).ToArray());
        await Eventually.NothingIsMissing(async () => (await wrong.Server.MembersAsync()).All(member => member.ClockOffset is not null) ? null : "not all clocks are known.");

        wrong.Time.Off = FarAhead;
        var put = await wrong.Server.Grains[0].PutAsync("key", "at the right time");

        Assert.InRange(put.Stamp.Time.Wall, TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(30), TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30));
        await Eventually.Shows("key", "at the right time", all);
        await Eventually.NothingIsMissing(() => Task.FromResult(wrong.Says("600 s ahead of those of the other servers") ? null : "no alarm was raised."));
        var itself = (await wrong.Server.MembersAsync()).Single(member => member.Name == wrong.Server.Name);
        Assert.Equal(FarAhead.TotalSeconds, itself.ClockOffset!.Value.TotalSeconds, 5.0);

        wrong.Time.Off = TimeSpan.Zero;
        await Eventually.NothingIsMissing(() => Task.FromResult(wrong.Says("by the clock of its machine again") ? null : "the alarm was not ended."));

        // Whoever starts under a wrong clock has stamped nothing yet.
        var late = await StartAsync(off: FarAhead);
        await Eventually.NothingIsMissing(() => Task.FromResult(late.Says("600 s ahead of those of the other servers") ? null : "no alarm was raised."));
        var first = await late.Server.Grains[0].PutAsync("first", "at the right time");
        Assert.InRange(first.Stamp.Time.Wall, TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(30), TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Row_41_a_value_expires_on_each_server_by_its_own_clock_and_is_purged_on_all()
    {
        var hour = TimeSpan.FromHours(1);
        var (fast, slow) = (await StartAsync(agrees: false, off: TimeSpan.FromSeconds(10)), await StartAsync(agrees: false, off: TimeSpan.FromSeconds(-10)));
        await fast.Server.Grains[0].PutAsync("brief", "for an hour", hour);
        await Eventually.Shows("brief", "for an hour", slow.Server.Grains);

        fast.Time.Off += hour;
        slow.Time.Off += hour - TimeSpan.FromSeconds(1);
        Assert.Null(await fast.Server.Grains[0].GetAsync("brief"));
        Assert.Equal("for an hour", await slow.Server.Grains[0].GetAsync("brief"));
        slow.Time.Off += TimeSpan.FromSeconds(21);

        Assert.Null(await slow.Server.Grains[0].GetAsync("brief"));
        foreach (var grain in _servers.SelectMany(server => server.Server.Grains))
        {
            Assert.Empty(await grain.ListAsync("brief"));
            await Eventually.NothingIsMissing(async () => await grain.StampAsync("brief") is null ? null : $"{grain} still holds what has expired.");
        }
    }

    private async Task<Clocked> StartAsync(int grains = 1, bool agrees = true, TimeSpan off = default)
    {
        var (time, log) = (new SteppedTime(TimeProvider.System) { Off = off }, new Log());
        var server = await TestServer.StartAsync(grains, _servers.Select(started => started.Server).TakeLast(1), configureSilo: silo =>
        {
            silo.Services.AddSingleton<TimeProvider>(time);
            silo.Services.AddSingleton(new SyncSettings { AgreesOnTime = agrees });
            silo.Services.AddSingleton<ILoggerProvider>(log);
        });
        _servers.Add(new(server, time, log));
        return _servers[^1];
    }

    /// <summary>Names of servers that count entries as deferred.</summary>
    private static MeterListener Listen(ConcurrentBag<string> servers)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == StoreMetrics.MeterName && instrument.Name == StoreMetrics.Deferred) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, entries, tags, _) =>
        {
            // That there were none is told, too.
            if (entries > 0) servers.Add((string)tags.ToArray().Single(tag => tag.Key == "server").Value!);
        });
        listener.Start();
        return listener;
    }

    /// <summary>A server with a wall of its own.</summary>
    private sealed record Clocked(TestServer Server, SteppedTime Time, Log Log)
    {
        public bool Says(string part) => Log.Lines.Any(line => line.Contains(part, StringComparison.Ordinal));
    }

    /// <summary>What a server says on standard error.</summary>
    private sealed class Log : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
