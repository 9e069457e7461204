namespace Cmud.Game;

/// <summary>The clock of one client: follows the wall, never falls, never gives one time twice, and stays above what it was shown.</summary>
/// <remarks>
/// What a player adds to the own ledger must sort after what is there, even where it was written under a wall that was ahead: else a coin
/// would be spent before it came in. A time too far ahead is not followed, or one forged key would carry the clock away. What is written for
/// others to read bears the wall's time alone (<see cref="Mark"/>): readers look only a few seconds ahead, and one forged key would silence its reader.
/// Safe for many threads.
/// </remarks>
internal sealed class GameClock(TimeProvider time)
{
    /// <summary>How far above the own wall a time in the store is believed: far more than clocks that keep time differ, far less than is worth a lie.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private GameTime _last;
    private GameTime _marked;
    private GameTime _now;

    /// <summary>The time now: the wall, never falling. Rigs mine and claims settle by it; a writer whose wall is ahead must not make it stand still.</summary>
    public GameTime Now
    {
        get
        {
            lock (_gate) return _now = GameTime.Max(_now, GameTime.Of(time.GetUtcNow()));
        }
    }

    /// <summary>A time that was not given yet, by the wall alone: for lines, letters, claims, and whatever else is not in the own ledger.</summary>
    public GameTime Mark()
    {
        lock (_gate) return _marked = GameTime.Max(_marked.Next, GameTime.Of(time.GetUtcNow()));
    }

    /// <summary>Whether a time in the store may be true: not too far above the own wall.</summary>
    public bool IsLikely(GameTime seen) => seen <= GameTime.Of(time.GetUtcNow() + Tolerance);

    /// <summary>A time above all given and seen ones, and not below the wall: for the own ledger.</summary>
    public GameTime Issue()
    {
        lock (_gate) return _last = GameTime.Max(_last.Next, GameTime.Of(time.GetUtcNow()));
    }

    /// <summary>Takes note of a time in the store; false, and no change, where it lies too far ahead.</summary>
    public bool Observe(GameTime seen)
    {
        lock (_gate)
        {
            if (!IsLikely(seen)) return false;

            _last = GameTime.Max(_last, seen);
            return true;
        }
    }
}
