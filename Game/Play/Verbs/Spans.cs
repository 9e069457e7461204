namespace Cmud.Game.Play.Verbs;

/// <summary>Times as people say them.</summary>
internal static class Spans
{
    /// <summary>A time further back than this was never told by an honest client.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>Whether a time in the store may be what it says: not ahead, and not before anyone played.</summary>
    public static bool IsLikely(GameTime then, GameTime now) => then - now <= GameClock.Tolerance && now - then <= Longest;

    /// <summary>How long ago something was; "unknown" where the store tells a time that cannot be.</summary>
    public static string Since(GameTime then, GameTime now) => IsLikely(then, now) ? Short(now - then) : "unknown";

    /// <summary>The same within a sentence, as in "5 s ago".</summary>
    public static string Ago(GameTime then, GameTime now) => IsLikely(then, now) ? $"{Short(now - then)} ago" : "nobody knows when";

    /// <summary>As in "5 s", "11 h 20 min", "3 days".</summary>
    public static string Short(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1)) return "0 s";
        if (span < TimeSpan.FromMinutes(1)) return FormattableString.Invariant($"{(int)span.TotalSeconds} s");
        if (span < TimeSpan.FromHours(1)) return FormattableString.Invariant($"{(int)span.TotalMinutes} min");
        if (span < TimeSpan.FromDays(2)) return FormattableString.Invariant($"{(int)span.TotalHours} h {span.Minutes} min");

        return FormattableString.Invariant($"{(int)span.TotalDays} days");
    }
}
