namespace Cmud.Client;

/// <summary>One attempt at a call failed on its way; the client decides whether there is another.</summary>
/// <param name="trouble">What happened, as the end of a sentence that begins with the server's address.</param>
/// <param name="sent">Whether the server may have been reached.</param>
/// <param name="inner">What Orleans said.</param>
internal sealed class LinkException(string trouble, bool sent, Exception? inner = null) : Exception(trouble, inner)
{
    public bool Sent { get; } = sent;
}
