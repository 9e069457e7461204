namespace Cmud.Game.Places;

/// <summary>A way out of a room.</summary>
/// <param name="Short">As typed in a hurry and written in the world's file.</param>
/// <param name="Name">In full.</param>
internal sealed record Direction(string Short, string Name)
{
    // In pairs: each one and its opposite.
    private static readonly (Direction One, Direction Other)[] Pairs =
    [
        (new("n", "north"), new("s", "south")),
        (new("e", "east"), new("w", "west")),
        (new("ne", "northeast"), new("sw", "southwest")),
        (new("nw", "northwest"), new("se", "southeast")),
        (new("u", "up"), new("d", "down")),
        (new("in", "in"), new("out", "out")),
    ];

    /// <summary>All twelve.</summary>
    public static IReadOnlyList<Direction> All { get; } = [.. Pairs.SelectMany(pair => new[] { pair.One, pair.Other })];

    /// <summary>The way back.</summary>
    public Direction Opposite => Pairs.Where(pair => pair.One == this).Select(pair => pair.Other)
        .Concat(Pairs.Where(pair => pair.Other == this).Select(pair => pair.One)).First();

    /// <summary>Reads the short or the full word; false for anything else.</summary>
    public static bool TryParse(string word, out Direction direction)
    {
        var found = All.FirstOrDefault(way => way.Short == word || way.Name == word);
        direction = found ?? All[0];
        return found is not null;
    }
}
