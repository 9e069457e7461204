using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

// Replication knows no Orleans: these say how its values travel in Orleans messages.

/// <summary>A <see cref="Stamp"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("cmud.Stamp")]
public struct StampSurrogate
{
    /// <summary>The hybrid timestamp.</summary>
    [Id(0)] public ulong Time { get; set; }

    /// <summary>The origin's server.</summary>
    [Id(1)] public ulong Server { get; set; }

    /// <summary>The origin's incarnation.</summary>
    [Id(2)] public ulong Incarnation { get; set; }

    /// <summary>The grain.</summary>
    [Id(3)] public ushort Grain { get; set; }
}

/// <summary>Carries <see cref="Stamp"/>.</summary>
[RegisterConverter]
public sealed class StampConverter : IConverter<Stamp, StampSurrogate>
{
    /// <inheritdoc/>
    public Stamp ConvertFromSurrogate(in StampSurrogate surrogate) =>
        new(new(surrogate.Time), new(new(surrogate.Server), surrogate.Incarnation), surrogate.Grain);

    /// <inheritdoc/>
    public StampSurrogate ConvertToSurrogate(in Stamp value) => new()
    {
        Time = value.Time.Value,
        Server = value.Origin.Server.Value,
        Incarnation = value.Origin.Incarnation,
        Grain = value.Grain,
    };
}

/// <summary>An <see cref="Entry"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("cmud.Entry")]
public struct EntrySurrogate
{
    /// <summary>The key, UTF-8.</summary>
    [Id(0)] public byte[] Key { get; set; }

    /// <summary>The value, UTF-8; null for a tombstone.</summary>
    [Id(1)] public byte[]? Value { get; set; }

    /// <summary>The stamp.</summary>
    [Id(2)] public Stamp Stamp { get; set; }

    /// <summary>The sequence.</summary>
    [Id(3)] public ulong Sequence { get; set; }

    /// <summary>The expiry.</summary>
    [Id(4)] public long Expiry { get; set; }
}

/// <summary>Carries <see cref="Entry"/>.</summary>
[RegisterConverter]
public sealed class EntryConverter : IConverter<Entry, EntrySurrogate>
{
    /// <inheritdoc/>
    public Entry ConvertFromSurrogate(in EntrySurrogate surrogate) =>
        new(surrogate.Key, surrogate.Value, surrogate.Stamp, surrogate.Sequence, surrogate.Expiry);

    /// <inheritdoc/>
    public EntrySurrogate ConvertToSurrogate(in Entry value) => new()
    {
        Key = value.Key,
        Value = value.Value,
        Stamp = value.Stamp,
        Sequence = value.Sequence,
        Expiry = value.Expiry,
    };
}
