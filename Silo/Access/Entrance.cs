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
    private bool _isStrangerNoted;

    /// <summary>Whether the server asks for a token at all.</summary>
    public bool AsksToken => tokens.IsAsked;

    /// <summary>Whether the client is in.</summary>
    public bool IsIn => grain.Grant is not null;

    /// <summary>Null where the client may ask something now; else it, or its address, asks too much.</summary>
    public BusyException? RefuseFlood() => admission.Refuse(grain.Grant, address);

    /// <summary>Lets a client in by its token; false where that counts for nothing.</summary>
    /// <param name="text">The token, as the client sent it.</param>
    /// <param name="busy">Not null where the address has tried too often.</param>
    public bool TryEnter(string text, out BusyException? busy)
    {
        busy = null;
        if (tokens.Find(text) is { } grant)
        {
            grain.Grant = grant;
            return true;
        }

        busy = admission.RefuseStranger(address);
        if (busy is null) audit.Add(new("enter", IsRefused: true) { Client = client, Reason = "The token is unknown, wrong, revoked or expired." });
        return false;
    }

    /// <summary>Takes note, once, that the client asks without a token.</summary>
    public void NoteStranger()
    {
        if (_isStrangerNoted) return;

        _isStrangerNoted = true;
        audit.Add(new("enter", IsRefused: true) { Client = client, Reason = "No token was sent." });
    }

    /// <summary>Takes note of what the client was denied.</summary>
    public void Note(AccessDeniedException denied)
    {
        var token = grain.Grant?.Token;
        audit.Add(new("ask", IsRefused: true) { Client = client, Token = token?.Id, Subject = token?.Subject, Reason = denied.Message });
    }
}
