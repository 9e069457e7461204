using System.Runtime.CompilerServices;
using System.Text;
using Cmud.Game;
using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>
/// A last-writer-wins store of several replicas in made-up time: each write reaches each replica after a delay of its own, and each call of a
/// client goes to a replica drawn by chance. A client remembers what it wrote and saw, as the client library's session overlay does.
/// </summary>
internal sealed class SimulatedStore(TimeProvider time, Random random, int replicas = 6, TimeSpan maxDelay = default)
{
    private readonly Dictionary<string, List<Version>> _versions = [];
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private readonly List<SimulatedWatch> _watches = [];
    private long _order;

    /// <summary>How many replicas there are.</summary>
    public int Replicas => replicas;

    /// <summary>A session of the client library.</summary>
    /// <param name="replica">The one replica that it is always routed to; null for any.</param>
    public IWorldStore Connect(int? replica = null) => new Session(this, replica);

    /// <summary>The same, which can watch. Each watch is at one replica, now and then goes on at another, which may be behind, and now and then breaks.</summary>
    public IWatchableStore ConnectWatching() => new WatchingSession(this);

    /// <summary>Lists so far, of all sessions.</summary>
    public int Lists { get; private set; }

    /// <summary>Whether watches stay where they are and never break.</summary>
    public bool WatchesAreSteady { get; set; }

    /// <summary>Watches so far: all, those that broke, and those that go on.</summary>
    public (int Begun, int Broken, int Open) Watches => (_watches.Count, _watches.Count(watch => watch.IsBroken), _watches.Count(watch => !watch.IsBroken && !watch.IsEnded));

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
            store.Lists++;
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

    private sealed class WatchingSession(SimulatedStore store) : IWatchableStore
    {
        private readonly IWorldStore _session = store.Connect();

        public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => _session.Get(key, cancellationToken);

        public ValueTask Put(string key, string value, CancellationToken cancellationToken) => _session.Put(key, value, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken) => _session.List(prefix, cancellationToken);

        public IStoreWatch Watch(string prefix, CancellationToken cancellationToken)
        {
            var watch = new SimulatedWatch(store, prefix, cancellationToken);
            store._watches.Add(watch);
            return watch;
        }
    }

    private sealed class SimulatedWatch : IStoreWatch
    {
        /// <summary>One look in so many is the last, and one in so many goes on elsewhere.</summary>
        private const int Breaks = 400;

        /// <inheritdoc cref="Breaks"/>
        private const int Moves = 20;

        private readonly SimulatedStore _store;
        private readonly string _prefix;
        private readonly CancellationToken _end;
        private readonly Queue<StoreEvent> _events = new();
        private readonly Dictionary<string, long> _told = [];
        private int _replica;
        private bool _isDisposed;

        public SimulatedWatch(SimulatedStore store, string prefix, CancellationToken end)
        {
            (_store, _prefix, _end) = (store, prefix, end);
            Begin();
        }

        public bool IsBroken { get; private set; }

        public bool IsEnded => _isDisposed || _end.IsCancellationRequested;

        public bool TryTake(out StoreEvent next)
        {
            Assert.False(IsEnded, "A watch that was ended is not asked.");
            if (_events.TryDequeue(out next)) return true;
            if (IsBroken) return false;

            Look();
            if (_events.TryDequeue(out next)) return true;

            // Nothing new, as far as this look: what comes next time may come from elsewhere.
            if (_store.Chance(Breaks)) IsBroken = true;
            else if (_store.Chance(Moves)) Begin();

            return false;
        }

        public void Dispose() => _isDisposed = true;

        private void Begin()
        {
            _replica = _store.NextReplica();
            _told.Clear();
            _events.Enqueue(new(StoreEventKind.Reset));
            Look();
            _events.Enqueue(new(StoreEventKind.Current));
        }

        private void Look()
        {
            foreach (var key in _store.Keys(_prefix))
            {
                if (_store.Read(key, _replica) is not { } version || (_told.TryGetValue(key, out var told) && told == version.Order)) continue;

                _told[key] = version.Order;
                _events.Enqueue(new(StoreEventKind.Change, key, version.Value));
            }
        }
    }

    private bool Chance(int one) => !WatchesAreSteady && random.Next(one) == 0;

    private int NextReplica() => random.Next(replicas);
}
