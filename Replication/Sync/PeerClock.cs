namespace Cmud.Replication.Sync;

/// <summary>The wall of a peer's machine, as its frames let it be estimated.</summary>
/// <remarks>
/// A frame says what the wall was as it left, and its echo gives the round trip. The way back took no less than nothing and no more than all of that, so each frame gives two bounds. What all of them allow is kept,
/// as NTP prefers its shortest round trip: one quick answer narrows what slow ones left open. Kept is the difference to this server's monotonic time, so a step of the own wall changes nothing.
/// </remarks>
internal sealed class PeerClock
{
    /// <summary>A frame that was longer on its way than this says too little: half of it is the error, and must be well within <see cref="ServerClock.Tolerance"/>.</summary>
    private static readonly TimeSpan MaxRoundTrip = TimeSpan.FromSeconds(10);

    /// <summary>Two clocks part by no more than this share of the time: 500 ppm is the most by which NTP corrects a clock, at each side.</summary>
    private const double Drift = 0.001;

    private TimeSpan _least;
    private TimeSpan _most;
    private TimeSpan? _measuredAt;

    /// <summary>Takes note of what a frame said.</summary>
    /// <param name="wall">The peer's, as it left.</param>
    /// <param name="roundTrip">What its echo measured.</param>
    /// <param name="now">Monotonic time.</param>
    public void Measure(DateTimeOffset wall, TimeSpan roundTrip, TimeSpan now)
    {
        if (roundTrip > MaxRoundTrip) return;

        var least = wall - DateTimeOffset.UnixEpoch - now;
        var most = least + roundTrip;
        if (_measuredAt is { } at)
        {
            var drift = (now - at) * Drift;
            var (lower, upper) = (_least - drift, _most + drift);
            // Bounds that exclude one another: a clock was set since.
            if (lower <= most && least <= upper) (least, most) = (Max(least, lower), Min(most, upper));
        }

        (_least, _most, _measuredAt) = (least, most, now);
    }

    /// <summary>What its wall shows now; null where it was not measured of late.</summary>
    public DateTimeOffset? WallAt(TimeSpan now) =>
        now - _measuredAt <= ServerClock.Validity ? DateTimeOffset.UnixEpoch + now + ((_least + _most) / 2) : null;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
