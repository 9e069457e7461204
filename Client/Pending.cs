using System.Threading.Tasks.Sources;
using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>An operation that waits for its turn, then for its answer.</summary>
/// <param name="clock">The time of the call that it is part of.</param>
internal abstract class Pending(CallClock clock)
{
    private const int Waiting = 0, Taken = 1, TakenBack = 2;

    private int _state;

    /// <summary>About how many bytes it takes in a message.</summary>
    public abstract int Size { get; }

    /// <summary>The greatest hybrid timestamp that its client had met.</summary>
    public virtual ulong Seen => 0;

    /// <summary>The time of the call that it is part of.</summary>
    public CallClock Clock => clock;

    /// <summary>Claims it for a message; false where it was taken back.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Makes sure that it is not sent any more; false where it was already.</summary>
    public bool TryTakeBack() => Interlocked.CompareExchange(ref _state, TakenBack, Waiting) == Waiting;

    /// <summary>Packs it.</summary>
    public abstract void Write(OperationBuffer batch);

    /// <summary>Takes its answer, which comes next in the reply.</summary>
    public abstract void Read(ref ReplyReader reply);

    public abstract void Fail(Exception error);
}

/// <summary>An operation that is awaited once, by one caller, who goes on in a turn of its own: what it does next holds up nobody else's answer.</summary>
internal abstract class Pending<TAnswer>(CallClock clock) : Pending(clock), IValueTaskSource<TAnswer>
{
    private ManualResetValueTaskSourceCore<TAnswer> _core = new() { RunContinuationsAsynchronously = true };

    public ValueTask<TAnswer> Answer => new(this, _core.Version);

    public sealed override void Fail(Exception error) => _core.SetException(error);

    TAnswer IValueTaskSource<TAnswer>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TAnswer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    protected void Succeed(TAnswer answer) => _core.SetResult(answer);
}

/// <summary>A Get; its answer is what the session shows after it.</summary>
internal sealed class PendingGet(SessionOverlay overlay, byte[] key, CallClock clock) : Pending<string?>(clock)
{
    public override int Size => key.Length;

    public override void Write(OperationBuffer batch) => batch.Get(key);

    public override void Read(ref ReplyReader reply) => Succeed(overlay.Read(key, reply.Get()));
}

/// <summary>A Put or a Delete.</summary>
internal sealed class PendingWrite(Operation operation, ulong seen, CallClock clock) : Pending<PutReply>(clock)
{
    public override int Size => operation.Key.Length + (operation.Value?.Length ?? 0);

    public override ulong Seen => seen;

    public override void Write(OperationBuffer batch) => batch.Add(operation);

    public override void Read(ref ReplyReader reply) => Succeed(reply.Put());
}

/// <summary>Operations that travel as one call.</summary>
/// <param name="operations">At least one.</param>
internal sealed class Batch(params Pending[] operations)
{
    private int _answered;

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

    /// <summary>Gives each its answer.</summary>
    public void Answer(PackedReply packed)
    {
        var reply = new ReplyReader(packed);
        if (reply.Count != operations.Length) throw new InvalidDataException($"{reply.Count} answers came to {operations.Length} operations");

        AnswerBytes = packed.Bytes.Length;
        while (_answered < operations.Length)
        {
            operations[_answered].Read(ref reply);
            _answered++;
        }
    }

    /// <summary>Fails those that were not answered.</summary>
    public void Fail(Exception error)
    {
        while (_answered < operations.Length) operations[_answered++].Fail(error);
    }
}
