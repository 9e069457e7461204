using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>What is left of a server that the others turned away: it was forgotten, or its disk is older than deletes that were purged since.</summary>
/// <param name="Former">Under which id it was known. Its successor says that it never returns.</param>
/// <param name="Unreplicated">What it accepted and those who turned it away do not hold.</param>
/// <param name="Peers">Addresses of the others.</param>
public sealed record FencedServer(ServerId Former, IReadOnlyList<Entry> Unreplicated, IReadOnlyList<string> Peers);
