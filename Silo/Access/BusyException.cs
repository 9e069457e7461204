namespace Cmud.Silo.Access;

/// <summary>A client asks for more than it may, or than the server can do; nothing was done. The message is one sentence for it.</summary>
/// <param name="message">Names the limit.</param>
/// <param name="retryAfter">When it is worth another try.</param>
/// <param name="isOwn">Whether it is this client that asks for too much, and not all together.</param>
internal sealed class BusyException(string message, TimeSpan retryAfter, bool isOwn) : Exception(message)
{
    public TimeSpan RetryAfter { get; } = retryAfter;

    public bool IsOwn { get; } = isOwn;
}
