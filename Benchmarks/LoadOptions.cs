namespace Cmud.Benchmarks;

/// <summary>What a load does.</summary>
internal enum LoadOp
{
    Get,
    Put,
    Mixed,
    List,
}

/// <summary>How a load is.</summary>
internal sealed record LoadOptions
{
    public string Server { get; init; } = "localhost:6000";

    public LoadOp Op { get; init; }

    /// <summary>How many keys of 16 bytes.</summary>
    public int Keys { get; init; } = 100_000;

    /// <summary>Bytes of a value.</summary>
    public int Value { get; init; } = 64;

    /// <summary>Clients, each with a connection of its own.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Calls of all clients together that are awaited at a time.</summary>
    public int Outstanding { get; init; } = 64;

    /// <summary>How much some keys are asked for more than others: 0 for all alike, 0.99 as in YCSB.</summary>
    public double Zipf { get; init; }

    public double Seconds { get; init; } = 5;

    public bool Json { get; init; }

    /// <summary>Reads a command line; throws one sentence.</summary>
    public static LoadOptions Parse(IReadOnlyList<string> args)
    {
        var options = new LoadOptions();
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--json")
            {
                options = options with { Json = true };
                continue;
            }

            var value = i + 1 < args.Count ? args[i + 1] : "";
            options = args[i++] switch
            {
                "--server" => options with { Server = value },
                "--op" => options with { Op = Enum.TryParse<LoadOp>(value, ignoreCase: true, out var op) && Enum.GetNames<LoadOp>().Contains(value, StringComparer.OrdinalIgnoreCase) ? op : throw new ArgumentException($"--op is '{value}' but must be get, put, mixed or list.") },
                "--keys" => options with { Keys = (int)OptionNumber.Read("--keys", value, 1, 100_000_000) },
                "--value" => options with { Value = (int)OptionNumber.Read("--value", value, LoadKeys.Mark, 65_536) },
                "--connections" => options with { Connections = (int)OptionNumber.Read("--connections", value, 1, 1_000) },
                "--outstanding" => options with { Outstanding = (int)OptionNumber.Read("--outstanding", value, 1, 100_000) },
                "--zipf" => options with { Zipf = OptionNumber.Read("--zipf", value, 0, 0.9999) },
                "--seconds" => options with { Seconds = OptionNumber.Read("--seconds", value, 0.1, 86_400) },
                var other => throw new ArgumentException($"'{other}' is not an option of load; there are --server, --op, --keys, --value, --connections, --outstanding, --zipf, --seconds and --json."),
            };
        }

        return options;
    }
}
