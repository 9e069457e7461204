using System.Globalization;

namespace Cmud.Benchmarks.Convergence;

/// <summary>What one load did to one world.</summary>
/// <param name="Servers">Of the world.</param>
/// <param name="DelayMs">Milliseconds from server to server, one way.</param>
/// <param name="Wanted">Puts a second that were wanted beside the probes; 0 for probes alone.</param>
/// <param name="PutsPerS">Puts a second that were acknowledged, probes among them.</param>
/// <param name="ShownMs">Milliseconds of each probe, in the order of their Puts.</param>
/// <param name="MessagesPerS">Messages a second from the first server to one other.</param>
/// <param name="MessagesPerPut">The same for each Put.</param>
/// <param name="BytesPerPut">Encoded bytes from the first server to one other for each Put.</param>
/// <param name="BytesBackPerPut">Encoded bytes that came from one other for each Put.</param>
/// <param name="EntriesPerPut">Entries from the first server to one other for each Put: 1, less what was overwritten before it was sent.</param>
/// <param name="AfterMs">Milliseconds of a probe right after the load's end: what a queue left behind would hold it up.</param>
internal sealed record Figures(
    int Servers,
    int DelayMs,
    int Wanted,
    double PutsPerS,
    double[] ShownMs,
    double MessagesPerS,
    double MessagesPerPut,
    double BytesPerPut,
    double BytesBackPerPut,
    double EntriesPerPut,
    double AfterMs)
{
    public const string Header = """
        | servers | one way (ms) | load (Puts/s) | Puts/s reached | probes | shown everywhere: p50 (ms) | p99 | max | p50 of the first third, of the last | right after | messages/s to one server | messages per Put | bytes per Put | bytes back per Put | entries per Put |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    public double P50Ms => At(ShownMs, 0.5);

    public double P99Ms => At(ShownMs, 0.99);

    public double MaxMs => At(ShownMs, 1);

    public double FirstThirdMs => At(ShownMs[..(ShownMs.Length / 3)], 0.5);

    /// <summary>Longer than that of the first third where a queue grows.</summary>
    public double LastThirdMs => At(ShownMs[(ShownMs.Length * 2 / 3)..], 0.5);

    public string ToMarkdown() => string.Create(CultureInfo.InvariantCulture,
        $"| {Servers} | {DelayMs} | {(Wanted == 0 ? "probes alone" : $"{Wanted:N0}")} | {PutsPerS:N1} | {ShownMs.Length} | {Shown} | {MessagesPerS:0.0} | {MessagesPerPut:0.#####} | {BytesPerPut:N0} | {BytesBackPerPut:N1} | {EntriesPerPut:0.00} |");

    private string Shown => ShownMs.Length == 0
        ? " |  |  |  | "
        : string.Create(CultureInfo.InvariantCulture, $"{P50Ms:N0} | {P99Ms:N0} | {MaxMs:N0} | {FirstThirdMs:N0}, {LastThirdMs:N0} | {AfterMs:N0}");

    /// <summary>The least of some times that a share of them does not exceed.</summary>
    private static double At(double[] times, double share) => times.Length == 0 ? 0 : times.Order().ElementAt(Math.Max(0, (int)Math.Ceiling(times.Length * share) - 1));
}

/// <summary>What goes between servers that hold the same and are asked nothing.</summary>
/// <param name="Servers">Of the world.</param>
/// <param name="DelayMs">Milliseconds from server to server, one way.</param>
/// <param name="MessagesPerS">Messages a second from one server to one other: the mean.</param>
/// <param name="MostMessagesPerS">Of the server that sends most, to one other.</param>
/// <param name="BytesPerS">Encoded bytes a second from one server to one other.</param>
/// <param name="DataBytes">Bytes of entries that all servers together sent.</param>
internal sealed record IdleFigures(int Servers, int DelayMs, double MessagesPerS, double MostMessagesPerS, double BytesPerS, long DataBytes)
{
    public const string Header = """
        | servers | one way (ms) | messages/s from one server to one other | of the busiest server | bytes/s | data bytes in all |
        |---|---|---|---|---|---|
        """;

    public string ToMarkdown() => string.Create(CultureInfo.InvariantCulture, $"| {Servers} | {DelayMs} | {MessagesPerS:0.00} | {MostMessagesPerS:0.00} | {BytesPerS:N0} | {DataBytes:N0} |");
}
