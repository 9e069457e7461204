using System.Globalization;

namespace Cmud.Silo.Journal;

/// <summary>Amounts of bytes as people write them: 1048576, 1024KiB, 1MiB, 1GiB.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    /// <summary>Reads a whole number, with or without a unit; false where it is none, or beyond 2^63.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var unit = Array.Find(Units, unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        var digits = unit.Suffix is null ? text : text[..^unit.Suffix.Length];
        var factor = unit.Suffix is null ? 1 : unit.Bytes;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) || bytes > long.MaxValue / factor) return false;

        bytes *= factor;
        return true;
    }

    /// <summary>In the greatest unit of which there is one, with at most one decimal.</summary>
    public static string Show(long bytes)
    {
        var unit = Array.Find(Units, unit => bytes >= unit.Bytes);
        return unit.Suffix is null
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / unit.Bytes:0.#} {unit.Suffix}");
    }
}
