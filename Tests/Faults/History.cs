using Cmud.Replication;

namespace Cmud.Tests.Faults;

internal enum CallKind
{
    Get,
    Put,
    Delete,
}

/// <summary>What became of a call; a write of unknown outcome is stored or not.</summary>
internal enum Outcome
{
    Ok,
    Fail,
    Unknown,
}

/// <summary>One call of a session: calls of one session follow one another.</summary>
/// <param name="Session">Which one.</param>
/// <param name="Kind">What was asked.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">What was put, which nobody else puts, or what was read; null for a delete and an absent key.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Invoked">When it was made, since the history began.</param>
/// <param name="Completed">When its end came.</param>
/// <param name="Stamp">Of an acknowledged write; holds its origin.</param>
/// <param name="Sequence">Its number in that origin.</param>
/// <param name="Trouble">The sentence of a call that did not end well.</param>
internal sealed record Call(
    int Session, CallKind Kind, string Key, string? Value, Outcome Outcome, TimeSpan Invoked = default, TimeSpan Completed = default, Stamp? Stamp = null, ulong Sequence = 0, string? Trouble = null)
{
    public bool IsWrite => Kind != CallKind.Get;
}

/// <summary>What a query grain shows of a key.</summary>
/// <param name="Value">Null where the key is absent.</param>
/// <param name="Stamp">Of its entry, also of a tombstone; null where there is none.</param>
/// <param name="PurgeFloor">Where there is none: entries below this were deleted.</param>
internal readonly record struct Shown(string? Value, Stamp? Stamp, HybridTimestamp PurgeFloor = default)
{
    /// <summary>Whether this is the state that a write left, or a later one.</summary>
    public bool Has(Stamp write) => Stamp is { } stamp ? stamp >= write : PurgeFloor > write.Time;

    public override string ToString() => Stamp is null && PurgeFloor == default ? "nothing" : $"'{Value ?? "absent"}' of {(Stamp is { } stamp ? stamp : $"below {PurgeFloor}")}";
}

/// <summary>What one query grain, in one life of its server, showed of all keys at one moment.</summary>
internal sealed record Look(string Grain, IReadOnlyDictionary<string, Shown> Keys);

/// <summary>What clients did, and what query grains showed meanwhile.</summary>
internal sealed class History
{
    private readonly Lock _gate = new();
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly List<Call> _calls = [];
    private readonly List<Look> _looks = [];
    private int _sessions;

    /// <summary>Since the history began.</summary>
    public TimeSpan Now => TimeProvider.System.GetElapsedTime(_began);

    public IReadOnlyList<Call> Calls
    {
        get
        {
            lock (_gate) return [.. _calls];
        }
    }

    /// <summary>In the order of time for each grain.</summary>
    public IReadOnlyList<Look> Looks
    {
        get
        {
            lock (_gate) return [.. _looks];
        }
    }

    /// <summary>How many writes were acknowledged.</summary>
    public int Acknowledged
    {
        get
        {
            lock (_gate) return _calls.Count(call => call is { IsWrite: true, Outcome: Outcome.Ok });
        }
    }

    /// <summary>Numbers for so many sessions that nobody else has; gives the first.</summary>
    public int Enter(int sessions) => Interlocked.Add(ref _sessions, sessions) - sessions;

    public void Add(Call call)
    {
        lock (_gate) _calls.Add(call);
    }

    public void Add(Look look)
    {
        lock (_gate) _looks.Add(look);
    }
}
