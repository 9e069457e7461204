using System.Globalization;

namespace Cmud.Tests.Play;

/// <summary>What a player was promised, and what is only patience.</summary>
internal static class Within
{
    /// <summary>From a key stroke to what it does on the own screen, for 19 of 20.</summary>
    public static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(100);

    /// <summary>Another player in the same room, at the same server: 500 ms until its replicas agree, and a look each 500 ms.</summary>
    public static readonly TimeSpan Room = TimeSpan.FromSeconds(1);

    /// <summary>The same at a server that is 250 ms away.</summary>
    public static readonly TimeSpan FarRoom = TimeSpan.FromSeconds(2.5);

    /// <summary>Far above every promise: only what never comes ends here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    /// <summary>The time below which such a share of them lies.</summary>
    public static TimeSpan Share(IEnumerable<TimeSpan> times, double share)
    {
        var sorted = times.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    /// <summary>One line of figures, to print.</summary>
    public static string Figures(string what, IReadOnlyCollection<TimeSpan> times) => string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: p50 {Share(times, 0.5).TotalMilliseconds:0} ms, p95 {Share(times, 0.95).TotalMilliseconds:0} ms, max {times.Max().TotalMilliseconds:0} ms ({times.Count})");
}
