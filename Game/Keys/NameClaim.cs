namespace Cmud.Game.Keys;

/// <summary>A claim to a name. The smallest one is the owner's once it has settled.</summary>
/// <param name="Lower">The name in lower case.</param>
/// <param name="Time">When it was claimed.</param>
/// <param name="Session">By which session.</param>
internal readonly record struct NameClaim(string Lower, GameTime Time, SessionId Session)
{
    /// <summary>All claims to a name.</summary>
    public static string Prefix(string lower) => $"name/{KeyText.Part(lower)}/";

    /// <summary>Reads a key; false for anything else.</summary>
    public static bool TryParse(string key, out NameClaim claim)
    {
        claim = default;
        if (!KeyText.TrySplit(key, "name/", 2, out var parts) || !KeyText.IsPart(parts[0])) return false;
        if (parts[1].Split('-') is not [var t, var sid] || !GameTime.TryParse(t, out var time) || !SessionId.TryParse(sid, out var session)) return false;

        claim = new(parts[0], time, session);
        return true;
    }

    /// <summary>The key.</summary>
    public override string ToString() => $"{Prefix(Lower)}{Time}-{Session}";
}
