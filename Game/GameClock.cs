namespace Cmud.Game;

/// <summary>The clock of one client: follows the wall, never falls, never gives one time twice, and stays above what it was shown.</summary>
/// <remarks>
/// What a player adds to the own ledger must sort after what is there, even where it was written under a wall that was ahead. A time too far ahead is
/// not followed, or one forged key would carry the clock away. Everything else bears the wall's time alone (<see cref="IssueHere"/>). A coin that comes
/// in needs no following: it is spent only when the own wall is past its time and Settle.
/// Safe for many threads.
/// </remarks>
internal sealed class GameClock(TimeProvider time)
{
    /// <summary>How far above the own wall a time in the store is believed: far more than clocks that keep time differ, far less than is worth a lie.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private GameTime _last;
    private GameTime _now;
    private GameTime _here;

    /// <summary>The time now: the wall, never falling. Rigs mine and claims settle by it; a writer whose wall is ahead must not make it stand still.</summary>
    public GameTime Now
    {
        get
        {
            lock (_gate) return _now = GameTime.Max(_now, GameTime.Of(time.GetUtcNow()));
        }
    }

    /// <summary>A time above all given and seen ones, and not below the wall.</summary>
    public GameTime Issue()
    {
        lock (_gate) return _last = GameTime.Max(_last.Next, GameTime.Of(time.GetUtcNow()));
    }

    /// <summary>A time for a line that others read as it is said: above those given before for lines, and not carried on by what the store told.</summary>
    /// <remarks>One forged line dated two minutes ahead would else date all that its reader says ahead as well, where nobody looks yet.</remarks>
    public GameTime IssueHere()
    {
        lock (_gate) return _here = GameTime.Max(_here.Next, GameTime.Of(time.GetUtcNow()));
    }

    /// <summary>Whether a time in the store may be what it says; nothing is carried on by it.</summary>
    public bool Believes(GameTime seen) => seen <= GameTime.Of(time.GetUtcNow() + Tolerance);

    /// <summary>Takes note of a time in the store; false, and no change, where it lies too far ahead.</summary>
    public bool Observe(GameTime seen)
    {
        lock (_gate)
        {
            if (seen > GameTime.Of(time.GetUtcNow() + Tolerance)) return false;

            _last = GameTime.Max(_last, seen);
            return true;
        }
    }
}
