namespace Cmud.Game.Keys;

/// <summary>A tell or a letter to one player, written once by the sender named in its mark.</summary>
internal readonly record struct TellKey(PlayerId To, Mark Mark)
{
    /// <summary>All tells and letters to a player.</summary>
    public static string Prefix(PlayerId to) => $"tell/{to}/";

    /// <summary>Reads a key; false for anything else.</summary>
    public static bool TryParse(string key, out TellKey parsed)
    {
        parsed = default;
        if (!KeyText.TrySplit(key, "tell/", 2, out var parts)) return false;
        if (!PlayerId.TryParse(parts[0], out var to) || !Mark.TryParse(parts[1], out var mark)) return false;

        parsed = new(to, mark);
        return true;
    }

    /// <summary>The key.</summary>
    public override string ToString() => $"{Prefix(To)}{Mark}";
}
