using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Acceptance;

/// <summary>How soon a Put is seen by the other grains of its server and by those of a server 250 ms away, by the store's own timestamps.</summary>
public sealed class VisibilityFacts(VisibilityFacts.Pair pair, ITestOutputHelper output) : IClassFixture<VisibilityFacts.Pair>
{
    /// <summary>Longer than a send interval: after it every pair may send at once.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(150);

    [Fact]
    public async Task An_isolated_Put_is_seen_in_time()
    {
        using var probe = new VisibilityProbe(pair.Mesh.Servers);
        for (var i = 0; i < 24; i++)
        {
            await pair.Mesh.Grains[i % pair.Mesh.Grains.Count].PutAsync("isolated", $"{i}");
            await Eventually.Shows("isolated", $"{i}", pair.Mesh.Grains);
            await Traces.Pause(Rest);
        }

        Report("isolated Put", probe);
        probe.AssertPromises();
    }

    [Fact]
    public async Task Every_Put_of_a_heavy_load_is_seen_in_time()
    {
        using var probe = new VisibilityProbe(pair.Mesh.Servers);
        var expected = await Traces.PutSteadily("loaded/", 300, pair.Mesh.Grains);
        await Eventually.Lists("loaded/", expected, pair.Mesh.Grains);

        Report("800 Puts/s", probe);
        Assert.Equal(expected.Count * 3, probe.Local.Count());
        Assert.Equal(expected.Count * 4, probe.Remote.Count());
        probe.AssertPromises();
    }

    private void Report(string what, VisibilityProbe probe)
    {
        output.WriteLine(VisibilityProbe.Figures($"{what}, local", probe.Local));
        output.WriteLine(VisibilityProbe.Figures($"{what}, remote at 250 ms one way", probe.Remote));
    }

    /// <summary>Two servers of four grains, 250 ms apart.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        internal Mesh Mesh { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Mesh = await Mesh.StartAsync(new(Network.FarAway), 4, 4);
            await Mesh.Rests();
        }

        public async Task DisposeAsync() => await Mesh.DisposeAsync();
    }
}
