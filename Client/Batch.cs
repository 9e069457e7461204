using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>Operations of one client that travel as one call, and whose callers go on together.</summary>
/// <remarks>
/// A turn at the thread pool for each caller cost as much as all that is done for him here, and let the next call leave before those who were
/// answered had asked again. So one thread tells one caller after the other, but while any is left, a turn waits at the pool in which another thread takes part:
/// what one caller does next, be it that he blocks, holds up nobody else's answer.
/// </remarks>
/// <param name="back">Called once all but the last were told, whose callers may have asked again.</param>
/// <param name="operations">At least one.</param>
internal sealed class Batch(Action<Batch> back, params Pending[] operations) : IThreadPoolWorkItem
{
    private int _read;
    private int _told;
    private bool _isHelpCalled;

    /// <summary>What is thought of its operations and their answers.</summary>
    public int Bytes { get; init; }

    /// <summary>Bytes of its answers, once they came.</summary>
    public int AnswerBytes { get; private set; }

    public int Count => operations.Length;

    /// <summary>That of the operation that has waited longest: it may not be late for the others' sake.</summary>
    public CallClock Clock => operations.MinBy(static operation => operation.Clock.Start)!.Clock;

    public PackedRequest Pack()
    {
        var (seen, bytes) = (0UL, 0);
        foreach (var operation in operations) (seen, bytes) = (Math.Max(seen, operation.Seen), bytes + operation.Size);
        var packed = new OperationBuffer(bytes + (OperationBuffer.Overhead * operations.Length));
        foreach (var operation in operations) operation.Write(packed);
        return packed.Request(seen);
    }

    /// <summary>Takes the answers, all in one turn at the session's memory, which many callers share.</summary>
    public void Read(PackedReply packed)
    {
        var reply = new ReplyReader(packed);
        if (reply.Count != operations.Length) throw new InvalidDataException($"{reply.Count} answers came to {operations.Length} operations");

        AnswerBytes = packed.Bytes.Length;
        using var notes = operations[0].Overlay.Begin();
        for (; _read < operations.Length; _read++) operations[_read].Read(ref reply, notes);
    }

    /// <summary>Fails those whose answer was not read.</summary>
    public void Fail(Exception error)
    {
        foreach (var operation in operations.AsSpan(_read)) operation.Fail(error);
    }

    /// <summary>Tells those their answer whose was read.</summary>
    public void Tell()
    {
        if (_read == 0) back(this);
        else TellOn();
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _isHelpCalled, false);
        TellOn();
    }

    private void TellOn()
    {
        while (Interlocked.Increment(ref _told) - 1 is var next && next < _read)
        {
            if (next == _read - 1) back(this);
            else if (!Interlocked.Exchange(ref _isHelpCalled, true)) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            operations[next].Succeed();
        }
    }
}
