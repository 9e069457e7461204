using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>What the links between servers promise: to send is to hand over and go on, and no order of arrival does harm.</summary>
public sealed class LinkFacts(LinkFacts.Pair pair) : IClassFixture<LinkFacts.Pair>
{
    /// <summary>The link is released only after all that must not wait for it is done: had anything waited, this would never end.</summary>
    [Fact]
    public async Task A_link_that_lets_nothing_through_holds_up_neither_Puts_nor_Gets_nor_the_other_grains()
    {
        var (mesh, here, there) = (pair.Mesh, pair.Mesh.Servers[0], pair.Mesh.Servers[1]);
        await mesh.Rests();
        var before = await mesh.TrafficAsync();
        mesh.Network!.Hold(here, there);

        var expected = await Traces.PutSteadily("held/", 60, [here.Grains[0]]);
        await Eventually.Lists("held/", expected, here.Grains);
        var sent = (await mesh.TrafficAsync()).Between(here, there) - before.Between(here, there);
        var shownThere = await there.Grains[0].ListAsync("held/");
        mesh.Network.Release(here, there);

        Assert.InRange(sent.Messages, 3, Traffic.MostMessagesPerSecond);
        Assert.Empty(shownThere);
        await Eventually.Lists("held/", expected, mesh.Grains);
    }

    /// <summary>Nothing is answered before all have left: a sender that waits for an answer would never send the second.</summary>
    [Fact]
    public async Task Five_Puts_leave_in_five_frames_before_any_is_answered_and_all_arrive_in_time()
    {
        var (mesh, here, there) = (pair.Mesh, pair.Mesh.Servers[0], pair.Mesh.Servers[1]);
        await mesh.Rests();
        using var probe = new VisibilityProbe([there]);
        var before = await mesh.TrafficAsync();
        mesh.Network!.Hold(here, there);

        for (var i = 0; i < 5; i++)
        {
            await here.Grains[0].PutAsync($"window/{i}", "");
            await Eventually.NothingIsMissing(async () =>
                ((await mesh.TrafficAsync()).Between(here, there) - before.Between(here, there)).Entries == i + 1 ? null : $"Put {i} has not left.");
        }

        mesh.Network.Release(here, there);
        await Eventually.NothingIsMissing(async () => (await there.Grains[0].ListAsync("window/")).Count == 5 ? null : "not all Puts have arrived.");
        Assert.InRange(((await mesh.TrafficAsync()).Between(here, there) - before.Between(here, there)).Messages, 5, Traffic.MostMessagesPerSecond);
        Assert.Equal(5, probe.Remote.Count());
        probe.AssertPromises();
        Assert.All(probe.Remote, age => Assert.InRange(age, Network.FarAway, TimeSpan.MaxValue));
    }

    /// <summary>Every other frame is late by more than two send intervals: the next two overtake it. What is merely late is not asked for again.</summary>
    [Fact]
    public async Task Frames_that_overtake_one_another_lead_to_the_same()
    {
        var lateness = new Lateness();
        await using var mesh = await Mesh.Empty(new(TimeSpan.Zero), silo => silo.AddIncomingGrainCallFilter(lateness)).WithAsync(1, 1);
        var writers = mesh.Servers.Select(server => server.Grains[0]).ToArray();

        var puts = new List<(string Key, string Value, Stamp Stamp)>();
        for (var round = 0; round < 60; round++)
        {
            foreach (var writer in writers)
            {
                var (key, value) = ($"overtaken/{round % 7}", $"{writer.Server} {round}");
                puts.Add((key, value, (await writer.PutAsync(key, value)).Stamp));
            }

            await Traces.Pause(2 * Traces.Apart);
        }

        await mesh.Rests();
        await Eventually.Lists("", puts.GroupBy(put => put.Key).ToDictionary(same => same.Key, same => same.MaxBy(put => put.Stamp).Value), writers);
        Assert.InRange(lateness.Overtaken, 5, int.MaxValue);
        Assert.Equal(0, (await mesh.TrafficAsync()).Remote.KnownEntries);
    }

    /// <summary>Two servers 250 ms apart, one of them with two grains; the facts keep apart by their keys.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        internal Mesh Mesh { get; private set; } = null!;

        public async Task InitializeAsync() => Mesh = await Mesh.StartAsync(new(Network.FarAway), 2, 1);

        public async Task DisposeAsync() => await Mesh.DisposeAsync();
    }

    /// <summary>Lets every other frame wait at the receiver's door.</summary>
    private sealed class Lateness : IIncomingGrainCallFilter
    {
        private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(280);

        private readonly Dictionary<Origin, ulong> _greatest = [];
        private int _overtaken;

        public int Overtaken => _overtaken;

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is FramePayload payload && FrameCodec.TryDecode(payload.Bytes, out var frame, out _))
            {
                if (frame!.Number % 2 == 0) await Traces.Pause(Late);
                Note(frame);
            }

            await context.Invoke();
        }

        private void Note(Frame frame)
        {
            lock (_greatest)
            {
                if (frame.Number < _greatest.GetValueOrDefault(frame.From)) _overtaken++;
                else _greatest[frame.From] = frame.Number;
            }
        }
    }
}
