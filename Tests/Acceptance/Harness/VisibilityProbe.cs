using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Cmud.Grains;
using Xunit;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>A write became visible in another replica.</summary>
/// <param name="Server">Where.</param>
/// <param name="Grain">In which of its query grains.</param>
/// <param name="IsLocal">Whether the same server had accepted it.</param>
/// <param name="Age">From the write's stamp until then.</param>
/// <param name="At">Then.</param>
internal readonly record struct Sighting(string Server, int Grain, bool IsLocal, TimeSpan Age, DateTimeOffset At);

/// <summary>Listens to what the store measures: when each write became visible, by its own timestamps.</summary>
internal sealed class VisibilityProbe : IDisposable
{
    /// <summary>Promised between the query grains of one server.</summary>
    public static readonly TimeSpan LocalPromise = TimeSpan.FromMilliseconds(500);

    /// <summary>Promised between servers at most 250 ms apart.</summary>
    public static readonly TimeSpan RemotePromise = TimeSpan.FromMilliseconds(2_000);

    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Sighting> _sightings = new();

    /// <summary>Listens from now on.</summary>
    /// <param name="servers">Whose replicas to watch; null for all, also those that come later.</param>
    public VisibilityProbe(IEnumerable<TestServer>? servers = null)
    {
        var watched = servers?.Select(server => server.Name).ToHashSet();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StoreMetrics.MeterName && instrument.Name == StoreMetrics.Visibility) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, milliseconds, tags, _) =>
        {
            var sighting = Read(milliseconds, tags);
            if (watched?.Contains(sighting.Server) != false) _sightings.Enqueue(sighting);
        });
        _listener.Start();
    }

    public IReadOnlyCollection<Sighting> Sightings => _sightings;

    public IEnumerable<TimeSpan> Local => _sightings.Where(sighting => sighting.IsLocal).Select(sighting => sighting.Age);

    public IEnumerable<TimeSpan> Remote => _sightings.Where(sighting => !sighting.IsLocal).Select(sighting => sighting.Age);

    /// <summary>Every write was seen in time.</summary>
    public void AssertPromises()
    {
        Assert.All(Local, age => Assert.InRange(age, TimeSpan.MinValue, LocalPromise));
        Assert.All(Remote, age => Assert.InRange(age, TimeSpan.MinValue, RemotePromise));
    }

    /// <summary>One line of figures, to print.</summary>
    public static string Figures(string what, IEnumerable<TimeSpan> ages)
    {
        var sorted = ages.Select(age => age.TotalMilliseconds).Order().ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: p50 {At(0.5):0} ms, p99 {At(0.99):0} ms, max {sorted[^1]:0} ms ({sorted.Length} sightings)");

        double At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    public void Dispose() => _listener.Dispose();

    private static Sighting Read(double milliseconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (server, grain, scope) = ("", 0, "");
        foreach (var (key, value) in tags)
        {
            switch (key)
            {
                case "server": server = (string)value!; break;
                case "grain": grain = (int)value!; break;
                case "scope": scope = (string)value!; break;
            }
        }

        return new(server, grain, scope == "local", TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System.GetUtcNow());
    }
}
