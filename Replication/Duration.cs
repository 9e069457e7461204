using System.Globalization;

namespace Cmud.Replication;

/// <summary>A span of time as one types it: a whole number and a unit, as in 1500ms, 30s, 5m, 2h or 7d.</summary>
public static class Duration
{
    /// <summary>Reads it; false where it is spelled otherwise, or is longer than a TimeSpan.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.AsSpan().TrimEnd("mshd");
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        if (UnitOf(text[digits.Length..]) is not { } unit || number > TimeSpan.MaxValue / unit) return false;

        duration = number * unit;
        return true;
    }

    private static TimeSpan? UnitOf(string letters) => letters switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        "m" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        "d" => TimeSpan.FromDays(1),
        _ => null,
    };
}
