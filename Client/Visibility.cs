namespace Cmud.Client;

/// <summary>Where a write is to be shown.</summary>
public enum Visibility
{
    /// <summary>By every query grain of the server that accepted it.</summary>
    Here,

    /// <summary>By every query grain of every server that the client's servers know as a member, reachable or not.</summary>
    Everywhere,
}
