using Orleans.Concurrency;

namespace Cmud.Grains.Interfaces;

/// <summary>Speaks with the sync grains of the peers and with the local query grains. One per server, key 0.</summary>
[Alias("cmud.ISyncGrain")]
public interface ISyncGrain : IGrainWithIntegerKey
{
    /// <summary>A frame from a peer's sync grain; see the frame codec of Replication. One-way: the answer is a later frame.</summary>
    [Alias("Receive"), OneWay]
    ValueTask Receive(FramePayload frame);
}

/// <summary>An encoded frame, carried untouched.</summary>
[GenerateSerializer, Immutable, Alias("cmud.FramePayload")]
public sealed record FramePayload([property: Id(0)] byte[] Bytes);
