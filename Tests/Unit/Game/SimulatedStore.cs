using System.Runtime.CompilerServices;
using Cmud.Game;

namespace Cmud.Tests.Unit.Game;

/// <summary>
/// A last-writer-wins store of several replicas in made-up time: each write reaches each replica after a delay of its own, and each call of a
/// client goes to a replica drawn by chance. A client remembers what it wrote and saw, as the client library's session overlay does.
/// </summary>
internal sealed class SimulatedStore(TimeProvider time, Random random, int replicas = 6, TimeSpan maxDelay = default)
{
    private readonly SortedDictionary<string, List<Version>> _versions = new(StringComparer.Ordinal);
    private long _order;

    /// <summary>A session of the client library.</summary>
    public IWorldStore Connect() => new Session(this);

    /// <summary>How many keys hold something.</summary>
    public int LiveKeys => _versions.Values.Count(versions => versions.Max()!.Value.Length > 0);

    /// <summary>All that every replica will hold in the end.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settled => _versions.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Max()!.Value));

    /// <summary>Puts as any program may, past the game.</summary>
    public void PutRaw(string key, string value) => Write(key, value);

    private Version Write(string key, string value)
    {
        if (!_versions.TryGetValue(key, out var versions)) _versions[key] = versions = [];
        var now = time.GetUtcNow();
        var version = new Version(now, ++_order, value, [.. Enumerable.Range(0, replicas).Select(_ => now + (maxDelay * random.NextDouble()))]);
        versions.Add(version);
        return version;
    }

    private Version? Read(string key, int replica) =>
        _versions.TryGetValue(key, out var versions) ? versions.Where(version => version.Arrives[replica] <= time.GetUtcNow()).Max() : null;

    private sealed record Version(DateTimeOffset At, long Order, string Value, DateTimeOffset[] Arrives) : IComparable<Version>
    {
        public int CompareTo(Version? other) => other is null ? 1 : (At, Order).CompareTo((other.At, other.Order));
    }

    private sealed class Session(SimulatedStore store) : IWorldStore
    {
        private readonly SortedDictionary<string, Version> _seen = new(StringComparer.Ordinal);

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => new(See(key, store.Read(key, Replica))?.Value);

        public ValueTask Put(string key, string value, CancellationToken cancellationToken)
        {
            See(key, store.Write(key, value));
            return default;
        }

        public async IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            var replica = Replica;
            foreach (var key in store._versions.Keys.SkipWhile(key => string.CompareOrdinal(key, prefix) < 0).TakeWhile(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
            {
                if (See(key, store.Read(key, replica)) is { } version) yield return KeyValuePair.Create(key, version.Value);
            }
        }

        private int Replica => store.NextReplica();

        private Version? See(string key, Version? read)
        {
            var seen = _seen.GetValueOrDefault(key);
            var newer = read is null || (seen is not null && seen.CompareTo(read) > 0) ? seen : read;
            if (newer is not null) _seen[key] = newer;
            return newer;
        }
    }

    private int NextReplica() => random.Next(replicas);
}
