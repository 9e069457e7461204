namespace Cmud.Game.Play;

/// <summary>A command that players may type.</summary>
/// <param name="Name">The word.</param>
/// <param name="Usage">How it is typed, such as <c>buy T [n]</c>.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Run">Does it.</param>
internal sealed record Verb(string Name, string Usage, string Summary, Func<Turn, Task> Run)
{
    /// <summary>Other words for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>More than the summary says, for <c>help NAME</c>.</summary>
    public string Help { get; init; } = "";

    /// <summary>Where it stands in the list of commands.</summary>
    public string Group { get; init; } = "";

    /// <summary>What its first word may become, for Tab; null for nothing.</summary>
    public Func<Player, IEnumerable<string>>? Completes { get; init; }

    /// <summary>Whether a session that was taken over may still do it: looking is free, the rest belongs to the newer session.</summary>
    public bool IsForOnlookers { get; init; }

    /// <summary>Whether it takes coins: no alias does that which this session did not set itself, for what is stored may be anybody's.</summary>
    public bool TakesCoins { get; init; }
}
