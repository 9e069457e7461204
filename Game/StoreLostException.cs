namespace Cmud.Game;

/// <summary>The store did not answer, or the answer to a write was lost. Everything the game writes may be written again, so the call may be too.</summary>
public sealed class StoreLostException(string message, Exception? inner = null) : Exception(message, inner);
