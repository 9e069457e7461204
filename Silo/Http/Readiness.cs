namespace Cmud.Silo.Http;

/// <summary>What a server says to whoever wants to send it clients.</summary>
/// <param name="Serving">Whether it answers from what its own journal holds.</param>
/// <param name="CaughtUp">Whether it holds all that the other servers held when it first heard them; null where it does not serve.</param>
internal sealed record Readiness(bool Serving, bool? CaughtUp);
