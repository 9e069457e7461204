namespace Cmud.Client;

/// <summary>Calls of one kind to one query grain: a few leave at once, and what is asked while these are on their way leaves together, as one call.</summary>
/// <remarks>
/// What a single call pays is its message, not the work in the grain: on two cores 0.1 M calls a second, but 0.6 to 1.0 M operations in calls of a hundred.
/// So many callers share messages, and one alone waits for nobody. What gathers leaves when a call is back, but no later than after <see cref="Patience"/>, so
/// that far servers do not make it wait for a round trip. Each caller gets an answer of its own.
/// </remarks>
/// <param name="askOne">Makes one call.</param>
/// <param name="askMany">Makes many as one; answers in their order.</param>
/// <param name="size">About how many bytes one takes in a message.</param>
/// <param name="time">For the patience.</param>
internal sealed class Lane<TAsk, TReply>(Func<TAsk, Task<TReply>> askOne, Func<TAsk[], Task<TReply[]>> askMany, Func<TAsk, int> size, TimeProvider time)
{
    /// <summary>Calls on their way above which others gather.</summary>
    private const int EagerCalls = 4;

    /// <summary>Most calls on their way: with the largest batches, 8,192 operations.</summary>
    private const int MaxCalls = 64;

    /// <summary>Most operations of a batch: beyond it only the wait grows.</summary>
    private const int MaxBatch = 128;

    /// <summary>Bytes after which a batch is closed.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>How long what has gathered waits at most, where another call may leave.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _underWay;
    private ITimer? _timer;
    private bool _isTimed;

    /// <summary>Asks; completes with the answer, or fails as the call that carried it.</summary>
    public Task<TReply> Ask(TAsk ask)
    {
        Waiting waiting;
        lock (_gate)
        {
            if (_underWay < EagerCalls && _waiting.Count == 0)
            {
                _underWay++;
                waiting = null!;
            }
            else
            {
                waiting = new(ask);
                _waiting.Enqueue(waiting);
                Time();
            }
        }

        return waiting?.Task ?? AskAlone(ask);
    }

    private async Task<TReply> AskAlone(TAsk ask)
    {
        try
        {
            return await askOne(ask).ConfigureAwait(false);
        }
        catch (LinkException)
        {
            Abandon();
            throw;
        }
        finally
        {
            Back();
        }
    }

    /// <summary>A call is back: what has gathered leaves in its place.</summary>
    private void Back()
    {
        Waiting[] batch;
        lock (_gate)
        {
            batch = Take();
            if (batch.Length == 0) _underWay--;
        }

        if (batch.Length > 0) Send(batch).Ignore();
    }

    /// <summary>What waited long enough leaves beside the others.</summary>
    private void TimeUp()
    {
        while (true)
        {
            Waiting[] batch;
            lock (_gate)
            {
                _isTimed = false;
                batch = _underWay < MaxCalls ? Take() : [];
                if (batch.Length == 0) return;

                _underWay++;
            }

            Send(batch).Ignore();
        }
    }

    private async Task Send(Waiting[] batch)
    {
        try
        {
            if (batch.Length == 1) batch[0].SetResult(await askOne(batch[0].Ask).ConfigureAwait(false));
            else
            {
                var replies = await askMany(Array.ConvertAll(batch, static waiting => waiting.Ask)).ConfigureAwait(false);
                for (var i = 0; i < batch.Length; i++) batch[i].SetResult(replies[i]);
            }
        }
        catch (Exception e)
        {
            foreach (var waiting in batch) waiting.TrySetException(e);
            if (e is LinkException) Abandon();
        }
        finally
        {
            Back();
        }
    }

    /// <summary>The server was lost: nobody waits here for it any longer. What was not sent may be asked of another.</summary>
    private void Abandon()
    {
        Waiting[] left;
        lock (_gate)
        {
            left = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var waiting in left) waiting.TrySetException(new LinkException("the connection was lost", sent: false));
    }

    private Waiting[] Take()
    {
        if (_waiting.Count == 0) return [];

        var (count, bytes) = (0, 0);
        foreach (var waiting in _waiting)
        {
            bytes += size(waiting.Ask);
            if (count > 0 && bytes > MaxBytes) break;
            if (++count == MaxBatch) break;
        }

        var batch = new Waiting[count];
        for (var i = 0; i < count; i++) batch[i] = _waiting.Dequeue();
        if (_waiting.Count > 0) Time();
        return batch;
    }

    private void Time()
    {
        if (_isTimed) return;

        _isTimed = true;
        _timer ??= time.CreateTimer(static lane => ((Lane<TAsk, TReply>)lane!).TimeUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An operation that waits for its turn, then for its answer.</summary>
    private sealed class Waiting(TAsk ask) : TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TAsk Ask => ask;
    }
}
