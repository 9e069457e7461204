using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>Operations of one kind for one query grain: a few leave at once, and what is asked while these are on their way leaves together, as one call.</summary>
/// <remarks>
/// What a single call pays is its message, not the work in the grain: on two cores 0.1 M calls a second, but 0.6 to 1.0 M operations in calls of a hundred.
/// So many callers share messages, and one alone waits for nobody. What gathers leaves when a call is back, but no later than after <see cref="Patience"/>, so
/// that far servers do not make it wait for a round trip.
/// </remarks>
/// <param name="call">Makes one call of many operations.</param>
/// <param name="time">For the patience.</param>
internal sealed class Lane(Func<Batch, Task<PackedReply>> call, TimeProvider time)
{
    /// <summary>Calls on their way above which others gather: one is being answered while the other's answers are taken in. With four, 512 callers on two lanes shared a call by 38, with two by 42 to 45, and had 19 to 28 % more answers (patience 20 ms).</summary>
    private const int EagerCalls = 2;

    /// <summary>Most calls on their way: with the largest batches, 8,192 operations.</summary>
    private const int MaxCalls = 64;

    /// <summary>Most operations of a batch: beyond it only the wait grows.</summary>
    private const int MaxBatch = 128;

    /// <summary>Bytes of operations and their answers after which a batch is closed.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Bytes on their way above which nothing leaves beside the others: a slow line answers one after the other, and in vain if all have to wait for all.</summary>
    private const int MaxBytesUnderWay = 2 << 20;

    /// <summary>How long what has gathered waits at most, where another call may leave: little beside the way to a far server, and longer than a call to a near one takes that is busy, which more calls would make only busier: with 1 ms and four calls, 512 callers shared a call by 19, with 20 ms by 38.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    /// <summary>Of two operations in one call.</summary>
    private static readonly TimeSpan MaxAgeDifference = TimeSpan.FromSeconds(0.5);

    private readonly Lock _gate = new();
    private readonly Queue<Pending> _waiting = new();
    private int _underWay;
    private long _bytesUnderWay;

    /// <summary>What an answer took of late.</summary>
    private int _usualAnswer;
    private ITimer? _timer;
    private bool _isTimed;

    /// <summary>Asks; the operation is answered, or fails as the call that carried it.</summary>
    public void Ask(Pending operation)
    {
        Batch? batch;
        lock (_gate)
        {
            _waiting.Enqueue(operation);
            if (_underWay >= EagerCalls || _waiting.Count > 1)
            {
                Time();
                return;
            }

            batch = Take();
            if (batch is null) return;

            _underWay++;
        }

        Send(batch).Ignore();
    }

    /// <summary>A call is back: what has gathered leaves in its place.</summary>
    private void Back(Batch back)
    {
        Batch? batch;
        lock (_gate)
        {
            _bytesUnderWay -= back.Bytes;
            // Up at once, down by and by: to think too little of answers costs more than to think too much.
            if (back.AnswerBytes > 0) _usualAnswer = Math.Max(back.AnswerBytes / back.Count, _usualAnswer - (_usualAnswer / 8));
            batch = Take();
            if (batch is null) _underWay--;
        }

        if (batch is not null) Send(batch).Ignore();
    }

    /// <summary>What waited long enough leaves beside the others.</summary>
    private void TimeUp()
    {
        while (true)
        {
            Batch? batch;
            lock (_gate)
            {
                _isTimed = false;
                batch = _underWay < MaxCalls && _bytesUnderWay < MaxBytesUnderWay ? Take() : null;
                if (batch is null) return;

                _underWay++;
            }

            Send(batch).Ignore();
        }
    }

    private async Task Send(Batch batch)
    {
        try
        {
            batch.Read(await call(batch).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            batch.Fail(e);
            if (e is LinkException) Abandon();
        }

        batch.Tell();
    }

    /// <summary>The server was lost: nobody waits here for it any longer. What was not sent may be asked of another.</summary>
    private void Abandon()
    {
        Pending[] left;
        lock (_gate)
        {
            left = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var waiting in left) waiting.Fail(new LinkException("the connection was lost", sent: false));
    }

    /// <summary>The next batch of what waits; null where nothing does.</summary>
    private Batch? Take()
    {
        var (taken, bytes) = (new List<Pending>(Math.Min(_waiting.Count, MaxBatch)), 0);
        while (taken.Count < MaxBatch && _waiting.TryPeek(out var next))
        {
            var size = next.Size + _usualAnswer;
            if (taken.Count > 0 && (bytes + size > MaxBytes || !IsOfAge(next, taken[0]))) break;

            _waiting.Dequeue();
            if (!next.TryTake()) continue;

            if (next.Clock.IsOver)
            {
                next.Fail(new LinkException("it waited too long for its turn", sent: false));
                continue;
            }

            taken.Add(next);
            bytes += size;
        }

        if (_waiting.Count > 0) Time();
        if (taken.Count == 0) return null;

        _bytesUnderWay += bytes;
        return new(Back, [.. taken]) { Bytes = bytes };
    }

    /// <summary>Whether two may travel together: the call ends with the time of the older one.</summary>
    private bool IsOfAge(Pending one, Pending other) => time.GetElapsedTime(Math.Min(one.Clock.Start, other.Clock.Start), Math.Max(one.Clock.Start, other.Clock.Start)) <= MaxAgeDifference;

    private void Time()
    {
        if (_isTimed) return;

        _isTimed = true;
        _timer ??= CreateTimer();
        _timer.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Not in the context of whoever happens to be the first to wait.</summary>
    private ITimer CreateTimer()
    {
        using AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return time.CreateTimer(static lane => ((Lane)lane!).TimeUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
