using Cmud.Grains;

namespace Cmud.Silo.Access;

/// <summary>How a connection, or a request, gets in: by a token, where the server asks for one.</summary>
/// <param name="tokens">The tokens that stand.</param>
/// <param name="grain">What it gets into.</param>
/// <param name="audit">Who is turned away is noted there.</param>
/// <param name="client">Address and port of the client.</param>
internal sealed class Entrance(TokenTable tokens, GuardedGrain grain, IAuditTrail audit, string client)
{
    /// <summary>Whether the server asks for a token at all.</summary>
    public bool AsksToken => tokens.IsAsked;

    /// <summary>Whether the client is in.</summary>
    public bool IsIn => grain.Grant is not null;

    /// <summary>Lets a client in by its token; false where that counts for nothing.</summary>
    public bool TryEnter(string text)
    {
        var grant = tokens.Find(text);
        if (grant is null) audit.Add(new("enter", IsRefused: true) { Client = client, Reason = "The token is unknown, wrong, revoked or expired." });
        else grain.Grant = grant;
        return grant is not null;
    }

    /// <summary>Takes note of what the client was denied.</summary>
    public void Note(AccessDeniedException denied)
    {
        var token = grain.Grant?.Token;
        audit.Add(new("ask", IsRefused: true) { Client = client, Token = token?.Id, Subject = token?.Subject, Reason = denied.Message });
    }
}
