namespace Cmud.Tests;

/// <summary>A machine whose wall is set by hand, as operators and NTP do; its monotonic clock goes on regardless.</summary>
internal sealed class SteppedTime(TimeProvider machine) : TimeProvider
{
    private long _off;

    /// <summary>By how much the wall is off.</summary>
    public TimeSpan Off
    {
        get => new(Interlocked.Read(ref _off));
        set => Interlocked.Exchange(ref _off, value.Ticks);
    }

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + Off;

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(callback, state, dueTime, period);
}
