namespace Cmud.Game.Play;

/// <summary>The campus day: an hour of it passes in a minute, so that every evening has a night.</summary>
internal static class CampusDay
{
    private const int HoursADay = 24;
    private const int NightFalls = 22;
    private const int NightEnds = 6;

    /// <summary>The hour on campus, 0 to 23, the same for everybody.</summary>
    public static int HourAt(GameTime time) => (int)(time.Minute % HoursADay);

    /// <summary>Whether it is dark.</summary>
    public static bool IsNightAt(GameTime time) => HourAt(time) is >= NightFalls or < NightEnds;

    /// <summary>How long until it is light; zero by day.</summary>
    public static TimeSpan UntilDay(GameTime time) =>
        IsNightAt(time) ? TimeSpan.FromMilliseconds((((NightEnds - HourAt(time) + HoursADay) % HoursADay) * 60_000L) - (time.Milliseconds % 60_000)) : TimeSpan.Zero;

    /// <summary>How long until it is dark; zero at night.</summary>
    public static TimeSpan UntilNight(GameTime time) =>
        IsNightAt(time) ? TimeSpan.Zero : TimeSpan.FromMilliseconds(((NightFalls - HourAt(time)) * 60_000L) - (time.Milliseconds % 60_000));
}
