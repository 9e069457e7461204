using System.Globalization;

namespace Cmud.Game;

/// <summary>A point of the game's clock: milliseconds since 1970, and a counter within the millisecond.</summary>
/// <remarks>As text it is always 17 digits (13 of milliseconds, until the year 2286, and 4 of counter), so that keys sort as times do.</remarks>
/// <param name="Value">Milliseconds times 10,000, plus the counter.</param>
internal readonly record struct GameTime(long Value) : IComparable<GameTime>
{
    private const int Digits = 17;
    private const long CounterRange = 10_000;

    /// <summary>The longest time between two points: far longer than a game lasts, far from where sums of spans wrap.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1_000_000);

    /// <summary>The first point of the millisecond that <paramref name="wall"/> lies in.</summary>
    public static GameTime Of(DateTimeOffset wall) => new(wall.ToUnixTimeMilliseconds() * CounterRange);

    /// <summary>Milliseconds since 1970.</summary>
    public long Milliseconds => Value / CounterRange;

    /// <summary>Minutes since 1970: the bucket of a feed.</summary>
    public long Minute => Milliseconds / 60_000;

    /// <summary>Days since 1970.</summary>
    public long Day => Milliseconds / 86_400_000;

    /// <summary>As wall time; every 13 digits of milliseconds are one.</summary>
    public DateTimeOffset Wall => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);

    /// <summary>The least point above this one.</summary>
    public GameTime Next => new(Value + 1);

    /// <summary>The later of two.</summary>
    public static GameTime Max(GameTime a, GameTime b) => a >= b ? a : b;

    /// <summary>Reads the 17 digits; false for anything else.</summary>
    public static bool TryParse(string? text, out GameTime time)
    {
        time = default;
        if (text is not { Length: Digits } || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return false;

        time = new(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(GameTime other) => Value.CompareTo(other.Value);

    /// <summary>The 17 digits.</summary>
    public override string ToString() => Value.ToString("D17", CultureInfo.InvariantCulture);

    /// <summary>The time from the second to the first; negative where the first is earlier. Stops at <see cref="Longest"/>: a stored number may be any.</summary>
    public static TimeSpan operator -(GameTime a, GameTime b) =>
        TimeSpan.FromMilliseconds(Math.Clamp(a.Milliseconds - b.Milliseconds, -(long)Longest.TotalMilliseconds, (long)Longest.TotalMilliseconds));

    /// <summary>The point so much later.</summary>
    public static GameTime operator +(GameTime a, TimeSpan span) => new(a.Value + ((long)span.TotalMilliseconds * CounterRange));

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(GameTime a, GameTime b) => a.Value < b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(GameTime a, GameTime b) => a.Value > b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(GameTime a, GameTime b) => a.Value <= b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(GameTime a, GameTime b) => a.Value >= b.Value;
}
