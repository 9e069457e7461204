namespace Cmud.Grains;

/// <summary>Lets writes wait while the sync grain takes in what was written before. Safe for many threads.</summary>
/// <remarks>
/// Otherwise query grains take in more than a server without a processor to spare can pass on: with four servers on two processors and as many Puts as one took (37,000 to 59,000 a second), the others showed
/// a write after 1 to 3 s, and were sent a quarter to a little over half of them; so (37,000 to 39,000), after 0.2 s, and all. No peer is waited for, and no read waits.
/// </remarks>
internal sealed class SyncPace(TimeProvider time)
{
    /// <summary>How long a write waits at most, so that a sync grain that stands still stops no write.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    private volatile TaskCompletionSource? _slice;

    /// <summary>Takes note that the sync grain is handed a slice of the journal; completes when it has taken that in.</summary>
    public Task Begin()
    {
        var slice = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _slice = slice;
        return slice.Task;
    }

    /// <summary>Takes note that it has taken the slice in.</summary>
    public void End()
    {
        var slice = _slice;
        _slice = null;
        slice?.TrySetResult();
    }

    /// <summary>Completes when the sync grain has what it was handed, or after <see cref="MaxWait"/>.</summary>
    public ValueTask WaitAsync() => _slice is { } slice ? new(Task.WhenAny(slice.Task, Task.Delay(MaxWait, time))) : default;
}
