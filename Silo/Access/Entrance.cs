using Cmud.Grains;

namespace Cmud.Silo.Access;

/// <summary>How a connection, or a request, gets in: by a token, where the server asks for one.</summary>
/// <param name="tokens">The tokens that stand.</param>
/// <param name="grain">What it gets into.</param>
/// <param name="admission">How often it may try.</param>
/// <param name="audit">Who is turned away is noted there.</param>
/// <param name="client">Address and port of the client.</param>
/// <param name="address">Its address alone.</param>
internal sealed class Entrance(TokenTable tokens, GuardedGrain grain, Admission admission, IAuditTrail audit, string client, string address)
{
    /// <summary>Whether the server asks for a token at all.</summary>
    public bool AsksToken => tokens.IsAsked;

    /// <summary>Whether the client is in.</summary>
    public bool IsIn => grain.Grant is not null;

    /// <summary>Lets a client in by its token; false where that counts for nothing.</summary>
    /// <exception cref="BusyException">The address has tried too often.</exception>
    public bool TryEnter(string text)
    {
        if (tokens.Find(text) is { } grant)
        {
            grain.Grant = grant;
            return true;
        }

        admission.AdmitStranger(address);
        audit.Add(new("enter", IsRefused: true) { Client = client, Reason = "The token is unknown, wrong, revoked or expired." });
        return false;
    }

    /// <summary>Takes note of what the client was denied.</summary>
    public void Note(AccessDeniedException denied)
    {
        var token = grain.Grant?.Token;
        audit.Add(new("ask", IsRefused: true) { Client = client, Token = token?.Id, Subject = token?.Subject, Reason = denied.Message });
    }
}
