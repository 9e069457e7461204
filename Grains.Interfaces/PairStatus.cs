namespace Cmud.Grains.Interfaces;

/// <summary>What went from grain to grain, to and from one server.</summary>
/// <param name="Server">Who answered.</param>
/// <param name="Pairs">One for each pair in which it sends.</param>
[GenerateSerializer, Immutable, Alias("cmud.PairsReply")]
public readonly record struct PairsReply([property: Id(0)] ulong Server, [property: Id(1)] PairStatus[] Pairs);

/// <summary>What went from one grain to another, and what came back.</summary>
/// <param name="Receiver">"journal to sync", "query grain I", or the address of a peer.</param>
/// <param name="Messages">Messages sent.</param>
/// <param name="BusiestSecond">Most messages in any sliding second.</param>
/// <param name="Bytes">Bytes sent, encoded; 0 within the server.</param>
/// <param name="DataBytes">Bytes of entries in what was sent.</param>
/// <param name="Entries">Entries sent.</param>
/// <param name="ReceivedMessages">Messages received from there.</param>
/// <param name="ReceivedBytes">Bytes received from there.</param>
/// <param name="ReceivedEntries">Entries received from there.</param>
/// <param name="KnownEntries">Entries received from there that were known already.</param>
/// <param name="IsUp">Whether it is reached: for a peer, by a link of our own.</param>
[GenerateSerializer, Immutable, Alias("cmud.PairStatus")]
public sealed record PairStatus(
    [property: Id(0)] string Receiver,
    [property: Id(1)] long Messages,
    [property: Id(2)] int BusiestSecond,
    [property: Id(3)] long Bytes,
    [property: Id(4)] long DataBytes,
    [property: Id(5)] long Entries,
    [property: Id(6)] long ReceivedMessages,
    [property: Id(7)] long ReceivedBytes,
    [property: Id(8)] long ReceivedEntries,
    [property: Id(9)] long KnownEntries,
    [property: Id(10)] bool IsUp);
