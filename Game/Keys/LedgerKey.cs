namespace Cmud.Game.Keys;

/// <summary>One entry of a player's ledger, written once by one session.</summary>
internal readonly record struct LedgerKey(PlayerId Player, SessionId Session, int Seq)
{
    /// <summary>All of a player's ledger.</summary>
    public static string Prefix(PlayerId player) => $"led/{player}/";

    /// <summary>Reads a key; false for anything else.</summary>
    public static bool TryParse(string key, out LedgerKey parsed)
    {
        parsed = default;
        if (!KeyText.TrySplit(key, "led/", 3, out var parts)) return false;
        if (!PlayerId.TryParse(parts[0], out var player) || !SessionId.TryParse(parts[1], out var session) || !KeyText.TrySeq(parts[2], out var seq)) return false;

        parsed = new(player, session, seq);
        return true;
    }

    /// <summary>The key.</summary>
    public override string ToString() => $"{Prefix(Player)}{Session}/{KeyText.Seq(Seq)}";
}
