namespace Cmud.Client;

/// <summary>The time of one call, from its start to the moment it fails at the latest.</summary>
internal readonly struct CallClock(TimeProvider time, TimeSpan limit)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>When it began, for comparison with others of the same limit.</summary>
    public long Start => _start;

    /// <summary>How long the call may take in all.</summary>
    public TimeSpan Limit => limit;

    /// <summary>What is left of it; never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = limit - time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether nothing is left.</summary>
    public bool IsOver => Left == TimeSpan.Zero;

    /// <summary>A wait of at most <paramref name="step"/> that ends with the call.</summary>
    public TimeSpan Next(TimeSpan step) => Left < step ? Left : step;
}
