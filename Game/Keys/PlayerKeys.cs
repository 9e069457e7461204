namespace Cmud.Game.Keys;

/// <summary>The keys of one player, each written by that player only.</summary>
internal static class PlayerKeys
{
    /// <summary>Every player's place: who is where.</summary>
    public const string Locations = "loc/";

    /// <summary>Display name, look, settings, aliases: losing an older one is harmless.</summary>
    public static string Character(PlayerId player) => $"pc/{player}";

    /// <summary>Room and mode.</summary>
    public static string Location(PlayerId player) => $"{Locations}{player}";

    /// <summary>The latest mail and payment that the player acknowledged.</summary>
    public static string Seen(PlayerId player) => $"seen/{player}";

    /// <summary>The tells that the player has heard.</summary>
    public static string Heard(PlayerId player) => $"heard/{player}";

    /// <summary>The ledger folded up to some time.</summary>
    public static string Checkpoint(PlayerId player) => $"ckpt/{player}";

    /// <summary>Whose place a key tells.</summary>
    public static bool TryParseLocation(string key, out PlayerId player)
    {
        player = default;
        return KeyText.TrySplit(key, Locations, 1, out var parts) && PlayerId.TryParse(parts[0], out player);
    }

    /// <summary>All cached rows of a season's board.</summary>
    public static string Board(string season) => $"lb/{KeyText.Part(season)}/";

    /// <summary>A player's row of a season's board.</summary>
    public static string BoardRow(string season, PlayerId player) => $"{Board(season)}{player}";

    /// <summary>Whose row of that season's board a key is.</summary>
    public static bool TryParseBoardRow(string key, string season, out PlayerId player)
    {
        player = default;
        return KeyText.TrySplit(key, Board(season), 1, out var parts) && PlayerId.TryParse(parts[0], out player);
    }
}
