using System.Collections.Immutable;

namespace Cmud.Game.People;

/// <summary>What a player chose to be seen as, and their settings: cosmetic, one key, the latest whole value wins.</summary>
internal sealed record Character
{
    private const int Version = 1;

    /// <summary>The longest that is read: more than is written, for earlier versions wrote each letter of 50 aliases as six characters.</summary>
    private const int MaxRead = 262_144;

    /// <summary>The name of one whose stored name is none.</summary>
    private const string Nameless = "somebody";

    /// <summary>The version of the value.</summary>
    public int V { get; init; } = Version;

    /// <summary>As shown.</summary>
    public string Name { get; init; } = "";

    /// <summary>When they came to the campus, as a <see cref="GameTime"/> value.</summary>
    public long Born { get; init; }

    /// <summary>What one sees who looks at them.</summary>
    public string Look { get; init; } = "";

    /// <summary>Their own words for commands.</summary>
    public ImmutableSortedDictionary<string, string> Aliases { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Settings that are not as they come.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whom they do not want to hear, by id.</summary>
    public ImmutableSortedSet<string> Ignored { get; init; } = [];

    /// <summary>How far they got in the tutorial.</summary>
    public int Lesson { get; init; }

    /// <summary>Their advisor, by id or faculty name.</summary>
    public string? Advisor { get; init; }

    /// <summary>What guards the character, as `secure` wrote it; null where nothing does.</summary>
    public string? Lock { get; init; }

    /// <summary>Reads a stored value; null where it is none.</summary>
    public static Character? Read(string? value) =>
        JsonValue.Read<Character>(value, MaxRead) is { V: Version } read
            ? read with
            {
                Name = PlayerName.TryParse(read.Name ?? "", out var name, out _) ? name.Shown : Nameless,
                Look = StoredText.Clean(read.Look),
                Aliases = Whole(read.Aliases),
                Settings = Whole(read.Settings),
                Ignored = read.Ignored is null ? [] : [.. read.Ignored.Where(id => PlayerId.TryParse(id, out _))],
            }
            : null;

    /// <summary>
    /// The same under the name by which its player came: the claim says whose a name is, and what is stored here anyone may have put. Under another name
    /// nobody would hear them. Only how it is written is theirs to choose.
    /// </summary>
    public Character Named(PlayerName name) => this with { Name = Name.Equals(name.Shown, StringComparison.OrdinalIgnoreCase) ? Name : name.Shown };

    /// <summary>What anyone may have put: no dictionary at all, or one with nothing under a word.</summary>
    private static ImmutableSortedDictionary<string, string> Whole(ImmutableSortedDictionary<string, string>? read) =>
        read is null ? ImmutableSortedDictionary<string, string>.Empty : read.RemoveRange(read.Where(pair => pair.Value is null).Select(pair => pair.Key));

    /// <summary>As it is stored.</summary>
    public string Write() => JsonValue.Write(this);
}
