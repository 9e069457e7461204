using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.DistributedData;

namespace Cmud.Benchmarks.Compare;

/// <summary>Two nodes of Akka.NET Distributed Data in this process, joined over loopback: a register for each key, the last writer wins.</summary>
/// <remarks>A node is asked in its own process, so no call pays for a socket: only what one node tells the other does.</remarks>
internal sealed class AkkaPair : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem[] _systems;
    private readonly IActorRef[] _replicators;
    private long _values;

    private AkkaPair(ActorSystem[] systems) => (_systems, _replicators) = (systems, [.. systems.Select(static system => DistributedData.Get(system).Replicator)]);

    public static string Version => $"Akka.NET Distributed Data {typeof(DistributedData).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Starts both, and writes so many keys.</summary>
    public static async Task<AkkaPair> StartAsync(int keys)
    {
        int[] ports = [RunningServer.FreePort(), RunningServer.FreePort()];
        var systems = Array.ConvertAll(ports, port => ActorSystem.Create("compare", ConfigurationFactory.ParseString(FormattableString.Invariant($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.log-dead-letters = off
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
            akka.cluster.min-nr-of-members = 2
            akka.cluster.seed-nodes = ["akka.tcp://compare@127.0.0.1:{{ports[0]}}"]
            """)).WithFallback(DistributedData.DefaultConfig())));
        var pair = new AkkaPair(systems);
        try
        {
            // Nobody is up before both have joined.
            await Task.WhenAll(systems.Select(UpAsync)).WaitAsync(Patience, TimeProvider.System);
            foreach (var some in Enumerable.Range(0, keys).Chunk(512)) await Task.WhenAll(some.Select(number => pair.PutAsync(LoadKeys.Key(number))));
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts at one node, each awaited, so many at a time.</summary>
    /// <returns>How many in a second.</returns>
    public async Task<double> PutsPerSecondAsync(int outstanding, double seconds, int keys)
    {
        var (began, span, done) = (TimeProvider.System.GetTimestamp(), TimeSpan.FromSeconds(seconds), 0L);
        await Task.WhenAll(Enumerable.Range(0, outstanding).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (TimeProvider.System.GetElapsedTime(began) < span)
            {
                await PutAsync(LoadKeys.Key(random.Next(keys)));
                Interlocked.Increment(ref done);
            }
        })));
        return done / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Puts a key at one node, and looks for it at the other until it is there.</summary>
    /// <returns>How long after its acknowledgement, in milliseconds; what never comes counts as <see cref="Convergence.Probes.Never"/>.</returns>
    public async Task<double> ShownAsync(string key) => await Sighting.AfterAsync(await PutAsync(key), () => GetAsync(_replicators[1], key));

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems) await system.Terminate();
    }

    private static Task UpAsync(ActorSystem system)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cluster.Get(system).RegisterOnMemberUp(() => up.TrySetResult());
        return up.Task;
    }

    private async Task<string> PutAsync(string key)
    {
        var (node, value) = (Cluster.Get(_systems[0]).SelfUniqueAddress, LoadKeys.Value(Interlocked.Increment(ref _values), 64));
        var answer = await _replicators[0].Ask<IUpdateResponse>(
            Dsl.Update(new LWWRegisterKey<string>(key), new LWWRegister<string>(node, ""), WriteLocal.Instance, register => register.WithValue(node, value)), Patience);
        return answer.IsSuccessful ? value : throw new InvalidOperationException($"Akka.NET did not take {key}: {answer}");
    }

    private static async Task<string?> GetAsync(IActorRef replicator, string key)
    {
        var register = new LWWRegisterKey<string>(key);
        var answer = await replicator.Ask<IGetResponse>(Dsl.Get(register, ReadLocal.Instance), Patience);
        return answer.IsSuccessful ? answer.Get(register).Value : null;
    }
}
