using System.Threading.Tasks.Sources;
using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>An operation that waits for its turn, then for its answer.</summary>
internal abstract class Pending
{
    /// <summary>About how many bytes it takes in a message.</summary>
    public abstract int Size { get; }

    /// <summary>The greatest hybrid timestamp that its client had met.</summary>
    public virtual ulong Seen => 0;

    /// <summary>Packs it.</summary>
    public abstract void Write(ref RequestWriter writer);

    /// <summary>Takes its answer, which comes next in the reply.</summary>
    public abstract void Read(ref ReplyReader reply);

    public abstract void Fail(Exception error);
}

/// <summary>An operation that is awaited once, by one caller, who goes on in a turn of its own: what it does next holds up nobody else's answer.</summary>
internal abstract class Pending<TAnswer> : Pending, IValueTaskSource<TAnswer>
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
internal sealed class PendingGet(SessionOverlay overlay, byte[] key) : Pending<string?>
{
    public override int Size => key.Length;

    public override void Write(ref RequestWriter writer) => writer.Write(new(OperationKind.Get, key));

    public override void Read(ref ReplyReader reply) => Succeed(overlay.Read(key, reply.Get()));
}

/// <summary>A Put or a Delete.</summary>
internal sealed class PendingWrite(Operation operation, ulong seen) : Pending<PutReply>
{
    public override int Size => operation.Key.Length + (operation.Value?.Length ?? 0);

    public override ulong Seen => seen;

    public override void Write(ref RequestWriter writer) => writer.Write(operation);

    public override void Read(ref ReplyReader reply) => Succeed(reply.Put());
}

/// <summary>Operations that travel as one call.</summary>
/// <param name="operations">At least one.</param>
internal sealed class Batch(params Pending[] operations)
{
    private int _answered;

    public IReadOnlyList<Pending> Operations => operations;

    public PackedRequest Pack()
    {
        var (seen, bytes) = (0UL, 0);
        foreach (var operation in operations) (seen, bytes) = (Math.Max(seen, operation.Seen), bytes + operation.Size);
        var writer = new RequestWriter(operations.Length, seen, asksLags: false, bytes);
        foreach (var operation in operations) operation.Write(ref writer);
        return writer.Request;
    }

    /// <summary>Gives each its answer.</summary>
    public void Answer(PackedReply packed)
    {
        var reply = new ReplyReader(packed);
        if (reply.Count != operations.Length) throw new InvalidDataException($"{reply.Count} answers came to {operations.Length} operations");

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
