namespace Cmud.Grains;

/// <summary>What an operator did, or what a client was refused. Never holds a value or a secret.</summary>
/// <param name="Action">What was done or asked for, as in token.revoke or get.</param>
/// <param name="IsRefused">Whether it was not done.</param>
public sealed record AuditEvent(string Action, bool IsRefused)
{
    /// <summary>The id of the token that was used; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Whom that is for.</summary>
    public string? Subject { get; init; }

    /// <summary>Where the client is: address and port; null where that is not known.</summary>
    public string? Client { get; init; }

    /// <summary>What it was about: a server, a token, a directory.</summary>
    public string? Target { get; init; }

    /// <summary>Why it was refused: the sentence that the client got.</summary>
    public string? Reason { get; init; }
}

/// <summary>Where these go. Never throws, and never waits.</summary>
public interface IAuditTrail
{
    /// <summary>Takes note.</summary>
    void Add(AuditEvent one);
}

/// <summary>Nobody keeps them.</summary>
internal sealed class NoAuditTrail : IAuditTrail
{
    /// <inheritdoc/>
    public void Add(AuditEvent one)
    {
    }
}
