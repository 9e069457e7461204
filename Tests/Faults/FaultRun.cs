using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Servers as processes and the history of what clients did on them; and for each row of the fault matrix, one after the other, its figures at the end.</summary>
internal sealed class FaultRun : IAsyncDisposable
{
    /// <summary>Within so long after the last fault is over all query grains must be equal.</summary>
    public static readonly TimeSpan HealTime = TimeSpan.FromSeconds(5);

    /// <summary>From the start of the process to its line that says ready.</summary>
    private static readonly TimeSpan ReadyTime = TimeSpan.FromSeconds(5);

    /// <summary>After that a difference is there to stay.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Evidence that servers do not meet, on however busy a machine.</summary>
    private static readonly TimeSpan Acquaintance = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly LoadOptions _load;
    private readonly List<FaultServer> _servers = [];
    private ITestOutputHelper _output = null!;
    private string _row = "";
    private int _callsBefore;
    private TimeSpan _slowest;

    private FaultRun(LoadOptions load) => _load = load;

    /// <summary>The environment variable that asks for many rounds, and for the rows that are not of every run.</summary>
    public const string RoundsVariable = "CMUD_FAULT_ROUNDS";

    /// <summary>How many rounds of a fault; CMUD_FAULT_ROUNDS asks for more than the few of every run, and for longer faults.</summary>
    public static int Rounds => Environment.GetEnvironmentVariable(RoundsVariable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 2;

    /// <summary>How long a fault lasts: as the matrix says where many rounds are asked for.</summary>
    public static TimeSpan Lasting(int seconds, int inFull) => TimeSpan.FromSeconds(Rounds > 2 ? inFull : seconds);

    public History History { get; } = new();

    public IReadOnlyList<FaultServer> Servers => _servers;

    /// <summary>The calls of the row.</summary>
    public IReadOnlyList<Call> Calls => [.. History.Calls.Skip(_callsBefore)];

    /// <summary>Whether a row began and did not end well: nothing is known of the servers then.</summary>
    public bool IsSpoilt { get; private set; }

    /// <summary>Starts a server at each place; all join the first.</summary>
    public static Task<FaultRun> StartAsync(params Place[] places) => StartAsync(new(), places);

    /// <inheritdoc cref="StartAsync(Place[])"/>
    public static async Task<FaultRun> StartAsync(LoadOptions load, params Place[] places)
    {
        var run = new FaultRun(load);
        try
        {
            foreach (var (index, place) in places.Index())
                run._servers.Add(new(place, place.Before.Length > 0 ? 6_000 : ServerProcess.FreePort(), run._directory.In($"{index}"), FaultLoad.KeysOf(run._load), run.History));
            await run._servers[0].StartAsync();
            await Task.WhenAll(run._servers.Skip(1).Select(server => server.StartAsync("--join", $"{run._servers[0].Address}")));
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>From here on it is the history of this row.</summary>
    public void Begin(string row, ITestOutputHelper output)
    {
        (_row, _output, _callsBefore, _slowest, IsSpoilt) = (row, output, History.Calls.Count, TimeSpan.Zero, true);
    }

    /// <summary>Waits until every server knows all the others.</summary>
    public async Task MeetAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!(await Task.WhenAll(_servers.Select(server => server.StatusAsync()))).All(status => status.Members.Count == _servers.Count))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Acquaintance, "The servers do not know one another.");
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }

    /// <summary>Clients on all servers.</summary>
    public Task<FaultLoad> LoadAsync() => LoadAsync([.. _servers.Select(server => server.Address)]);

    /// <summary>Clients that dial these.</summary>
    public Task<FaultLoad> LoadAsync(params ServerAddress[] addresses) => FaultLoad.StartAsync(History, addresses, _load);

    /// <summary>A path that nothing is at yet.</summary>
    public string NewPath(string name) => _directory.In(name);

    /// <summary>Waits until no query grain holds a tombstone any more: all were purged.</summary>
    public async Task PurgedAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await LookAsync() is { } looks && !looks.SelectMany(look => look.Keys.Values).Any(shown => shown is { Value: null, Stamp: not null })) return;

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "Tombstones are still there.");
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }

    /// <summary>Keys that two query grains show differently now.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync() => [.. HistoryChecker.Different(await LookAsync() ?? throw new TimeoutException("A query grain does not answer."))];

    /// <summary>Waits until all query grains of all servers are equal; the longest such wait of a row is one of its figures.</summary>
    public async Task ConvergeAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> differences = await LookAsync() is { } looks ? [.. HistoryChecker.Different(looks)] : ["A query grain does not answer."];
            var took = TimeProvider.System.GetElapsedTime(began);
            if (differences.Count == 0)
            {
                _slowest = _slowest > took ? _slowest : took;
                return;
            }

            Assert.True(took < Patience, $"{differences.Count} differences after {took.TotalSeconds:0.0} s: {string.Join('\n', differences.Take(5))}");
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }

    /// <summary>Holds the history against every promise, and prints the line of figures.</summary>
    /// <param name="runs">How often the row was run.</param>
    /// <param name="faults">How many faults there were in all.</param>
    /// <param name="more">Further figures.</param>
    /// <param name="healTime">Within so long it must have converged; null for <see cref="HealTime"/>.</param>
    public async Task CheckAsync(int runs, int faults, string more = "", TimeSpan? healTime = null)
    {
        var limit = healTime ?? HealTime;
        var final = await LookAsync();
        Assert.NotNull(final);
        var violations = HistoryChecker.Violations(History, final);
        foreach (var server in _servers) violations = [.. violations, .. await server.UnlistedAsync()];

        var calls = Calls;
        var acknowledged = calls.Count(call => call is { IsWrite: true, Outcome: Outcome.Ok });
        var unknown = calls.Count(call => call is { IsWrite: true, Outcome: Outcome.Unknown });
        var lost = HistoryChecker.Lost(History.Calls, final).Count();
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_row}: {runs} runs, {faults} faults, {acknowledged} acknowledged writes, {lost} lost, {unknown} of unknown outcome; longest time to converge {_slowest.TotalSeconds:0.00} s{more}"));
        Assert.True(violations.Count == 0, $"{violations.Count} violations:\n{string.Join('\n', violations.Take(20))}");
        Assert.True(acknowledged >= 400, $"Only {acknowledged} writes were acknowledged: nothing was tried.");
        Assert.True(_slowest <= limit, $"It took {_slowest.TotalSeconds:0.00} s to converge, but at most {limit.TotalSeconds} s are promised.");
        IsSpoilt = false;
    }

    /// <summary>A server that has started on its data, under load, was ready in time.</summary>
    /// <remarks>Where other work leaves the machine no time the clock says nothing of the server: so it is its processor time that is held against the promise, which is the same where it has the machine.</remarks>
    public static void AssertWasReady(FaultServer server) =>
        Assert.True(server.StartWork <= ReadyTime, $"{server.Address} worked {server.StartWork.TotalSeconds:0.00} s until ready, but at most {ReadyTime.TotalSeconds} s are promised.");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>What all query grains show, or null where one does not answer.</summary>
    private async Task<IReadOnlyList<Look>?> LookAsync()
    {
        var looks = await Task.WhenAll(_servers.Select(server => server.LookAsync()));
        return looks.Contains(null) ? null : [.. looks.SelectMany(own => own!)];
    }
}
