using System.Globalization;

namespace Cmud.Benchmarks.Convergence;

/// <summary>Which worlds are measured, and how long.</summary>
internal sealed record ConvergenceOptions
{
    /// <summary>Servers of a world.</summary>
    public IReadOnlyList<int> Servers { get; init; } = [2, 4];

    /// <summary>Milliseconds from any server to any other, one way.</summary>
    public IReadOnlyList<int> Delays { get; init; } = [0, 250];

    /// <summary>Of each load.</summary>
    public double Seconds { get; init; } = 20;

    public bool Json { get; init; }

    /// <summary>Reads a command line; throws one sentence.</summary>
    public static ConvergenceOptions Parse(IReadOnlyList<string> args)
    {
        var options = new ConvergenceOptions();
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--json" => options with { Json = true },
                "--servers" => options with { Servers = Numbers("--servers", Value(++i), 2, 8) },
                "--delay" => options with { Delays = Numbers("--delay", Value(++i), 0, 1_000) },
                "--seconds" => options with { Seconds = OptionNumber.Read("--seconds", Value(++i), 1, 600) },
                var other => throw new ArgumentException($"'{other}' is not an option of convergence; there are --servers, --delay, --seconds and --json."),
            };
        }

        return options;

        string Value(int at) => at < args.Count ? args[at] : throw new ArgumentException($"{args[at - 1]} needs a value.");
    }

    private static int[] Numbers(string option, string text, int least, int most) => [.. text.Split(',').Select(part => Whole(option, part, least, most))];

    private static int Whole(string option, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{option} has '{text}' but takes whole numbers from {least} to {most}, with commas between them."));
}
