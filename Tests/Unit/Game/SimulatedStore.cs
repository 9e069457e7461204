using System.Runtime.CompilerServices;
using System.Text;
using Cmud.Game;
using Cmud.Replication;

namespace Cmud.Tests.Unit.Game;

/// <summary>
/// A last-writer-wins store of several replicas in made-up time: each write reaches each replica after a delay of its own, and each call of a
/// client goes to a replica drawn by chance. A client remembers what it wrote and saw, as the client library's session overlay does.
/// </summary>
internal sealed class SimulatedStore(TimeProvider time, Random random, int replicas = 6, TimeSpan maxDelay = default)
{
    private readonly Dictionary<string, List<Version>> _versions = [];
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private long _order;

    /// <summary>How many replicas there are.</summary>
    public int Replicas => replicas;

    /// <summary>A session of the client library.</summary>
    /// <param name="replica">The one replica that it is always routed to; null for any.</param>
    public IWorldStore Connect(int? replica = null) => new Session(this, replica);

    /// <summary>How many keys hold something.</summary>
    public int LiveKeys => _versions.Values.Count(versions => versions[^1].Value.Length > 0);

    /// <summary>All that every replica will hold in the end.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settled => _keys.Select(key => KeyValuePair.Create(key, _versions[key][^1].Value));

    /// <summary>Puts as any program may, past the game.</summary>
    public void PutRaw(string key, string value) => Write(key, value);

    /// <summary>Loses a key as the last server does that held it.</summary>
    public void Forget(string key)
    {
        _keys.Remove(key);
        _versions.Remove(key);
    }

    private Version Write(string key, string value)
    {
        var now = time.GetUtcNow();
        var arrives = new DateTimeOffset[replicas];
        for (var i = 0; i < replicas; i++) arrives[i] = now + (maxDelay * random.NextDouble());
        var version = new Version(++_order, value, arrives, arrives.Max());
        if (!_versions.TryGetValue(key, out var versions))
        {
            _versions[key] = versions = [];
            _keys.Add(key);
        }

        // Nobody sees what is below a version that is everywhere.
        if (versions.FindLastIndex(known => known.Everywhere <= now) is var settled and > 0) versions.RemoveRange(0, settled);
        versions.Add(version);
        return version;
    }

    /// <summary>The latest version that has come to a replica. They stand in the order of their writes, for made-up time never falls.</summary>
    private Version? Read(string key, int replica)
    {
        if (!_versions.TryGetValue(key, out var versions)) return null;

        var now = time.GetUtcNow();
        for (var i = versions.Count - 1; i >= 0; i--)
        {
            if (versions[i].Arrives[replica] <= now) return versions[i];
        }

        return null;
    }

    private string[] Keys(string prefix) => [.. _keys.GetViewBetween(prefix, prefix + '\uffff')];

    private sealed record Version(long Order, string Value, DateTimeOffset[] Arrives, DateTimeOffset Everywhere);

    private sealed class Session(SimulatedStore store, int? fixedReplica) : IWorldStore
    {
        private readonly Dictionary<string, Version> _seen = [];

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => new(See(key, store.Read(key, Replica))?.Value);

        public ValueTask Put(string key, string value, CancellationToken cancellationToken)
        {
            See(key, store.Write(key, value));
            return default;
        }

        public async IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            if (Door.RefusePrefix(Encoding.UTF8.GetBytes(prefix)) is { } refusal) throw new InvalidOperationException(refusal);

            var replica = Replica;
            foreach (var key in store.Keys(prefix))
            {
                if (See(key, store.Read(key, replica)) is { } version) yield return KeyValuePair.Create(key, version.Value);
            }
        }

        private int Replica => fixedReplica ?? store.NextReplica();

        private Version? See(string key, Version? read)
        {
            var seen = _seen.GetValueOrDefault(key);
            var newer = read is null || seen?.Order > read.Order ? seen : read;
            if (newer is not null) _seen[key] = newer;
            return newer;
        }
    }

    private int NextReplica() => random.Next(replicas);
}
