using System.Globalization;

namespace Cmud.Game.Keys;

/// <summary>Where lines are written for many: a room or a channel.</summary>
/// <param name="Root"><c>ev</c> or <c>ch</c>.</param>
/// <param name="Name">The room or the channel.</param>
internal readonly record struct Feed(string Root, string Name)
{
    /// <summary>What happens in a room.</summary>
    public static Feed Room(string room) => new("ev", KeyText.Part(room));

    /// <summary>What is said on a channel.</summary>
    public static Feed Channel(string channel) => new("ch", KeyText.Part(channel));

    /// <summary>What the keys of all channels start with.</summary>
    public const string Channels = "ch/";

    /// <summary>What the keys of all its lines start with.</summary>
    public string All => $"{Root}/{Name}/";

    /// <summary>The lines of one minute (see <see cref="GameTime.Minute"/>).</summary>
    public string Prefix(long minute) => string.Create(CultureInfo.InvariantCulture, $"{All}{minute}/");

    /// <summary>The key of a line; its minute follows from its mark.</summary>
    public string Key(Mark mark) => $"{Prefix(mark.Time.Minute)}{mark}";

    /// <summary>Reads the key of a line of this feed; false for anything else, also for a line in a minute that is not its own.</summary>
    public bool TryParse(string key, out Mark mark)
    {
        mark = default;
        return KeyText.TrySplit(key, All, 2, out var parts) && Mark.TryParse(parts[1], out mark) && Key(mark) == key;
    }
}
