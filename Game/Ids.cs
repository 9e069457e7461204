using System.Globalization;

namespace Cmud.Game;

/// <summary>Who a player is, whatever name is shown: 64 random bits, 16 hex digits in a key.</summary>
/// <remarks>State hangs on this id, so a name that was lost to an earlier claim costs nothing but the name.</remarks>
internal readonly record struct PlayerId(ulong Value) : IComparable<PlayerId>
{
    /// <summary>A new one. Two of a million players share one with odds of 1 in 37 million.</summary>
    public static PlayerId New(Random random) => new((ulong)random.NextInt64(long.MinValue, long.MaxValue));

    /// <summary>Reads the 16 lower-case hex digits; false for anything else.</summary>
    public static bool TryParse(string? text, out PlayerId id)
    {
        var ok = Hex.TryParse(text, out var value);
        id = new(value);
        return ok;
    }

    /// <inheritdoc/>
    public int CompareTo(PlayerId other) => Value.CompareTo(other.Value);

    /// <summary>The 16 hex digits.</summary>
    public override string ToString() => Hex.Text(Value);
}

/// <summary>One run of the client for one player: 64 random bits, 16 hex digits in a key.</summary>
internal readonly record struct SessionId(ulong Value) : IComparable<SessionId>
{
    /// <summary>A new one.</summary>
    public static SessionId New(Random random) => new((ulong)random.NextInt64(long.MinValue, long.MaxValue));

    /// <summary>Reads the 16 lower-case hex digits; false for anything else.</summary>
    public static bool TryParse(string? text, out SessionId id)
    {
        var ok = Hex.TryParse(text, out var value);
        id = new(value);
        return ok;
    }

    /// <inheritdoc/>
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    /// <summary>The 16 hex digits.</summary>
    public override string ToString() => Hex.Text(Value);
}

/// <summary>The one spelling of 64 bits in a key: with two spellings one player would have two ledgers.</summary>
file static class Hex
{
    public static string Text(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out ulong value)
    {
        value = 0;
        return text is { Length: 16 } && !text.AsSpan().ContainsAnyInRange('A', 'F')
            && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
