using System.Globalization;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>A time to live as clients write it: seconds, as in 30 or 0.5, or a number and a unit, as in 1500ms, 5m, 2h or 7d.</summary>
internal static class TimeToLiveText
{
    /// <summary>Seconds that are cut to this: far beyond what the door lets in, and well within a TimeSpan.</summary>
    private const decimal MostSeconds = 1e10m;

    /// <summary>Reads it, or says why it is none.</summary>
    public static Problem? Read(string text, out TimeSpan timeToLive)
    {
        if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            timeToLive = TimeSpan.FromSeconds((double)Math.Clamp(seconds, -MostSeconds, MostSeconds));
        else if (!Duration.TryParse(text, out timeToLive))
            return Problems.BadRequest($"The ttl {Door.Show(text)} is no time; write seconds, as in 30, or a number and a unit, as in 1500ms, 5m, 2h or 7d.");

        return Problems.RefuseTimeToLive(timeToLive);
    }

    /// <summary>Seconds, to the millisecond; null for ever.</summary>
    public static decimal? Seconds(TimeSpan? left) => left is { } span ? (long)span.TotalMilliseconds / 1_000m : null;
}
