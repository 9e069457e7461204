namespace Cmud.Silo.Resp;

/// <summary>Counts the long replies that are held for clients, over all connections of a server: a client that reads slowly holds its own, and many may not hold one each.</summary>
internal sealed class LongReplies
{
    private int _held;

    /// <summary>Whether one more may be held; then <see cref="End"/> follows.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref _held) <= RespBounds.LongReplies) return true;

        End();
        return false;
    }

    /// <summary>One was sent.</summary>
    public void End() => Interlocked.Decrement(ref _held);
}
