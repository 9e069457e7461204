namespace Cmud.Silo.Access;

/// <summary>A client may not do what it asked; the message is one sentence for it.</summary>
/// <param name="message">Names what is missing, never a value or a secret.</param>
/// <param name="isUnknown">Whether the server does not know who asks: without a token, or with one that counts for nothing.</param>
internal sealed class AccessDeniedException(string message, bool isUnknown) : Exception(message)
{
    public bool IsUnknown { get; } = isUnknown;
}
