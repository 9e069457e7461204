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

/// <summary>The end of a link that dialled: takes frames that come back over its connection.</summary>
[Alias("cmud.ILinkEnd")]
public interface ILinkEnd : IGrainObserver
{
    /// <summary>A frame from the server that the link leads to. One-way, like those that it carries the other way.</summary>
    [Alias("Receive"), OneWay]
    ValueTask Receive(FramePayload frame);
}

/// <summary>An encoded frame, carried untouched.</summary>
/// <param name="Bytes">The frame.</param>
/// <param name="ReturnPath">Where frames for its sender may be sent while there is no other way to it; null in what comes back itself.</param>
[GenerateSerializer, Immutable, Alias("cmud.FramePayload")]
public sealed record FramePayload([property: Id(0)] byte[] Bytes, [property: Id(1)] ILinkEnd? ReturnPath = null);
