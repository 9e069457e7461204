namespace Cmud.Benchmarks.Compare;

/// <summary>How long a comparison takes.</summary>
internal sealed record CompareOptions
{
    public int Rounds { get; init; } = 3;

    /// <summary>Of each load.</summary>
    public double Seconds { get; init; } = 4;

    /// <summary>A quick look: many calls at a time, Redis only, nothing written down; a ratio that is far worse than the one that is makes it end with 1.</summary>
    public bool IsSmoke { get; init; }

    /// <summary>How many requests a rival is given that answers about so many a second.</summary>
    public int Requests(int perSecond) => (int)(perSecond * Seconds);

    /// <summary>Reads a command line; throws one sentence.</summary>
    public static CompareOptions Parse(IReadOnlyList<string> args)
    {
        var options = new CompareOptions();
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--smoke" => options with { IsSmoke = true, Rounds = 2, Seconds = 1 },
                "--rounds" => options with { Rounds = (int)OptionNumber.Read("--rounds", Value(++i), 1, 100) },
                "--seconds" => options with { Seconds = OptionNumber.Read("--seconds", Value(++i), 0.2, 600) },
                var other => throw new ArgumentException($"'{other}' is not an option of compare; there are --rounds, --seconds and --smoke."),
            };
        }

        return options;

        string Value(int at) => at < args.Count ? args[at] : throw new ArgumentException($"{args[at - 1]} needs a value.");
    }
}
