using System.Threading.Tasks.Sources;
using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>An operation that waits for its turn, then for its answer.</summary>
/// <param name="overlay">What its answer is held against.</param>
/// <param name="clock">The time of the call that it is part of.</param>
internal abstract class Pending(SessionOverlay overlay, CallClock clock)
{
    private const int Waiting = 0, Taken = 1, TakenBack = 2;

    private int _state;

    /// <summary>About how many bytes it takes in a message.</summary>
    public abstract int Size { get; }

    /// <summary>The greatest hybrid timestamp that its client had met.</summary>
    public virtual ulong Seen => 0;

    /// <summary>What its answer is held against: that of its client.</summary>
    public SessionOverlay Overlay => overlay;

    /// <summary>The time of the call that it is part of.</summary>
    public CallClock Clock => clock;

    /// <summary>Claims it for a message; false where it was taken back.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Makes sure that it is not sent any more; false where it was already.</summary>
    public bool TryTakeBack() => Interlocked.CompareExchange(ref _state, TakenBack, Waiting) == Waiting;

    /// <summary>Packs it.</summary>
    public abstract void Write(OperationBuffer batch);

    /// <summary>Takes its answer, which comes next in the reply; nobody hears of it yet.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="notes">The turn at <see cref="Overlay"/> in which its answer is noted.</param>
    public abstract void Read(ref ReplyReader reply, scoped in SessionOverlay.Turn notes);

    /// <summary>Tells the answer that was read; its caller goes on before this returns.</summary>
    public abstract void Succeed();

    /// <summary>Tells that there is none; its caller goes on in a turn of his own.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>An operation that is awaited once, by one caller.</summary>
internal abstract class Pending<TAnswer>(SessionOverlay overlay, CallClock clock) : Pending(overlay, clock), IValueTaskSource<TAnswer>
{
    private ManualResetValueTaskSourceCore<TAnswer> _core;
    private TAnswer? _read;

    public ValueTask<TAnswer> Answer => new(this, _core.Version);

    public sealed override void Succeed() => _core.SetResult(_read!);

    public sealed override void Fail(Exception error)
    {
        _core.RunContinuationsAsynchronously = true;
        _core.SetException(error);
    }

    public sealed override void Read(ref ReplyReader reply, scoped in SessionOverlay.Turn notes) => _read = Take(ref reply, notes);

    TAnswer IValueTaskSource<TAnswer>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TAnswer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Reads the answer, and notes it.</summary>
    protected abstract TAnswer Take(ref ReplyReader reply, scoped in SessionOverlay.Turn notes);
}

/// <summary>A Get; its answer is what the session shows after it.</summary>
internal sealed class PendingGet(SessionOverlay overlay, byte[] key, CallClock clock) : Pending<string?>(overlay, clock)
{
    public override int Size => key.Length;

    public override void Write(OperationBuffer batch) => batch.Get(key);

    protected override string? Take(ref ReplyReader reply, scoped in SessionOverlay.Turn notes) => notes.Read(key, reply.Get());
}

/// <summary>A Put or a Delete.</summary>
internal sealed class PendingWrite(SessionOverlay overlay, Operation operation, CallClock clock) : Pending<PutReply>(overlay, clock)
{
    public override int Size => operation.Key.Length + (operation.Value?.Length ?? 0);

    public override ulong Seen { get; } = overlay.Seen.Value;

    public override void Write(OperationBuffer batch) => batch.Add(operation);

    protected override PutReply Take(ref ReplyReader reply, scoped in SessionOverlay.Turn notes)
    {
        var put = reply.Put();
        notes.Wrote(operation.Key, operation.Value, put.Stamp, operation.TimeToLive);
        return put;
    }
}
