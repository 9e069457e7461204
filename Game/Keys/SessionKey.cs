namespace Cmud.Game.Keys;

/// <summary>The heartbeat of one session. Each session has its own key: on a shared one an old heartbeat would overwrite a new claim.</summary>
internal readonly record struct SessionKey(PlayerId Player, SessionId Session)
{
    /// <summary>All sessions of a player.</summary>
    public static string Prefix(PlayerId player) => $"sess/{player}/";

    /// <summary>Reads a key; false for anything else.</summary>
    public static bool TryParse(string key, out SessionKey parsed)
    {
        parsed = default;
        if (!KeyText.TrySplit(key, "sess/", 2, out var parts)) return false;
        if (!PlayerId.TryParse(parts[0], out var player) || !SessionId.TryParse(parts[1], out var session)) return false;

        parsed = new(player, session);
        return true;
    }

    /// <summary>The key.</summary>
    public override string ToString() => $"{Prefix(Player)}{Session}";
}
