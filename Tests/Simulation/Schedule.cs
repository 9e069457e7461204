using Cmud.Replication.Sync;

namespace Cmud.Tests.Simulation;

/// <summary>A fault that the simulator must find when it is planted.</summary>
public enum PlantedBug
{
    None,

    /// <summary>Equal times are no longer parted by origin and grain.</summary>
    NoTieBreak,

    /// <summary>A received section counts for all that came before it.</summary>
    NoGapTracking,

    /// <summary>A server that crashed counts its writes from 1 again under its old incarnation.</summary>
    SameIncarnation,

    /// <summary>Beaten entries are forgotten at once, and their winners do not ride along.</summary>
    NoThinningRule,

    /// <summary>Writes are acknowledged, and merges told, before they are on the disk.</summary>
    AcknowledgedBeforeSync,

    /// <summary>A server that starts again asks only the wall for the time.</summary>
    ClockForgotten,

    /// <summary>What is stamped too far ahead is not taken in, but claimed.</summary>
    DeferredClaimed,

    /// <summary>What is stamped too far ahead is never asked for again.</summary>
    DeferredForgotten,

    /// <summary>Tombstones are purged though some member may still hold what they beat.</summary>
    PurgedEarly,
}

/// <summary>All that a run draws by chance, from one seed.</summary>
internal sealed class Schedule
{
    /// <param name="seed">What everything is drawn from.</param>
    /// <param name="bug">The fault that is planted.</param>
    /// <param name="isHarsh">Whether winners are lost with all who hold them; see <see cref="World"/>.</param>
    /// <param name="isDurable">Whether the servers have disks, which fail in their own ways, and clocks that step.</param>
    /// <param name="isFalse">Whether frames claim what they do not carry, as if the code had a fault.</param>
    public Schedule(int seed, PlantedBug bug = PlantedBug.None, bool isHarsh = false, bool isDurable = false, bool isFalse = false)
    {
        IsFalse = isFalse;
        Seed = seed;
        Bug = bug;
        IsHarsh = isHarsh;
        IsDurable = isDurable;
        DiskRandom = new(~seed);
        ClockRandom = new(seed ^ 0x5eed);
        Random = new(seed);
        Servers = Random.Next(2, 5);
        Grains = Random.Next(1, 4);
        Keys = Random.Next(2, 12);
        Puts = Random.Next(20, 200);
        Loss = Pick(0.0, 0.0, 0.1, 0.3);
        Duplication = Pick(0.0, 0.0, 0.1, 0.3);
        Delay = TimeSpan.FromMilliseconds(Pick(1, 50, 250));
        Jitter = TimeSpan.FromMilliseconds(Pick(0, 20, 500, 3000));
        Crashes = Pick(0, 0, 1, 3);
        Partitions = Pick(0, 0, 1, 3);
        Load = TimeSpan.FromSeconds(Pick(2, 10, 20));
        if (isDurable) (Crashes, Blackouts) = (DiskRandom.Next(1, 8), DiskRandom.Next(3));
        if (isHarsh) (Servers, Keys, Crashes, Partitions, Load) = (4, Random.Next(4, 12), 1, 0, TimeSpan.FromSeconds(Pick(5, 10)));
        Settings = new()
        {
            MaxFrameBytes = Pick(120, 1_000, 2 << 20),
            MinFrameBytes = Pick(60, 100),
            FirstFrameBytes = 100,
            // Not drawn, so that a seed gives the schedule that it always gave.
            MaxSectionBytes = seed % 2 == 0 ? 80 : new SyncSettings().MaxSectionBytes,
            MinWindow = Pick(400, 1 << 20),
            MaxIntervals = Pick(4, 16),
            SplitGap = Pick(5UL, 50_000UL),
            TrackGaps = bug != PlantedBug.NoGapTracking,
            AwaitFloors = bug != PlantedBug.PurgedEarly,
            KeepBeaten = bug != PlantedBug.NoThinningRule,
            DefersClaims = bug != PlantedBug.DeferredClaimed,
            ForgetsDeferred = bug == PlantedBug.DeferredForgotten,
        };
        // Every eighth, none of them a harsh one.
        if (seed % 8 != 5 || isFalse) return;

        WrongClock = DrawWrongClock();
        // Half of them as if nobody could say what time it is: then all that is stamped ahead comes too early.
        Settings = Settings with { AgreesOnTime = ClockRandom.Next(2) == 0 };
    }

    public int Seed { get; }

    public PlantedBug Bug { get; }

    /// <summary>Whether frames claim what they do not carry.</summary>
    public bool IsFalse { get; }

    public bool IsHarsh { get; }

    public bool IsDurable { get; }

    public Random Random { get; }

    /// <summary>For disks and clocks, so that the rest of a schedule is the same with and without them.</summary>
    public Random DiskRandom { get; }

    /// <summary>For clocks that are far off, so that the rest of a schedule is the same with and without them.</summary>
    public Random ClockRandom { get; }

    /// <summary>The server whose clock is far off for a while; null for none.</summary>
    public WrongClock? WrongClock { get; init; }

    public int Servers { get; }

    public int Grains { get; }

    public int Keys { get; }

    public int Puts { get; }

    public double Loss { get; }

    public double Duplication { get; }

    public TimeSpan Delay { get; }

    public TimeSpan Jitter { get; }

    /// <summary>How long a link takes to be up: meanwhile frames go back over the other side's. Shorter than the time after which what is lacked is asked of others.</summary>
    public TimeSpan Dial => TimeSpan.FromMilliseconds(30 + Seed % 4 * 100);

    public int Crashes { get; }

    public int Partitions { get; }

    /// <summary>Times at which all servers lose power at once.</summary>
    public int Blackouts { get; }

    /// <summary>Share of syncs that fail, which ends the server.</summary>
    public double DiskErrors => Seed % 5 == 0 ? 0.02 : 0;

    /// <summary>How long a sync takes: mostly some milliseconds, sometimes as long as a disk can think.</summary>
    public TimeSpan SyncTime() => TimeSpan.FromMilliseconds(DiskRandom.Next(20) == 0 ? DiskRandom.Next(2_000) : DiskRandom.Next(1, 12));

    /// <summary>By how much every clock is off in each later life; null where that is drawn.</summary>
    public TimeSpan? Step { get; init; }

    /// <summary>By how much, at most, a clock steps from one life to the next, with 5 s to spare.</summary>
    public static readonly TimeSpan MaxClockStep = TimeSpan.FromSeconds(40);

    /// <summary>How far into the future of the heal stamps and expiries may lie: all waits for that.</summary>
    public TimeSpan Ahead => WrongClock is { Off.Ticks: > 0 } wrong ? wrong.Off + (Seed % 3 == 1 ? Load : TimeSpan.Zero) : TimeSpan.Zero;

    /// <summary>By how much the clock of a server is off in its next life.</summary>
    public TimeSpan ClockStep() => Step is { } step ? step : IsDurable ? TimeSpan.FromSeconds(DiskRandom.Next(4) switch { 0 => -30, 1 => -5, 2 => 5, _ => 0 }) : TimeSpan.Zero;

    /// <summary>How long clients write and faults happen; then everything heals.</summary>
    public TimeSpan Load { get; }

    public SyncSettings Settings { get; init; }

    /// <summary>No fault, and no bound so tight that the live push lags behind.</summary>
    public bool IsFaultless => WrongClock is null && Loss == 0 && Duplication == 0 && Crashes == 0 && Partitions == 0 && Jitter <= TimeSpan.FromMilliseconds(20)
        && Settings is { MaxFrameBytes: > 1_000_000, MinWindow: > 1_000_000 };

    /// <summary>Whether a write is a delete, and how long it lives otherwise; null for ever. Two thirds of the schedules have neither.</summary>
    public (bool IsDelete, TimeSpan? TimeToLive) Fate()
    {
        if (Seed % 3 != 1 || IsFalse) return (false, null);

        return DiskRandom.Next(8) switch
        {
            < 2 => (true, null),
            2 => (false, Load * DiskRandom.NextDouble()),
            _ => (false, null),
        };
    }

    /// <summary>Ahead by more than is believed, from the beginning or later, and right again at the latest when all heals. Behind only without deletes: see docs/known-gaps.md.</summary>
    private WrongClock DrawWrongClock()
    {
        var off = TimeSpan.FromSeconds(ClockRandom.Next(Seed % 3 == 1 ? 3 : 4) switch { 0 => 90, 1 => 180, 2 => 300, _ => -180 });
        var from = ClockRandom.Next(2) == 0 ? TimeSpan.Zero : Load / 2 * ClockRandom.NextDouble();
        return new(ClockRandom.Next(Servers), off, from, ClockRandom.Next(2) == 0 ? Load : from + ((Load - from) * ClockRandom.NextDouble()));
    }

    public TimeSpan Within(TimeSpan span) => span * Random.NextDouble();

    public override string ToString() =>
        $"seed {Seed}: {Servers} servers x {Grains} grains, {Puts} puts on {Keys} keys in {Load.TotalSeconds} s, loss {Loss}, duplication {Duplication}, "
        + (WrongClock is { } wrong ? $"{wrong}{(Settings.AgreesOnTime ? "" : " that nobody can tell")}, " : "")
        + (IsDurable ? $"disks with {DiskErrors:P0} errors, {Blackouts} blackouts, " : "")
        + $"delay {Delay.TotalMilliseconds}+{Jitter.TotalMilliseconds} ms, {Crashes} crashes, {Partitions} partitions, frames {Settings.MaxFrameBytes} B, window {Settings.MinWindow} B, bug {Bug}";

    private T Pick<T>(params T[] choices) => choices[Random.Next(choices.Length)];
}

/// <summary>A clock that is off for a while.</summary>
internal sealed record WrongClock(int Server, TimeSpan Off, TimeSpan From, TimeSpan Until)
{
    public override string ToString() => $"the clock of server {Server} off by {Off.TotalSeconds} s from {From.TotalSeconds:F1} s to {Until.TotalSeconds:F1} s";
}
