using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>How a command of Redis says when a value expires.</summary>
/// <param name="Milliseconds">How many there are in its unit.</param>
/// <param name="IsMoment">Whether it counts from 1970 and not from now.</param>
internal readonly record struct ExpiryUnit(long Milliseconds, bool IsMoment)
{
    public static readonly ExpiryUnit Seconds = new(1_000, IsMoment: false), Milli = new(1, IsMoment: false), SecondsAt = new(1_000, IsMoment: true), MilliAt = new(1, IsMoment: true);

    /// <summary>The unit of an option of SET, or null.</summary>
    public static ExpiryUnit? Of(string option) => option switch
    {
        "EX" => Seconds,
        "PX" => Milli,
        "EXAT" => SecondsAt,
        "PXAT" => MilliAt,
        _ => null,
    };
}

/// <summary>Reads times to live.</summary>
internal static class TimesToLive
{
    /// <summary>How long a value is to live; zero or less where its time has come.</summary>
    /// <param name="digits">What the client sent.</param>
    /// <param name="unit">What it counts.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="left">How long.</param>
    /// <returns>Null, or one sentence for what is no time to live.</returns>
    public static string? Read(byte[] digits, ExpiryUnit unit, long now, out TimeSpan left)
    {
        left = default;
        if (RespText.Number(digits) is not { } number) return "value is not an integer or out of range";

        // What is cut here is far beyond what the door lets in, or long past.
        var most = (long)TimeSpan.MaxValue.TotalMilliseconds / 2;
        var milliseconds = (long)Int128.Clamp((Int128)number * unit.Milliseconds - (unit.IsMoment ? now : 0), -most, most);
        left = TimeSpan.FromMilliseconds(milliseconds);
        return milliseconds > 0 ? Door.RefuseTimeToLive(left) : null;
    }

    /// <summary>As <see cref="Read"/>, for a command that sets a value: it must have been written with a time above zero.</summary>
    public static string? ReadPositive(byte[] digits, ExpiryUnit unit, long now, string command, out TimeSpan left)
    {
        if (Read(digits, unit, now, out left) is { } refusal) return refusal;
        return RespText.Number(digits) > 0 ? null : $"invalid expire time in '{command.ToLowerInvariant()}' command";
    }
}
