namespace Cmud.Benchmarks.Compare;

/// <summary>How soon after its acknowledgement a value is there for somebody else.</summary>
internal static class Sighting
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    /// <summary>Looks until the value is there.</summary>
    /// <param name="value">Acknowledged a moment ago.</param>
    /// <param name="look">What is shown elsewhere.</param>
    /// <returns>Milliseconds; what never comes counts as <see cref="Convergence.Probes.Never"/>.</returns>
    public static async Task<double> AfterAsync(string value, Func<Task<string?>> look)
    {
        var acknowledged = TimeProvider.System.GetTimestamp();
        while (await look() != value)
        {
            if (TimeProvider.System.GetElapsedTime(acknowledged) > Convergence.Probes.Never) return Convergence.Probes.Never.TotalMilliseconds;

            // A replica that has merged a write tells nobody.
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }

        return TimeProvider.System.GetElapsedTime(acknowledged).TotalMilliseconds;
    }
}
