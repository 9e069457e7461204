namespace Cmud.Grains;

/// <summary>Lets writes wait where the sync grain does not keep pace with them. Safe for many threads.</summary>
/// <remarks>
/// Otherwise query grains take in more than a server without a processor to spare can pass on: with four servers on two processors and as many Puts as one took, the others showed
/// a write after 1 to 3 s, and were sent a quarter to a little over half of them. No peer is waited for, and no read waits. Nor does a write for long where a processor is to spare:
/// a sync grain was over an entry for 0.8 to 2.1 us there, mostly 1, and for 2 to 20 us where it shared two processors with three other servers.
/// </remarks>
internal sealed class SyncPace(TimeProvider time)
{
    /// <summary>How long a write waits at most, so that a sync grain that stands still stops no write.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the sync grain may be over an entry before writes wait for it.</summary>
    public static readonly TimeSpan EachEntry = TimeSpan.FromMicroseconds(1);

    private volatile Slice? _slice;

    /// <summary>Takes note that the sync grain is handed a slice of the journal; completes when it has taken that in.</summary>
    public Task Begin(int entries)
    {
        var slice = new Slice(time.GetTimestamp(), entries * EachEntry);
        _slice = slice;
        return slice.TakenIn.Task;
    }

    /// <summary>Takes note that it has taken the slice in.</summary>
    public void End()
    {
        var slice = _slice;
        _slice = null;
        slice?.TakenIn.TrySetResult();
    }

    /// <summary>Completes at once while the sync grain keeps pace; otherwise when it has what it was handed, or after <see cref="MaxWait"/>.</summary>
    public ValueTask WaitAsync() => _slice is { } slice && time.GetElapsedTime(slice.Begun) >= slice.Grace ? new(Task.WhenAny(slice.TakenIn.Task, Task.Delay(MaxWait, time))) : default;

    private sealed record Slice(long Begun, TimeSpan Grace)
    {
        public TaskCompletionSource TakenIn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
