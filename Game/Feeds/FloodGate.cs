namespace Cmud.Game.Feeds;

/// <summary>Lets so many lines of one writer through at once, and then so many in a time: a token bucket.</summary>
/// <remarks>The same numbers for who speaks and who listens, so that an honest client never runs into another's.</remarks>
internal sealed class FloodGate
{
    /// <summary>Lines at once: a pasted page.</summary>
    public const int Burst = 60;

    /// <summary>A further line each.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromMilliseconds(500);

    private double _tokens = Burst;
    private GameTime? _last;

    /// <summary>Whether a line passes; counts it if so.</summary>
    public bool Pass(GameTime now)
    {
        if (_last is { } last) _tokens = Math.Min(Burst, _tokens + (Math.Max(0, (now - last).TotalMilliseconds) / Refill.TotalMilliseconds));
        _last = now;
        if (_tokens < 1) return false;

        _tokens--;
        return true;
    }
}
