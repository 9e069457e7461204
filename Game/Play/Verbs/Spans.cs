namespace Cmud.Game.Play.Verbs;

/// <summary>Times as people say them.</summary>
internal static class Spans
{
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
