using BenchmarkDotNet.Attributes;
using Cmud.Replication;

namespace Cmud.Benchmarks;

/// <summary>What a timestamp costs. The clock of the machine is part of it, and measured alone beside it.</summary>
[MemoryDiagnoser]
public class ClockBenchmarks
{
    private readonly TimeProvider _machine = TimeProvider.System;
    private readonly HybridClock _clock = new(TimeProvider.System);
    private readonly HybridClock _onServerClock = new(Agreed());
    private readonly ServerClock _alone = new(TimeProvider.System);
    private readonly ServerClock _agreed = Agreed();

    private ulong _seen;

    /// <summary>Nothing of ours: what the others contain.</summary>
    [Benchmark(Baseline = true)]
    public DateTimeOffset MachineWall() => _machine.GetUtcNow();

    /// <summary>Each above the one before.</summary>
    [Benchmark]
    public HybridTimestamp Issue() => _clock.Issue();

    /// <summary>As a server does: its own clock, which the other servers agree with, lies between.</summary>
    [Benchmark]
    public HybridTimestamp IssueOnServerClock() => _onServerClock.Issue();

    /// <summary>A later one each time: what is merged is seldom seen before.</summary>
    [Benchmark]
    public HybridTimestamp Observe()
    {
        _clock.Observe(new(++_seen));
        return _clock.Last;
    }

    /// <summary>A server that has heard of no other.</summary>
    [Benchmark]
    public DateTimeOffset ServerClockAlone() => _alone.GetUtcNow();

    /// <summary>A server whose clock the others agree with. They do so again, as frames make them do.</summary>
    [Benchmark]
    public DateTimeOffset ServerClockAgreed()
    {
        _agreed.Agree(_agreed.MachineWall);
        return _agreed.GetUtcNow();
    }

    private static ServerClock Agreed()
    {
        var clock = new ServerClock(TimeProvider.System);
        clock.Agree(clock.MachineWall);
        return clock;
    }
}
