namespace Cmud.Replication.Watch;

/// <summary>Of an origin every sequence up to one is held, or beaten by what is held.</summary>
/// <param name="Origin">Who accepted them.</param>
/// <param name="Sequence">The last of them.</param>
public readonly record struct OriginFloor(Origin Origin, ulong Sequence);
