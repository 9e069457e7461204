namespace Cmud.Replication;

/// <summary>A point of the hybrid logical clock: 48 bits of milliseconds since 1970, then a 16 bit counter.</summary>
/// <param name="Value">The 64 bits; they compare as the timestamps do.</param>
public readonly record struct HybridTimestamp(ulong Value) : IComparable<HybridTimestamp>
{
    private const int CounterBits = 16;

    /// <summary>The first timestamp of the millisecond that <paramref name="wall"/> lies in.</summary>
    public static HybridTimestamp Of(DateTimeOffset wall) => new((ulong)wall.ToUnixTimeMilliseconds() << CounterBits);

    /// <summary>The millisecond, as wall time; what lies beyond the year 9999 (only a forged timestamp does) is shown as its end.</summary>
    public DateTimeOffset Wall =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Min((long)(Value >> CounterBits), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    /// <summary>The least timestamp above this one.</summary>
    public HybridTimestamp Next => new(Value + 1);

    /// <summary>The later of two.</summary>
    public static HybridTimestamp Max(HybridTimestamp a, HybridTimestamp b) => a >= b ? a : b;

    /// <summary>The earlier of two.</summary>
    public static HybridTimestamp Min(HybridTimestamp a, HybridTimestamp b) => a <= b ? a : b;

    /// <inheritdoc/>
    public int CompareTo(HybridTimestamp other) => Value.CompareTo(other.Value);

    /// <summary>Wall time in UTC to the millisecond, then the counter.</summary>
    public override string ToString() => FormattableString.Invariant($"{Wall:yyyy-MM-ddTHH:mm:ss.fffZ}+{Value & 0xffff}");

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(HybridTimestamp a, HybridTimestamp b) => a.Value < b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(HybridTimestamp a, HybridTimestamp b) => a.Value > b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(HybridTimestamp a, HybridTimestamp b) => a.Value <= b.Value;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(HybridTimestamp a, HybridTimestamp b) => a.Value >= b.Value;
}

/// <summary>A write's place in the total order of all writes: time first, then who accepted it.</summary>
/// <remarks>
/// The order of writes is said here and nowhere else. One grain never issues one timestamp twice, and no two grains
/// share (origin, grain), so two different writes never have equal stamps: every replica picks the same winner.
/// </remarks>
/// <param name="Time">When, by the accepting grain's hybrid logical clock.</param>
/// <param name="Origin">Which server accepted it, in which life.</param>
/// <param name="Grain">Which of its query grains.</param>
public readonly record struct Stamp(HybridTimestamp Time, Origin Origin, ushort Grain) : IComparable<Stamp>
{
    /// <inheritdoc/>
    public int CompareTo(Stamp other)
    {
        var byTime = Time.CompareTo(other.Time);
        if (byTime != 0) return byTime;

        var byOrigin = Origin.CompareTo(other.Origin);
        return byOrigin != 0 ? byOrigin : Grain.CompareTo(other.Grain);
    }

    /// <summary>Time, origin and grain.</summary>
    public override string ToString() => $"{Time} {Origin}/{Grain}";

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(Stamp a, Stamp b) => a.CompareTo(b) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(Stamp a, Stamp b) => a.CompareTo(b) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(Stamp a, Stamp b) => a.CompareTo(b) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(Stamp a, Stamp b) => a.CompareTo(b) >= 0;
}
