using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Grains;

/// <summary>What is left of a server that the others turned away: it was forgotten, or its disk is older than deletes that were purged since.</summary>
/// <param name="Former">Under which id it was known. Its successor says that it never returns.</param>
/// <param name="Held">What those who turned it away hold.</param>
/// <param name="Peers">Addresses of the others.</param>
public sealed record FencedServer(ServerId Former, IReadOnlyList<Holding> Held, IReadOnlyList<string> Peers);
