using Cmud.Client;
using Cmud.Grains;
using Cmud.Replication;
using Cmud.Tests.Acceptance.Harness;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>
/// Sessions whose every call goes to a random replica, while writes take anything from nothing to many seconds from one replica to another, clocks differ by up to
/// two seconds, values expire and tombstones are purged.
/// </summary>
public sealed class RoamingTests
{
    private const int Sessions = 3;
    private const int Replicas = 3;
    private static readonly string[] Names = ["k/1", "k/2", "k/3"];

    private static readonly Gen<Step> Steps =
        from act in Gen.Frequency((3, Gen.Const(Act.Put)), (2, Gen.Const(Act.Delete)), (2, Gen.Const(Act.PutForATime)), (6, Gen.Const(Act.Get)), (3, Gen.Const(Act.List)), (1, Gen.Const(Act.Purge)))
        from session in Gen.Int[0, Sessions - 1]
        from replica in Gen.Int[0, Replicas - 1]
        from key in Gen.OneOf(Names.Select(Gen.Const).ToArray())
        from pause in Gen.Int[0, 400]
        from timeToLive in Gen.Int[1, 1_500]
        from delays in Gen.Frequency((1, Gen.Const(0)), (2, Gen.Int[0, 8_000])).Array[Replicas]
        select new Step(act, session, replica, key, pause, timeToLive, delays);

    private static readonly Gen<(int[] Skews, Step[] Steps)> Schedules = Gen.Select(Gen.Int[-1_000, 1_000].Array[Replicas], Steps.Array[1, 80]);

    [Fact]
    public void A_session_reads_its_writes_never_goes_back_and_writes_after_what_it_read() =>
        Schedules.Sample(schedule => Assert.Empty(Run(schedule, static world => new Session(world, new(world.Time)))), iter: 1_000);

    /// <summary>A checker that finds nothing may be blind.</summary>
    [Fact]
    public void Without_the_overlay_the_same_schedules_go_back()
    {
        var violations = 0;

        Schedules.Sample(schedule => Interlocked.Add(ref violations, Run(schedule, static world => new Session(world, overlay: null)).Count), iter: 100);

        Assert.InRange(violations, 1, int.MaxValue);
    }

    private static IReadOnlyList<string> Run((int[] Skews, Step[] Steps) schedule, Func<World, Session> begin)
    {
        var world = new World(schedule.Skews);
        var sessions = Enumerable.Range(0, Sessions).Select(_ => begin(world)).ToArray();
        var history = new SessionHistory();
        foreach (var step in schedule.Steps)
        {
            world.Pass(TimeSpan.FromMilliseconds(step.Pause));
            if (step.Act == Act.Purge) world.Purge();
            else sessions[step.Session].Run(step, history);
        }

        return history.Violations();
    }

    private static byte[] Bytes(string text) => Writes.Bytes(text);

    private enum Act
    {
        Put, PutForATime, Delete, Get, List, Purge,
    }

    private sealed record Step(Act Act, int Session, int Replica, string Key, int Pause, int TimeToLive, int[] Delays);

    /// <summary>A client: with the overlay as the client library uses it, or without a memory.</summary>
    private sealed class Session(World world, SessionOverlay? overlay)
    {
        public void Run(Step step, SessionHistory history)
        {
            switch (step.Act)
            {
                case Act.Get:
                    var reply = world.Get(step.Replica, Bytes(step.Key));
                    history.Saw(step.Session, step.Key, Text(overlay is null ? reply.Value : overlay.Read(Bytes(step.Key), reply)));
                    break;
                case Act.List:
                    var prefix = Bytes("k/");
                    var page = world.List(step.Replica, prefix, overlay?.Known(prefix, null));
                    var listed = (overlay is null ? page.Items : overlay.Listed(prefix, null, page)).ToDictionary(item => Door.Decode(item.Key), item => Door.Decode(item.Value));
                    foreach (var name in Names) history.Saw(step.Session, name, listed.GetValueOrDefault(name));
                    break;
                default:
                    TimeSpan? timeToLive = step.Act == Act.PutForATime ? TimeSpan.FromMilliseconds(step.TimeToLive) : null;
                    var written = world.Write(step, timeToLive, overlay?.Seen ?? default);
                    overlay?.Wrote(written.Key, written.Value, written.Stamp, timeToLive);
                    history.Wrote(step.Session, step.Key, Text(written.Value), written.Stamp, expires: timeToLive is not null);
                    break;
            }
        }

        private static string? Text(byte[]? utf8) => utf8 is null ? null : Door.Decode(utf8);
    }

    /// <summary>Replicas with a clock each, and what is under way between them.</summary>
    private sealed class World
    {
        private static readonly ServerId Server = new(1);
        private readonly FakeTimeProvider[] _walls;
        private readonly HybridClock[] _clocks;
        private readonly Replica[] _replicas = [.. Enumerable.Range(0, Replicas).Select(_ => new Replica())];
        private readonly List<(DateTimeOffset At, int To, Entry Entry)> _underWay = [];
        private ulong _writes;

        public World(int[] skews)
        {
            _walls = [.. skews.Select(skew => new FakeTimeProvider(Time.GetUtcNow() + TimeSpan.FromMilliseconds(skew)))];
            _clocks = [.. _walls.Select(wall => new HybridClock(wall))];
        }

        /// <summary>The clients' clock.</summary>
        public FakeTimeProvider Time { get; } = new();

        public void Pass(TimeSpan pause)
        {
            foreach (var clock in _walls.Append(Time)) clock.Advance(pause);
            foreach (var (_, to, entry) in _underWay.Where(message => message.At <= Time.GetUtcNow()))
            {
                _clocks[to].Observe(entry.Stamp.Time);
                _replicas[to].Merge(entry);
            }

            _underWay.RemoveAll(message => message.At <= Time.GetUtcNow());
        }

        public Grains.Interfaces.GetReply Get(int replica, byte[] key) => Answer.Get(_replicas[replica], key, Now(replica), Server);

        public Grains.Interfaces.ListReply List(int replica, byte[] prefix, byte[][]? known) =>
            Answer.List(_replicas[replica], new(prefix, null, 0, 0, known), Now(replica), Server);

        public Entry Write(Step step, TimeSpan? timeToLive, HybridTimestamp seen)
        {
            var at = step.Replica;
            Assert.True(_clocks[at].TryObserveClient(seen));
            var value = step.Act == Act.Delete ? null : Bytes($"{step.Key} {++_writes}");
            var expiry = timeToLive is { } span ? Now(at) + (long)span.TotalMilliseconds : Entry.Never;
            var entry = new Entry(Bytes(step.Key), value, new(_clocks[at].Issue(), new(new((ulong)at + 1), 1), 0), 1, expiry);
            _replicas[at].Merge(entry);
            for (var to = 0; to < Replicas; to++)
            {
                if (to != at) _underWay.Add((Time.GetUtcNow() + TimeSpan.FromMilliseconds(step.Delays[to]), to, entry));
            }

            return entry;
        }

        /// <summary>Every replica forgets what is hidden and lies below what any may still stamp or is still under way.</summary>
        public void Purge()
        {
            var floor = _underWay.Select(message => message.Entry.Stamp.Time).Concat(_clocks.Select(clock => clock.Now)).Min();
            foreach (var clock in _clocks) clock.Observe(floor);
            for (var i = 0; i < Replicas; i++)
            {
                var kept = new Replica { PurgeFloor = floor };
                foreach (var entry in _replicas[i].From(null))
                {
                    if (entry.Stamp.Time >= floor || entry.IsLive(Now(i))) kept.Merge(entry);
                }

                _replicas[i] = kept;
            }
        }

        private long Now(int replica) => _walls[replica].GetUtcNow().ToUnixTimeMilliseconds();
    }
}
