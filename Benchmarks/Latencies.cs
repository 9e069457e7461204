using System.Numerics;

namespace Cmud.Benchmarks;

/// <summary>How long many calls took: counted in steps of at most 1/64 of their length, so that any number of them takes the same room. Safe for many threads.</summary>
internal sealed class Latencies
{
    /// <summary>Steps between one power of two of nanoseconds and the next, as a power of two.</summary>
    private const int StepBits = 6;

    private const int Steps = 1 << StepBits;

    private readonly long[] _counts = new long[64 * Steps];

    /// <summary>Takes note of a call that began at a timestamp of the clock and has ended now.</summary>
    /// <returns>Now, as a timestamp of the clock.</returns>
    public long Add(long began)
    {
        var now = TimeProvider.System.GetTimestamp();
        Interlocked.Increment(ref _counts[Place((ulong)TimeProvider.System.GetElapsedTime(began, now).Ticks * 100)]);
        return now;
    }

    /// <summary>How many.</summary>
    public long Count => _counts.Sum();

    /// <summary>The time in microseconds within which a share of all ended; 0 where there are none.</summary>
    public double At(double share)
    {
        var left = (long)Math.Ceiling(Count * share);
        for (var place = 0; place < _counts.Length; place++)
        {
            left -= _counts[place];
            if (left <= 0 && _counts[place] > 0) return Nanoseconds(place) / 1_000.0;
        }

        return 0;
    }

    private static int Place(ulong nanoseconds)
    {
        var bits = BitOperations.Log2(nanoseconds | 1);
        return bits <= StepBits ? (int)nanoseconds : ((bits - StepBits) << StepBits) + (int)(nanoseconds >> (bits - StepBits));
    }

    /// <summary>The greatest of a place.</summary>
    private static ulong Nanoseconds(int place)
    {
        var bits = (place >> StepBits) + StepBits - 1;
        return place < 2 * Steps ? (ulong)place : (((ulong)place & (Steps - 1) | Steps) + 1 << (bits - StepBits)) - 1;
    }
}
