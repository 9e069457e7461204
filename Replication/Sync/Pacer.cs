namespace Cmud.Replication.Sync;

/// <summary>Spaces the messages of one ordered pair: after a rest at once, else one interval after the last.</summary>
/// <param name="interval">The least time between two messages.</param>
internal sealed class Pacer(TimeSpan interval)
{
    /// <summary>When the next message may leave.</summary>
    public TimeSpan NextSlot { get; private set; }

    public bool IsFree(TimeSpan now) => now >= NextSlot;

    public void Sent(TimeSpan now) => NextSlot = now + interval;
}
