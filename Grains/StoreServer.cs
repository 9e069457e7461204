using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Options;

namespace Cmud.Grains;

/// <summary>This server in its present life: who it is, and the journal through which its grains commit.</summary>
public sealed class StoreServer : IDisposable
{
    private readonly Freshness[] _freshness;
    private readonly ulong[] _merged;
    private readonly CancellationTokenSource _stopping = new();
    private int _syncActivations;

    /// <summary>Begins a life.</summary>
    public StoreServer(IOptions<StoreOptions> options, ILocalSiloDetails silo, TimeProvider time)
    {
        Options = options.Value;
        if (Options.QueryGrains is < 1 or > StoreOptions.MaxQueryGrains)
            throw new OrleansConfigurationException($"The count of query grains is {Options.QueryGrains} but must be 1 to {StoreOptions.MaxQueryGrains}.");

        var address = Options.Advertise ?? silo.GatewayAddress?.Endpoint.ToString()
            ?? throw new OrleansConfigurationException("The silo has no gateway; a server of the store is reached through its gateway only, so give the silo a gateway port.");
        Journal = Options.Journal ?? InMemory(address, Options.Former, time, Options.LeastIncarnation);
        Me = new(Journal.Origin.Server, address, Options.Name);
        Time = new(time);
        SyncPace = new(time);
        Started = time.GetTimestamp();
        Stopping = _stopping.Token;
        OperationCounts = [.. Enumerable.Range(0, Options.QueryGrains).Select(static _ => new OperationCounts())];
        _freshness = [.. Enumerable.Repeat(Freshness.None, Options.QueryGrains)];
        _merged = new ulong[Options.QueryGrains];
    }

    /// <summary>How it is set up.</summary>
    public StoreOptions Options { get; }

    /// <summary>How the others know it.</summary>
    public Member Me { get; }

    /// <summary>The only sequencer of its origin.</summary>
    public IJournal Journal { get; }

    /// <summary>The clock of this server: that of the machine, unless the servers find it wrong.</summary>
    public ServerClock Time { get; }

    /// <summary>Monotonic time since the start of this life.</summary>
    public TimeSpan Now => Time.GetElapsedTime(Started);

    /// <summary>The server lost what it cannot go on without, and stops.</summary>
    public bool HasFailed { get; internal set; }

    /// <summary>The server was told to stop: what it took now nobody would get from it.</summary>
    public bool IsStopping => Stopping.IsCancellationRequested;

    /// <summary>Cancelled when the server is told to stop.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>The incarnation of a later life that the peers know, where the clock of this machine was set back since it began: start anew above it.</summary>
    public ulong? OutlivedBy { get; internal set; }

    /// <summary>The others turned the server away: put its data aside, and start anew, empty and under a new id.</summary>
    public FencedServer? Fenced { get; internal set; }

    /// <summary>What each query grain did.</summary>
    internal IReadOnlyList<OperationCounts> OperationCounts { get; }

    /// <summary>How fresh a query grain is, from the delivery on that this names.</summary>
    internal Freshness FreshnessOf(int grain) => Volatile.Read(ref _freshness[grain]);

    /// <summary>Takes note of it.</summary>
    internal void Freshen(int grain, Freshness freshness) => Volatile.Write(ref _freshness[grain], freshness);

    /// <summary>The last message of the sync grain that a query grain has taken in. To say so in a message would count as one.</summary>
    internal ulong MergedBy(int grain) => Volatile.Read(ref _merged[grain]);

    /// <summary>Takes note of it.</summary>
    internal void Merged(int grain, ulong number) => Volatile.Write(ref _merged[grain], number);

    /// <summary>Lets writes wait for the sync grain.</summary>
    internal SyncPace SyncPace { get; }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <summary>It is told to stop.</summary>
    internal void Stop() => _stopping.Cancel();

    private long Started { get; }

    /// <summary>Whether this is the first activation of the sync grain in this life; a second has lost what the first knew.</summary>
    internal bool BeginSync() => Interlocked.Increment(ref _syncActivations) == 1;

    /// <summary>Without a data directory nothing else about a server outlives it: the address is its identity.</summary>
    private static MemoryJournal InMemory(string address, ServerId? former, TimeProvider time, ulong leastIncarnation)
    {
        var id = new ServerId(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{address}{former}")));
        return new(Origin.Boot(id, time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), leastIncarnation));
    }
}
