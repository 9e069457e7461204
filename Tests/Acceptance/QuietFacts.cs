using Cmud.Replication.Sync;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>Servers that agree and are left alone only tell each other that they live.</summary>
public sealed class QuietFacts
{
    /// <summary>Heartbeats come ten times as often as usual, so that some seconds show as many as a minute does.</summary>
    private static readonly SyncSettings Lively = new() { BusyHeartbeat = TimeSpan.FromMilliseconds(200), IdleHeartbeat = TimeSpan.FromMilliseconds(500) };

    [Fact]
    public async Task Converged_servers_send_heartbeats_and_no_data()
    {
        await using var mesh = await Mesh.Empty(new(TimeSpan.FromMilliseconds(100)), silo => silo.Services.AddSingleton(Lively)).WithAsync(2, 2, 2);
        var expected = await Traces.PutSteadily("quiet/", 50, mesh.Grains);
        await Eventually.Lists("quiet/", expected, mesh.Grains);

        var before = await mesh.TrafficAsync();
        await Eventually.NothingIsMissing(async () =>
        {
            var now = await mesh.TrafficAsync();
            return Pairs().All(pair => (now.Between(pair.From, pair.To) - before.Between(pair.From, pair.To)).Messages >= 4) ? null : "a heartbeat fails to come.";
        });

        var after = await mesh.TrafficAsync();
        Assert.All(Pairs(), pair =>
        {
            var sent = after.Between(pair.From, pair.To) - before.Between(pair.From, pair.To);
            Assert.Equal((0, 0), (sent.DataBytes, sent.Entries));
            Assert.Equal(0, after.Between(pair.From, pair.To).KnownEntries);
        });
        Assert.Equal(0, (after.Local - before.Local).Messages);
        after.AssertPace();

        IEnumerable<(TestServer From, TestServer To)> Pairs() =>
            from sender in mesh.Servers from receiver in mesh.Servers where sender != receiver select (sender, receiver);
    }
}
