using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Clocks that are wrong, as the sync machine meets them: server A is the real machine, what the others say is written out.</summary>
public sealed class WrongClockTests
{
    private static readonly Origin A = new(new(1), 10);
    private static readonly Origin B = new(new(2), 20);
    private static readonly Origin C = new(new(3), 30);
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Bound = new SyncSettings().MaxAhead;

    private readonly FakeTimeProvider _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SteppedTime _machineTime;
    private readonly ServerClock _clock;
    private readonly SyncMachine _machine;
    private readonly Dictionary<Origin, ulong> _numbers = [];
    private readonly Dictionary<string, (ulong Number, TimeSpan At)> _sentAt = [];
    private readonly Dictionary<Origin, TimeSpan> _offs = [];
    private readonly List<SyncOutput> _outputs = [];
    private readonly long _start;
    private ulong _sequence;

    public WrongClockTests()
    {
        _start = _time.GetTimestamp() - TimeSpan.TicksPerSecond;
        _machineTime = new(_time);
        _clock = new(_machineTime);
        _machine = new(new(), A, Member(A), queryGrains: 1, _clock, new());
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    private IEnumerable<Frame> Frames => _outputs.OfType<SendFrame>().Select(send => send.Frame);

    [Fact]
    public void What_is_too_far_ahead_is_neither_shown_nor_held_but_told()
    {
        Meet(B);

        Push(new(B, 0, 1, [Write(B, 1, "k", Ahead)], []));
        Pass(TimeSpan.FromSeconds(1));

        Assert.Null(Shown("k"));
        Assert.DoesNotContain(_outputs, output => output is Deliver);
        Assert.Equal("", HeldOf(B));
        Assert.Equal("(0,1]", Assert.Single(Frames.Last().Deferred).Sequences.ToString());
        Assert.Equal((1UL, 1L), (_machine.Deferred, _machine.DeferredInAll));
    }

    [Theory]
    [InlineData(59_999, true)]
    [InlineData(60_000, true)]
    [InlineData(60_001, false)]
    public void Sixty_seconds_ahead_is_believed(int ahead, bool isTaken)
    {
        Meet(B);

        Push(new(B, 0, 1, [Write(B, 1, "k", TimeSpan.FromMilliseconds(ahead))], []));

        Assert.Equal(isTaken, Shown("k") is not null);
    }

    [Fact]
    public void The_rest_of_its_section_is_taken_and_held()
    {
        Meet(B);

        Push(new(B, 0, 5, [Write(B, 2, "before"), Write(B, 3, "k", Ahead), Write(B, 5, "after")], []));

        Assert.Equal(("before", null, "after"), (Shown("before"), Shown("k"), Shown("after")));
        Assert.Equal("(0,2] (3,5]", HeldOf(B));
    }

    /// <summary>Nobody but the winner can say that they were beaten, and it is not there.</summary>
    [Fact]
    public void What_a_winner_beat_that_is_too_far_ahead_is_not_held_but_for_what_is_there()
    {
        Meet(B);

        Push(new(B, 0, 9, [Write(B, 4, "other"), Write(B, 8, "k", Ahead)], [new(Write(C, 7, "key", Ahead), 2, 6)]));

        Assert.Equal("(0,1] (3,4] (6,7] (8,9]", HeldOf(B));
        Assert.Equal("", HeldOf(C));
        Assert.Equal(("other", null, null), (Shown("other"), Shown("k"), Shown("key")));
    }

    [Fact]
    public void A_winner_that_is_held_already_is_no_reason_to_wait()
    {
        Meet(B);
        var winner = Write(C, 7, "key", Bound);
        Push(new(C, 6, 7, [winner], []));
        _machineTime.Off = -TimeSpan.FromMinutes(1);

        Push(new(B, 0, 9, [], [new(winner, 2, 6)]));

        Assert.Equal("(0,9]", HeldOf(B));
    }

    [Fact]
    public void It_is_asked_for_when_the_clock_has_come_near_and_not_before()
    {
        Meet(B);
        Say(B, frame => frame with { Have = [Held(B, 0, 1)], Push = [new(B, 0, 1, [Write(B, 1, "k", Ahead)], [])] });

        _outputs.Clear();
        Pass(Ahead - Bound - TimeSpan.FromSeconds(1));
        Assert.All(Frames, frame => Assert.Empty(frame.Want));
        Assert.All(Frames, frame => Assert.Single(frame.Deferred));
        _outputs.Clear();
        // A 64th of the wait, and the time in which what is lacked may be on its way.
        Pass(Ahead / 64 + TimeSpan.FromSeconds(3));

        Assert.Contains(Frames, frame => frame.To == B && frame.Want.Count > 0);
        Assert.Empty(Frames.Last().Deferred);
        Push(new(B, 0, 1, [Write(B, 1, "k", TimeSpan.Zero)], []));
        Assert.Equal("k", Shown("k"));
    }

    [Fact]
    public void Years_of_writes_that_wait_cost_few_groups()
    {
        Meet(B);
        for (ulong i = 1; i <= 2_000; i++) Push(new(B, i - 1, i, [Write(B, i, "k", TimeSpan.FromHours(10 * i))], []));

        Assert.Equal(2_000UL, _machine.Deferred);
        // 64 to 128 for each of 11 doublings.
        Assert.InRange(_machine.DeferredGroups, 100, 11 * 128);
    }

    [Fact]
    public void What_a_peer_lets_wait_leaves_the_window_and_is_not_sent_again_until_it_asks()
    {
        Meet(B);
        Put("k");
        _outputs.Clear();
        Say(B, frame => frame with { Deferred = [Held(A, 0, 1)] });

        Pass(TimeSpan.FromMinutes(2));
        Assert.All(Frames, frame => Assert.Empty(frame.Push));
        Say(B, frame => frame with { Want = [Held(A, 0, 1)] });
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("(0,1]", Assert.Single(Frames.SelectMany(frame => frame.Push)).Interval.ToString());
    }

    [Fact]
    public void Of_writes_that_wait_an_operator_is_told_once_and_when_it_is_over()
    {
        Meet(B);
        for (ulong i = 1; i <= 50; i++)
        {
            Push(new(B, i - 1, i, [Write(B, i, "k", Ahead)], []));
            Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Contains($"Writes of server {B.Server} are stamped more than 60 s ahead", Assert.Single(_outputs.OfType<Alarm>()).Sentence, StringComparison.Ordinal);
        Pass(Ahead + TimeSpan.FromMinutes(2));

        Assert.Equal([false, true], _outputs.OfType<Alarm>().Select(alarm => alarm.IsOver));
    }

    /// <summary>Whoever promises as much stamps above it from then on.</summary>
    [Fact]
    public void A_promise_from_the_future_sets_no_clock()
    {
        Meet(B);

        Say(B, frame => frame with { ClockFloor = At(Ahead) });
        Pass(TimeSpan.FromSeconds(5));

        Assert.DoesNotContain(_outputs, output => output is Promise);
        Pass(Ahead - Bound);
        Assert.Contains(_outputs, output => output is Promise);
    }

    [Theory]
    [InlineData(600)]
    [InlineData(-600)]
    public void A_server_that_two_others_find_wrong_goes_by_their_clock(int off)
    {
        _machineTime.Off = TimeSpan.FromSeconds(off);
        Meet(B, C);

        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(_time.GetUtcNow(), _clock.GetUtcNow(), TimeSpan.FromMilliseconds(50));
        Assert.Contains($"The clock of this machine is 600 s {(off > 0 ? "ahead of" : "behind")}", Assert.Single(_outputs.OfType<Alarm>()).Sentence, StringComparison.Ordinal);
        _machineTime.Off = TimeSpan.Zero;
        Pass(TimeSpan.FromSeconds(6));
        Assert.True(_outputs.OfType<Alarm>().Last().IsOver);
    }

    [Fact]
    public void It_goes_by_their_clock_as_soon_as_that_is_known()
    {
        // Their first frames echo nothing, so they tell no time; the next ones come before any upkeep is due.
        Meet(frame => frame with { Echo = 0 }, B, C);
        foreach (var peer in new[] { B, C }) Say(peer, frame => frame);
        Assert.All([B, C], peer => Assert.NotNull(_machine.ClockOffset(peer.Server, Now)));

        _machineTime.Off = Ahead;

        Assert.Equal(_time.GetUtcNow(), _clock.GetUtcNow(), TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void One_other_of_two_is_not_believed()
    {
        _offs[B] = -Ahead;
        Meet(B);
        // C is never heard; until it is known of, B is all that there is.
        Say(B, frame => frame with { Members = [Member(B), Member(C)] });
        Pass(2 * ServerClock.Validity);

        Assert.Equal(_machineTime.GetUtcNow(), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(-600, -600)]
    [InlineData(600, 0)]
    public void Of_two_servers_the_earlier_clock_counts(int off, int taken)
    {
        _offs[B] = TimeSpan.FromSeconds(off);
        Meet(B);

        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(_time.GetUtcNow().AddSeconds(taken), _clock.GetUtcNow(), TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void The_offset_of_each_peers_clock_is_known()
    {
        _offs[B] = TimeSpan.FromSeconds(3);
        Meet(B, C);

        Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(3, _machine.ClockOffset(B.Server, Now)!.Value.TotalSeconds, 0.05);
        Assert.Equal(0, _machine.ClockOffset(C.Server, Now)!.Value.TotalSeconds, 0.05);
        Assert.Null(_machine.ClockOffset(new(9), Now));
    }

    private void Meet(params Origin[] peers) => Meet(static frame => frame, peers);

    private void Meet(Func<Frame, Frame> first, params Origin[] peers)
    {
        foreach (var peer in peers)
        {
            _offs.TryAdd(peer, TimeSpan.Zero);
            Step(new JoinServer(Member(peer).Address));
            Step(new LinkChanged(Member(peer).Address, true));
        }

        foreach (var peer in peers) Say(peer, frame => first(frame) with { Members = [.. peers.Select(Member)] });
        _time.Advance(TimeSpan.FromMilliseconds(110));
        Step(new Tick());
    }

    private void Push(Section section) => Say(B, frame => frame with { Push = [section] });

    private void Put(string key)
    {
        var entry = Write(A, ++_sequence, key);
        Step(new Committed(new(_sequence - 1, _sequence, [entry])));
    }

    private void Say(Origin peer, Func<Frame, Frame> frame)
    {
        _numbers[peer] = _numbers.GetValueOrDefault(peer) + 1;
        var (echo, at) = _sentAt.GetValueOrDefault(Member(peer).Address, (0UL, Now));
        Step(new FrameArrived(frame(new() { From = peer, To = A, Number = _numbers[peer], Echo = echo, EchoHeld = Now - at, Wall = _time.GetUtcNow() + _offs[peer] }), 100));
    }

    /// <summary>Time passes; each peer answers each frame at once, and tells its clock.</summary>
    private void Pass(TimeSpan span)
    {
        var end = Now + span;
        while (_machine.NextWake <= end)
        {
            _time.Advance(_machine.NextWake > Now ? _machine.NextWake - Now : TimeSpan.FromMilliseconds(1));
            var before = _outputs.Count;
            Step(new Tick());
            foreach (var send in _outputs.Skip(before).OfType<SendFrame>().ToArray())
            {
                if (send.Frame.To.Incarnation != 0) Say(send.Frame.To, answer => answer);
            }
        }

        if (Now < end) _time.Advance(end - Now);
    }

    private void Step(SyncInput input)
    {
        var outputs = _machine.Step(Now, input);
        foreach (var send in outputs.OfType<SendFrame>()) _sentAt[send.Address] = (send.Frame.Number, Now);
        _outputs.AddRange(outputs);
    }

    private string? Shown(string key) => _machine.Replica.Get(Encoding.UTF8.GetBytes(key)) is { } entry ? Door.Decode(entry.Value) : null;

    private string HeldOf(Origin origin) => string.Join(' ', _machine.Holdings.Where(held => held.Origin == origin).SelectMany(held => held.Sequences));

    private HybridTimestamp At(TimeSpan ahead) => HybridTimestamp.Of(_time.GetUtcNow() + ahead);

    private Entry Write(Origin origin, ulong sequence, string key, TimeSpan ahead = default) =>
        new(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(key), new(At(ahead), origin, 0), sequence);

    private static Holding Held(Origin origin, ulong after, ulong upTo) => new(origin, [new(after, upTo)]);

    private static Member Member(Origin origin) => new(origin.Server, $"10.0.0.{origin.Server.Value}:6000", $"server{origin.Server.Value}");
}
