namespace Cmud.Replication;

/// <summary>The time as one server takes it: the wall of its machine, unless the servers find that wall wrong; then theirs.</summary>
/// <remarks>
/// <para>
/// All that a server stamps, expires and judges goes by this clock. The sync machine, which hears the other servers, tells it from time to time what they take the time to be
/// (<see cref="Agree"/>). That is held against the machine's wall at every look, by the monotonic clock, so a step of the wall is noticed at once, in both directions: the step that breaks a clock, and the one that repairs it.
/// </para>
/// <para>Safe for many threads. What goes by the monotonic clock (timers, paces, timeouts) is the machine's own.</para>
/// </remarks>
public sealed class ServerClock(TimeProvider machine) : TimeProvider
{
    /// <summary>How far the machine's wall may be from the time that the servers agree on.</summary>
    /// <remarks>
    /// Two servers that are each within it are at most twice as far from one another, which is just what is not yet deferred (<see cref="Sync.SyncSettings.MaxAhead"/>): servers that hear one another
    /// defer nothing. Less would take the machine's time from servers whose clocks are merely bad.
    /// </remarks>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    /// <summary>How long an agreement counts that is not renewed: four idle heartbeats.</summary>
    /// <remarks>A machine that was suspended may find that its monotonic clock has stood still: what was agreed before is then wrong, and its wall right.</remarks>
    public static readonly TimeSpan Validity = TimeSpan.FromSeconds(20);

    private Agreement? _agreed;

    /// <summary>The wall of the machine, right or wrong.</summary>
    public DateTimeOffset MachineWall => machine.GetUtcNow();

    /// <summary>How far the wall of the machine is ahead of the time taken instead (behind it: negative); zero where it is taken.</summary>
    public TimeSpan Error
    {
        get
        {
            var wall = machine.GetUtcNow();
            return wall - Take(wall);
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => machine.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    /// <summary>Takes note of what the servers take the time to be now.</summary>
    public void Agree(DateTimeOffset wall) => Volatile.Write(ref _agreed, new(wall, machine.GetTimestamp()));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Take(machine.GetUtcNow());

    /// <inheritdoc/>
    public override long GetTimestamp() => machine.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(callback, state, dueTime, period);

    private DateTimeOffset Take(DateTimeOffset wall)
    {
        if (Volatile.Read(ref _agreed) is not { } agreed) return wall;

        var since = machine.GetElapsedTime(agreed.At);
        if (since > Validity) return wall;

        var theirs = agreed.Wall + since;
        return (wall - theirs).Duration() > Tolerance ? theirs : wall;
    }

    private sealed record Agreement(DateTimeOffset Wall, long At);
}
