using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>The rules of the sync protocol one by one: server A is the real machine, what B and C say is written out.</summary>
public sealed class SyncMachineTests
{
    private static readonly Origin A = new(new(1), 10);
    private static readonly Origin B = new(new(2), 20);
    private static readonly Origin C = new(new(3), 30);
    private static readonly TimeSpan Interval = new SyncSettings().SendInterval;

    private readonly FakeTimeProvider _time = new();
    private readonly SyncMachine _machine;
    private readonly Dictionary<Origin, ulong> _numbers = [];
    private readonly Dictionary<string, (ulong Number, TimeSpan At)> _sentAt = [];
    private readonly List<Frame> _sent = [];
    private TimeSpan _now = TimeSpan.FromSeconds(1);
    private ulong _sequence;
    private Freshness _freshness = Freshness.None;
    private bool _isSlow;

    public SyncMachineTests() => _machine = new(new(), A, Member(A), queryGrains: 1, new(_time), new());

    [Fact]
    public void A_put_on_a_pair_at_rest_leaves_at_once()
    {
        Meet(B);
        Pass(TimeSpan.FromSeconds(10), Echoing);

        var frames = Frames(Put("key", "value"));

        Assert.Equal("value", Door.Decode(Assert.Single(Assert.Single(Assert.Single(frames).Push).Entries).Value));
    }

    [Fact]
    public void Puts_that_follow_share_the_next_frame_one_interval_later()
    {
        Meet(B);
        Pass(TimeSpan.FromSeconds(10), Echoing);
        Put("first", "1");

        Assert.Empty(Frames(Put("second", "2")));
        Assert.Empty(Frames(Put("third", "3")));

        Assert.Equal(_now + Interval, _machine.NextWake);
        _now += Interval;
        Assert.Equal(2, Assert.Single(Assert.Single(Frames(Step(new Tick()))).Push).Entries.Count);
    }

    [Fact]
    public void The_loser_of_two_servers_writes_counts_once_as_a_conflict()
    {
        Meet(B);
        Meet(C);
        Say(C, frame => frame with { Push = [new(C, 0, 1, [Write(C, 1, "key", "later", later: TimeSpan.FromMinutes(1))], [])] });

        for (var i = 0; i < 2; i++) Say(B, frame => frame with { Push = [new(B, 0, 2, [Write(B, 1, "key", "earlier"), Write(B, 2, "other", "alone")], [])] });

        Assert.Equal(1, _machine.Conflicts);
    }

    [Fact]
    public void What_is_acknowledged_is_not_sent_again()
    {
        Meet(B);
        Put("key", "value");
        Say(B, frame => frame with { Have = [Held(A, 0, 1)] });

        var later = Pass(TimeSpan.FromSeconds(30), Echoing);

        Assert.DoesNotContain(later, frame => frame.Push.Count > 0);
    }

    [Fact]
    public void What_is_not_acknowledged_is_sent_again_with_growing_pauses()
    {
        Meet(B);
        Put("key", "value");

        // B is heard all the time, but never says that it holds the entry.
        var sent = new List<TimeSpan>();
        Pass(TimeSpan.FromSeconds(20), frame =>
        {
            if (frame.Push.Count > 0) sent.Add(_now);
            Echoing(frame);
        });

        Assert.InRange(sent.Count, 3, 5);
        var pauses = sent.Zip(sent.Skip(1), (earlier, later) => later - earlier).ToArray();
        Assert.All(pauses.Zip(pauses.Skip(1)), pair => Assert.True(pair.Second > pair.First * 1.5, $"{pair.First} was followed by {pair.Second}"));
    }

    [Fact]
    public void Converged_and_idle_costs_no_data_and_a_heartbeat_every_5_seconds()
    {
        Meet(B);
        Put("key", "value");
        Say(B, frame => frame with { Have = [Held(A, 0, 1)] });
        Pass(TimeSpan.FromSeconds(5), Echoing);
        var before = Counters(B).DataBytesSent;

        var frames = Pass(TimeSpan.FromSeconds(60), Echoing);

        Assert.InRange(frames.Count, 11, 13);
        Assert.All(frames, frame => Assert.Empty(frame.Have));
        Assert.Equal(before, Counters(B).DataBytesSent);
    }

    [Fact]
    public void A_silent_peer_gets_heartbeats_only_and_after_10_seconds_a_new_link()
    {
        Meet(B);
        Put("first", "1");
        Pass(TimeSpan.FromSeconds(2.5), Nothing);

        var outputs = new List<SyncOutput>(Put("second", "2"));
        var frames = Frames(outputs);
        frames.AddRange(Pass(TimeSpan.FromSeconds(9), Nothing, outputs));

        Assert.All(frames, frame => Assert.Empty(frame.Push));
        Assert.InRange(frames.Count, 1, 2);
        Assert.Single(outputs.OfType<ResetLink>());
    }

    [Fact]
    public void A_peer_that_comes_back_gets_one_entry_per_key_however_often_it_was_written()
    {
        Meet(B);
        Put("key", "0");
        Pass(TimeSpan.FromSeconds(2.5), Nothing);
        for (var i = 1; i <= 1_000; i++) Put("key", $"{i}");

        var frames = Frames(Say(B, frame => frame));
        frames.AddRange(Pass(TimeSpan.FromSeconds(1), Nothing));

        var entries = frames.SelectMany(frame => frame.Push).SelectMany(section => section.Entries).ToArray();
        Assert.All(entries, entry => Assert.Equal("1000", Door.Decode(entry.Value)));
        Assert.NotEmpty(entries);
        Assert.Contains(frames.SelectMany(frame => frame.Push), section => section.UpTo == 1_001);
    }

    [Fact]
    public void No_more_than_the_window_is_under_way_to_a_peer_that_acknowledges_nothing()
    {
        Meet(B);
        var settings = new SyncSettings();
        for (var i = 0; i < 100; i++) Put($"key{i}", new string('v', Door.MaxValueBytes));

        var frames = Pass(TimeSpan.FromSeconds(1.5), Nothing);

        var sent = frames.SelectMany(frame => frame.Push).Sum(section => section.Entries.Sum(entry => (long)entry.Size));
        // Twice what a frame carries in a loop, of little more than two intervals.
        Assert.InRange(sent, settings.MinWindow / 2, 5 * settings.FirstFrameBytes);
    }

    [Fact]
    public void What_a_first_frame_shows_is_asked_for_at_once()
    {
        Meet(C);

        var frames = Frames(Meet(B, frame => frame with { Have = [Held(B, 0, 100)], Head = 100 }));

        frames.AddRange(Pass(Interval, Nothing));

        Assert.Equal("(0,100]", Assert.Single(frames.SelectMany(frame => frame.Want)).Sequences.ToString());
    }

    [Fact]
    public void A_new_server_asks_the_first_that_it_reaches_for_all_and_nobody_for_the_same()
    {
        Step(new JoinServer(Member(B).Address));
        Step(new JoinServer(Member(C).Address));

        var toB = Assert.Single(Frames(Step(new LinkChanged(Member(B).Address, true))));
        var toC = Assert.Single(Frames(Step(new LinkChanged(Member(C).Address, true))));
        Say(C, frame => frame with { Have = [Held(B, 0, 90)] });
        Say(B, frame => frame with { Have = [Held(B, 0, 100)] });
        var soon = Pass(TimeSpan.FromSeconds(1), Echoing);
        var late = Pass(TimeSpan.FromSeconds(2), Echoing);

        Assert.Equal(FrameFlags.Hello | FrameFlags.WantAll, toB.Flags);
        Assert.Equal(FrameFlags.Hello, toC.Flags);
        Assert.All(soon, frame => Assert.Empty(frame.Want));
        // B sends nothing of it.
        Assert.Contains(late, frame => frame.Want.Count > 0);
    }

    [Fact]
    public void Who_asks_for_all_is_given_it_at_once_over_its_own_connection()
    {
        Put("key", "value");
        var way = new object();

        var outputs = Say(B, frame => frame with { Flags = FrameFlags.Hello | FrameFlags.WantAll }, way);

        Assert.Contains(outputs, output => output is OpenLink open && open.Address == Member(B).Address);
        var send = Assert.Single(outputs.OfType<SendFrame>());
        Assert.Same(way, send.ReturnPath);
        Assert.Equal("value", Door.Decode(Assert.Single(Assert.Single(send.Frame.Push).Entries).Value));
        Assert.Equal("(0,1]", Assert.Single(send.Frame.Have, held => held.Origin == A).Sequences.ToString());
    }

    [Fact]
    public void A_link_that_takes_over_from_a_return_path_sends_nothing_again()
    {
        Put("key", "value");
        Say(B, frame => frame with { Flags = FrameFlags.Hello | FrameFlags.WantAll }, new());
        _now += Interval;

        Assert.Empty(Frames(Step(new LinkChanged(Member(B).Address, true))));
        var send = Assert.Single(Put("next", "value").OfType<SendFrame>());

        Assert.Null(send.ReturnPath);
        Assert.Equal("(1,2]", Assert.Single(send.Frame.Push).Interval.ToString());
    }

    [Fact]
    public void A_lost_link_takes_the_return_path_along_until_the_peer_brings_another()
    {
        Meet(B);
        Say(B, frame => frame, new());
        Put("lost", "on the way");
        _now += Interval;

        Step(new LinkChanged(Member(B).Address, false));
        var meanwhile = Frames(Put("meanwhile", "nowhere to go"));
        var way = new object();
        var outputs = new List<SyncOutput>(Say(B, frame => frame with { Echo = 0 }, way));
        Pass(2 * Interval, Nothing, outputs);

        Assert.Empty(meanwhile);
        Assert.All(outputs.OfType<SendFrame>(), send => Assert.Same(way, send.ReturnPath));
        Assert.Equal(["(1,2]", "(0,1]"], Frames(outputs).SelectMany(frame => frame.Push).Select(section => section.Interval.ToString()));
    }

    [Fact]
    public void Nothing_goes_back_over_a_connection_of_an_ended_life()
    {
        Say(B, frame => frame, new());
        _now += Interval;

        var outputs = Say(B with { Incarnation = 21 }, frame => frame with { Flags = FrameFlags.Hello });

        Assert.Empty(outputs.OfType<SendFrame>());
    }

    /// <summary>It was dialled as a name, and says a number.</summary>
    [Fact]
    public void What_comes_back_over_a_link_is_of_the_server_that_was_dialled()
    {
        Step(new JoinServer("b.example:6000"));
        Step(new LinkChanged("b.example:6000", true));

        Step(new FrameArrived(new() { From = B, To = A, Number = 1, Members = [Member(B)] }, 100, CameBack: "b.example:6000"));

        Assert.Equal(("b.example:6000", B.Server), Assert.Single(_machine.Peers.Select(peer => (peer.Address, peer.Id))));
    }

    [Fact]
    public void What_is_merely_late_is_not_asked_for()
    {
        Meet(B);
        Say(B, frame => frame with { Have = [Held(B, 0, 1)], Head = 1 });

        var early = Pass(TimeSpan.FromMilliseconds(300), Echoing);
        var late = Pass(TimeSpan.FromSeconds(1), Echoing);

        Assert.All(early, frame => Assert.Empty(frame.Want));
        Assert.Contains(late, frame => frame.Want.Count > 0);
    }

    [Fact]
    public void What_the_first_holder_does_not_send_is_asked_of_another()
    {
        Meet(B);
        Meet(C);
        var lost = new Origin(new(9), 1);
        Say(B, frame => frame with { Have = [Held(lost, 0, 5)] });
        Say(C, frame => frame with { Have = [Held(lost, 0, 5)] });

        var asked = Pass(TimeSpan.FromSeconds(5), Echoing).Where(frame => frame.Want.Count > 0).Select(frame => frame.To).ToArray();

        Assert.Contains(B, asked);
        Assert.Contains(C, asked);
        Assert.NotEqual(asked[0], asked[1]);
    }

    [Fact]
    public void A_large_gap_is_asked_of_all_holders_a_part_of_each()
    {
        Meet(B);
        Meet(C);
        var lost = new Origin(new(9), 1);
        Say(B, frame => frame with { Have = [Held(lost, 0, 200_000)] });
        Say(C, frame => frame with { Have = [Held(lost, 0, 200_000)] });

        var wants = Pass(TimeSpan.FromSeconds(1), Echoing).SelectMany(frame => frame.Want.Select(want => (frame.To, want.Sequences))).ToArray();

        Assert.Equal(2, wants.Length);
        Assert.NotEqual(wants[0].To, wants[1].To);
        Assert.Equal(200_000UL, wants[0].Sequences.Size + wants[1].Sequences.Size);
        Assert.True(wants[0].Sequences.Intersect(wants[1].Sequences).IsEmpty);
    }

    [Fact]
    public void A_want_is_answered_with_what_is_held_and_the_winner_over_what_was_beaten()
    {
        Meet(B);
        Put("key", "old");
        Put("other", "kept");
        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "key", "new", later: TimeSpan.FromMinutes(1))], [])] });
        Pass(TimeSpan.FromSeconds(0.5), Nothing);
        Meet(C);

        var frames = Frames(Say(C, frame => frame with { Want = [Held(A, 0, 2)] }));
        frames.AddRange(Pass(Interval * 2, Nothing));
        var section = frames.SelectMany(frame => frame.Push).First(section => section.Origin == A);

        Assert.Equal("kept", Door.Decode(Assert.Single(section.Entries).Value));
        Assert.Equal("new", Door.Decode(Assert.Single(section.Riders).Winner.Value));
    }

    [Fact]
    public void A_hole_in_an_ended_life_is_closed_when_no_member_can_fill_it_any_more()
    {
        Meet(B);
        Meet(C);
        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "x", "1")], []), new(B, 2, 3, [Write(B, 3, "y", "3")], [])] });
        Assert.Equal("(0,1] (2,3]", HeldOf(B));
        var next = B with { Incarnation = 21 };

        Meet(next);
        Pass(TimeSpan.FromSeconds(1), Echoing);
        Assert.Equal("(0,1] (2,3]", HeldOf(B));
        Say(next, frame => frame with { Have = [new(next, new()), new(A, new()), new(C, new())] });
        // C does not know the next life yet: it may still take frames of the ended one.
        Pass(TimeSpan.FromSeconds(1), Echoing);
        Assert.Equal("(0,1] (2,3]", HeldOf(B));
        Say(C, frame => frame with { Have = [new(next, new())] });
        // C does not know this life of A yet: it may still take what an earlier one had.
        Pass(TimeSpan.FromSeconds(1), Echoing);
        Assert.Equal("(0,1] (2,3]", HeldOf(B));
        Say(C, frame => frame with { Have = [new(A, new())] });
        Pass(TimeSpan.FromSeconds(1), Echoing);

        Assert.Equal("(0,3]", HeldOf(B));
    }

    [Fact]
    public void A_hole_above_what_a_member_could_tell_stays_open()
    {
        Meet(B);
        Meet(C);
        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "x", "1")], []), new(B, 4, 5, [Write(B, 5, "y", "5")], [])] });
        var next = B with { Incarnation = 21 };
        Meet(next);
        Say(next, frame => frame with { Have = [new(next, new()), new(A, new()), new(C, new())] });

        Say(C, frame => frame with { Have = [new(next, new()), new(A, new()), new(B, [new(2, 3)], IsWhole: false)] });
        Pass(TimeSpan.FromSeconds(1), Echoing);

        Assert.Equal("(0,2] (4,5]", HeldOf(B));
    }

    [Fact]
    public void Frames_of_an_ended_life_are_not_taken()
    {
        Meet(B);
        Meet(B with { Incarnation = 21 });

        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "late", "ghost")], [])] });

        Assert.Null(_machine.Replica.Get(Encoding.UTF8.GetBytes("late")));
    }

    [Fact]
    public void Servers_that_did_not_hear_each_other_for_hours_still_understand_each_other()
    {
        Meet(B);
        Step(new LinkChanged(Member(B).Address, false));
        _now += TimeSpan.FromHours(3);

        var frames = Frames(Step(new LinkChanged(Member(B).Address, true)));

        var bytes = FrameCodec.Encode(Assert.Single(frames));
        Assert.True(FrameCodec.TryDecode(bytes, out var read, out var error), error);
        Assert.Equal(Frame.MaxEchoHeld, read!.EchoHeld);
    }

    [Fact]
    public void A_server_whose_peers_know_a_later_life_of_it_must_begin_anew()
    {
        var later = A with { Incarnation = A.Incarnation + 5 };

        var byAddress = Say(B, frame => frame with { To = later });
        var bySets = Say(B, frame => frame with { Have = [Held(later, 0, 3)] });

        Assert.Equal(later.Incarnation, Assert.Single(byAddress.OfType<Outlived>()).Incarnation);
        Assert.Equal(later.Incarnation, Assert.Single(bySets.OfType<Outlived>()).Incarnation);
    }

    [Fact]
    public void Of_two_addresses_of_one_server_the_one_that_works_stays()
    {
        Step(new JoinServer("b.example:6000"));
        Step(new LinkChanged("b.example:6000", true));
        Say(B, frame => frame with { Members = [Member(B)] });

        var outputs = Step(new LinkIdentified("b.example:6000", Member(B)));

        Assert.Equal(Member(B).Address, Assert.Single(outputs.OfType<CloseLink>()).Address);
        Assert.True(Assert.Single(_machine.Peers).IsUp);
    }

    [Fact]
    public void A_server_learns_of_a_third_one_from_a_frame_and_links_to_it()
    {
        var outputs = Meet(B, frame => frame with { Members = [Member(B), Member(C), Member(A)] });

        Assert.Contains(outputs, output => output is OpenLink open && open.Address == Member(C).Address);
        Assert.Equal(3, _machine.Members.Count);
    }

    [Fact]
    public void A_frame_with_this_servers_own_id_is_refused_and_said()
    {
        var twin = A with { Incarnation = 99 };

        var outputs = Say(twin, frame => frame with { Push = [new(twin, 0, 1, [Write(twin, 1, "key", "value")], [])] });

        Assert.Contains(outputs, output => output is Notice);
        Assert.Equal(0, _machine.Replica.Count);
    }

    [Fact]
    public void A_held_set_in_too_many_pieces_is_told_from_below_and_the_rest_when_holes_are_filled()
    {
        Meet(B);
        var max = (ulong)new SyncSettings().MaxIntervals;
        for (ulong sequence = 2; sequence <= 2 * max + 8; sequence += 2) Push(sequence - 1, sequence);

        var told = LastTold(B);

        Assert.Equal(max + 4, (ulong)_machine.Holdings.Single(held => held.Origin == B).Sequences.Count);
        Assert.Equal((false, max, 2 * max), (told.IsWhole, (ulong)told.Sequences.Count, told.Sequences.UpTo));
        for (ulong sequence = 1; sequence <= 9; sequence += 2) Push(sequence - 1, sequence);
        told = LastTold(B);
        Assert.Equal((true, 2 * max + 8), (told.IsWhole, told.Sequences.UpTo));

        void Push(ulong after, ulong upTo) => Say(B, frame => frame with { Push = [new(B, after, upTo, [Write(B, upTo, $"key{upTo}", "v")], [])] });
    }

    [Fact]
    public void A_winner_that_rode_along_is_told_as_held_by_itself()
    {
        Meet(B);
        var winner = Write(C, 42, "key", "newer");

        Say(B, frame => frame with { Push = [new(B, 0, 1, [], [new(winner, 1, 1)])] });

        Assert.Equal("(41,42]", LastTold(C).Sequences.ToString());
    }

    [Fact]
    public void A_link_that_keeps_up_is_given_frames_that_grow_to_the_largest()
    {
        Meet(B);
        Fill(megabytes: 12);

        var sizes = Pass(TimeSpan.FromSeconds(4), Acknowledging).Select(frame => frame.Push.Sum(section => section.Entries.Sum(entry => entry.Size))).Where(size => size > 0).ToArray();

        var settings = new SyncSettings();
        Assert.InRange(sizes[0], 1, settings.FirstFrameBytes + Door.MaxValueBytes);
        Assert.InRange(sizes.Max(), settings.MaxFrameBytes / 2, settings.MaxFrameBytes + Door.MaxValueBytes);
    }

    [Fact]
    public void A_link_on_which_large_frames_take_long_is_given_smaller_ones_again()
    {
        Meet(B);
        Fill(megabytes: 12);
        var (before, after) = (new List<int>(), new List<int>());

        // A megabyte a second: what is under way arrives after what left before it.
        var arrives = _now;
        var waiting = new Queue<(TimeSpan At, Frame Frame)>();
        for (var end = _now + TimeSpan.FromSeconds(8); _now < end; _now += TimeSpan.FromMilliseconds(10))
        {
            _sent.Clear();
            while (waiting.TryPeek(out var next) && next.At <= _now) Acknowledging(waiting.Dequeue().Frame);
            Step(new Tick());
            foreach (var frame in _sent.Where(frame => frame.Push.Count > 0))
            {
                var bytes = frame.Push.Sum(section => section.Entries.Sum(entry => entry.Size));
                (before.Count < 10 ? before : after).Add(bytes);
                arrives = (arrives > _now ? arrives : _now) + TimeSpan.FromSeconds(bytes / 1e6);
                waiting.Enqueue((arrives, frame));
            }
        }

        Assert.True(after.Average() <= 4 * new SyncSettings().MinFrameBytes, $"{before.Average():0} bytes a frame at first, {after.Average():0} later");
    }

    [Fact]
    public void A_large_frame_is_taken_in_by_turns_and_claimed_by_and_by()
    {
        Meet(B);
        var value = new string('v', Door.MaxValueBytes);

        Say(B, frame => frame with { Have = [Held(B, 0, 4)], Push = [.. Enumerable.Range(0, 4).Select(i => new Section(B, (ulong)i, (ulong)i + 1, [Write(B, (ulong)i + 1, $"key{i}", value)], []))] });

        Assert.True(_machine.HasMore);
        Assert.Equal("(0,1]", HeldOf(B));
        for (var turn = 2; _machine.HasMore; turn++)
        {
            Step(new Tick());
            Assert.Equal($"(0,{turn}]", HeldOf(B));
        }

        Assert.Equal("(0,4]", LastTold(B).Sequences.ToString());
        Assert.DoesNotContain(_sent, frame => frame.Want.Count > 0);
    }

    [Fact]
    public void A_server_is_caught_up_when_it_has_all_that_others_held_as_they_were_first_heard()
    {
        Assert.True(_machine.IsCaughtUp);
        Step(new JoinServer(Member(B).Address));
        Assert.False(_machine.IsCaughtUp);

        Meet(B, frame => frame with { Have = [Held(B, 0, 2)], Head = 2 });
        Assert.False(_machine.IsCaughtUp);
        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "one", "v")], [])] });
        Assert.False(_machine.IsCaughtUp);
        Say(B, frame => frame with { Push = [new(B, 1, 2, [Write(B, 2, "two", "v")], [])] });
        // On its way to the query grain it is one interval later.
        Pass(Interval, Nothing);

        Assert.True(_machine.IsCaughtUp);
    }

    [Fact]
    public void What_is_said_to_a_former_life_makes_no_server_caught_up()
    {
        var former = new Origin(A.Server, A.Incarnation - 1);

        // B tells that life only what had changed: nothing.
        Meet(B, frame => frame with { To = former });
        Assert.False(_machine.IsCaughtUp);
        Say(B, frame => frame with { Have = [Held(B, 0, 1)], Head = 1 });
        Assert.False(_machine.IsCaughtUp);
        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "one", "v")], [])] });
        Pass(Interval, Nothing);

        Assert.True(_machine.IsCaughtUp);
    }

    [Fact]
    public void A_query_grain_is_as_fresh_as_the_frame_after_which_all_is_here()
    {
        Meet(B);
        Pass(TimeSpan.FromSeconds(10), Echoing);
        var known = Assert.Single(_freshness.Servers).Time!.Value;
        Assert.InRange(_now - known, TimeSpan.Zero, new SyncSettings().IdleHeartbeat);

        // B's journal is at 1, which is not here: whatever B says, nothing is known of a later time.
        Pass(TimeSpan.FromSeconds(10), frame => Say(frame.To, answer => answer with { Head = 1 }));
        Assert.Equal(known, Assert.Single(_freshness.Servers).Time);

        var outputs = Say(B, frame => frame with { Head = 1, Push = [new(B, 0, 1, [Write(B, 1, "one", "v")], [])] });
        Assert.True(Assert.Single(_freshness.Servers).Time > known);
        Assert.Equal(Assert.Single(outputs.OfType<Deliver>()).Number, _freshness.Delivery);
    }

    /// <summary>The peer acknowledges what came, at once.</summary>
    private void Acknowledging(Frame frame)
    {
        if (frame.Push.Count > 0) Say(frame.To, answer => answer with { Have = [.. frame.Push.Select(section => Held(section.Origin, 0, section.UpTo))] });
        else Echoing(frame);
    }

    /// <summary>Commits values of 8 KiB.</summary>
    private void Fill(int megabytes)
    {
        var entries = Enumerable.Range(1, megabytes * 128).Select(i => Write(A, _sequence + (ulong)i, $"fill{i:0000}", new string('v', 8_192))).ToArray();
        Step(new Committed(new(_sequence, _sequence + (ulong)entries.Length, entries)));
        _sequence += (ulong)entries.Length;
    }

    [Fact]
    public void A_server_without_room_tells_all_peers_and_asks_for_nothing_until_it_has_room()
    {
        Meet(B);
        Meet(C);
        Pass(TimeSpan.FromSeconds(1), Echoing);

        var told = Step(new RoomChanged(false)).Concat(Step(new Tick())).OfType<SendFrame>().ToArray();
        Say(B, frame => frame with { Have = [Held(B, 0, 5)] });
        var full = Pass(TimeSpan.FromSeconds(5), Echoing);
        var again = Frames(Step(new RoomChanged(true)));
        again.AddRange(Pass(TimeSpan.FromSeconds(1), Echoing));

        Assert.Equal(["10.0.0.2:6000", "10.0.0.3:6000"], told.Select(send => send.Address).Order(StringComparer.Ordinal));
        Assert.All(told.Select(send => send.Frame).Concat(full), frame => Assert.Equal((0u, 0), (frame.Credit, frame.Want.Count)));
        Assert.All(again, frame => Assert.Equal(uint.MaxValue, frame.Credit));
        Assert.Equal("(0,5]", Assert.Single(again.SelectMany(frame => frame.Want)).Sequences.ToString());
    }

    [Fact]
    public void A_peer_without_room_gets_no_data_until_it_has_room_and_the_others_get_it_at_once()
    {
        Meet(B);
        Meet(C);
        Pass(TimeSpan.FromSeconds(1), Echoing);
        Say(B, frame => frame with { Credit = 0 });
        // What comes late is what was.
        _numbers[B] -= 2;
        Say(B, frame => frame);
        _numbers[B]++;

        var frames = Frames(Put("key", "value"));
        frames.AddRange(Pass(TimeSpan.FromSeconds(30), frame =>
        {
            if (frame.To == C) Echoing(frame);
            else if (frame.WantsAnswer) Say(B, answer => answer with { Credit = 0 });
        }));
        var again = Frames(Say(B, frame => frame));
        again.AddRange(Pass(TimeSpan.FromSeconds(1), Echoing));

        Assert.All(frames.Where(frame => frame.To == B), frame => Assert.Empty(frame.Push));
        Assert.Contains(frames, frame => frame.To == C && frame.Push.Count > 0);
        Assert.Contains(again, frame => frame.To == B && frame.Push.Count > 0);
    }

    [Fact]
    public void Servers_that_know_former_lives_of_one_another_find_out()
    {
        // A power cut of both, and then what each had sent before it comes late.
        var former = A with { Incarnation = 9 };
        Step(new Recovered(new() { Held = [Held(former, 0, 5)], Purged = [new(B, 3)], Caught = [B.Server] }));
        Meet(B);
        var next = B with { Incarnation = 21 };

        Say(next, frame => frame with { To = former, Flags = FrameFlags.Restored });
        var frames = Pass(TimeSpan.FromSeconds(1), Nothing);

        Assert.Equal(new(B.Server, 0), frames[0].To);
        Assert.Contains(frames[0].Have, held => held.Origin == former);
    }

    [Fact]
    public void Sections_for_a_former_life_are_not_taken_for_they_leave_out_what_that_had_told()
    {
        Meet(B);

        Say(B, frame => frame with { To = A with { Incarnation = 9 }, Push = [new(B, 0, 2, [Write(B, 2, "key", "value")], [])] });
        Assert.Equal("", HeldOf(B));

        Say(B, frame => frame with { Push = [new(B, 0, 2, [Write(B, 1, "other", "value"), Write(B, 2, "key", "value")], [])] });
        Assert.Equal("(0,2]", HeldOf(B));
    }

    [Fact]
    public void An_own_write_that_was_asked_for_casts_a_shadow_when_it_is_beaten()
    {
        // Written before the first peer was met, so it is not pushed.
        Put("key", "old");
        Meet(B);
        Say(B, frame => frame with { Want = [Held(A, 0, 1)] });
        Pass(TimeSpan.FromSeconds(1), Nothing);
        Say(B, frame => frame with { Have = [Held(A, 0, 1)] });
        Step(new LinkChanged("10.0.0.2:6000", false));

        Put("key", "new");

        Assert.Equal(1, _machine.Shadows);
        Meet(C);
        var frames = Frames(Say(C, frame => frame with { Want = [Held(A, 0, 1)] }));
        frames.AddRange(Pass(TimeSpan.FromSeconds(1), Nothing));
        var section = frames.Where(frame => frame.To == C).SelectMany(frame => frame.Push).First();
        Assert.Equal("(0,1]", section.Interval.ToString());
        Assert.Equal("new", Door.Decode(Assert.Single(section.Riders).Winner.Value!));
    }

    /// <summary>A power cut takes what is not on the disk yet: then the own write is shown again.</summary>
    [Fact]
    public void An_own_write_that_was_never_sent_casts_a_shadow_when_another_servers_write_beats_it()
    {
        Meet(B);
        Pass(TimeSpan.FromSeconds(1), Echoing);
        // Takes the frame that is due.
        Put("other", "sent");
        Put("key", "mine");

        Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "key", "theirs")], [])] });

        Assert.Equal(1, _machine.Shadows);
    }

    /// <summary>Otherwise a peer that shows the first write would claim the second with nothing, and all that follows from it would fade.</summary>
    [Fact]
    public void A_write_that_was_beaten_before_it_was_sent_casts_a_shadow_where_it_beat_one_that_was()
    {
        Meet(B);
        Pass(TimeSpan.FromSeconds(1), Echoing);
        Put("key", "old");
        Say(B, frame => frame with { Have = [Held(A, 0, 1)] });
        Entry[] slice = [.. Enumerable.Range(2, 11).Select(i => Write(A, (ulong)i, i is 2 or 12 ? "key" : $"other{i}", new string('v', i is 2 or 12 ? 1 : 16_000)))];
        _sequence = 12;
        Step(new Committed(new(1, 12, slice)));

        Pass(TimeSpan.FromSeconds(0.3), Nothing);

        var pushed = _sent.SelectMany(static frame => frame.Push).First(static section => section.After == 1);
        Assert.InRange(pushed.UpTo, 2UL, 11UL);
        Assert.Equal(12UL, Assert.Single(pushed.Riders).Winner.Sequence);
    }

    [Fact]
    public void A_query_grain_that_is_slow_is_sent_nothing_until_it_has_taken_in_what_it_was_sent_and_then_the_newest()
    {
        Meet(B);
        _isSlow = true;
        List<SyncOutput> outputs = [.. Say(B, frame => frame with { Push = [new(B, 0, 1, [Write(B, 1, "key", "1")], [])] })];
        for (var i = 2UL; i <= 4; i++)
        {
            outputs.AddRange(Say(B, frame => frame with { Push = [new(B, i - 1, i, [Write(B, i, "key", $"{i}")], [])] }));
            Pass(TimeSpan.FromSeconds(1), Nothing, outputs);
        }

        Assert.Equal("1", Door.Decode(Assert.Single(Assert.Single(outputs.OfType<Deliver>()).Entries).Value));
        Merge(outputs);
        outputs.Clear();
        Pass(TimeSpan.FromSeconds(1), Nothing, outputs);
        Assert.Equal("4", Door.Decode(Assert.Single(Assert.Single(outputs.OfType<Deliver>()).Entries).Value));
    }

    private static void Nothing(Frame frame)
    {
    }

    /// <summary>The peer answers every frame that asks for it, and holds nothing.</summary>
    private void Echoing(Frame frame)
    {
        if (frame.To.Incarnation != 0) Say(frame.To, answer => answer);
    }

    private IReadOnlyList<SyncOutput> Step(SyncInput input)
    {
        var outputs = _machine.Step(_now, input);
        foreach (var send in outputs.OfType<SendFrame>()) _sentAt[send.Address] = (send.Frame.Number, _now);
        _sent.AddRange(Frames(outputs));
        if (!_isSlow) Merge(outputs);
        _freshness = outputs.OfType<Freshen>().LastOrDefault()?.Freshness ?? _freshness;
        return outputs;
    }

    /// <summary>The query grain has taken in what it was sent.</summary>
    private void Merge(IEnumerable<SyncOutput> outputs)
    {
        foreach (var deliver in outputs.OfType<Deliver>()) _machine.Merged(deliver.Grain, deliver.Number);
    }

    private IReadOnlyList<SyncOutput> Put(string key, string value)
    {
        var entry = new Entry(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), new(new(100 + _sequence), A, 0), ++_sequence);
        return Step(new Committed(new(_sequence - 1, _sequence, [entry])));
    }

    /// <summary>Links to a peer and hears its first frame.</summary>
    private List<SyncOutput> Meet(Origin peer, Func<Frame, Frame>? first = null)
    {
        var outputs = new List<SyncOutput>(Step(new JoinServer(Member(peer).Address)));
        outputs.AddRange(Step(new LinkChanged(Member(peer).Address, true)));
        outputs.AddRange(Say(peer, frame => (first ?? (same => same))(frame with { Members = frame.Members.Count > 0 ? frame.Members : [Member(peer)] })));
        _now += Interval;
        outputs.AddRange(Step(new Tick()));
        return outputs;
    }

    private IReadOnlyList<SyncOutput> Say(Origin peer, Func<Frame, Frame> frame, object? returnPath = null)
    {
        _numbers[peer] = _numbers.GetValueOrDefault(peer) + 1;
        // A peer that answers has seen all frames so far, each as it left.
        var (echo, at) = _sentAt.GetValueOrDefault(Member(peer).Address, (0UL, _now));
        return Step(new FrameArrived(frame(new() { From = peer, To = A, Number = _numbers[peer], Echo = echo, EchoHeld = _now - at, Members = [Member(peer)] }), 100, returnPath));
    }

    /// <summary>Lets time pass, waking the machine when it wants; gives all frames, each shown to the peer as it leaves.</summary>
    private List<Frame> Pass(TimeSpan span, Action<Frame> onFrame, List<SyncOutput>? outputs = null)
    {
        var (frames, end) = (new List<Frame>(), _now + span);
        while (_machine.NextWake <= end)
        {
            _now = _machine.NextWake > _now ? _machine.NextWake : _now + TimeSpan.FromMilliseconds(1);
            var stepped = Step(new Tick());
            outputs?.AddRange(stepped);
            foreach (var frame in Frames(stepped))
            {
                frames.Add(frame);
                onFrame(frame);
            }
        }

        _now = end;
        return frames;
    }

    private PairCounters Counters(Origin peer) => _machine.Peers.Single(view => view.Id == peer.Server).Counters;

    /// <summary>What was told of an origin last, a second later.</summary>
    private Holding LastTold(Origin origin)
    {
        Pass(TimeSpan.FromSeconds(1), Nothing);
        return _sent.SelectMany(frame => frame.Have).Last(held => held.Origin == origin);
    }

    private string HeldOf(Origin origin) => _machine.Holdings.Single(held => held.Origin == origin).Sequences.ToString();

    private static List<Frame> Frames(IEnumerable<SyncOutput> outputs) => [.. outputs.OfType<SendFrame>().Select(send => send.Frame)];

    private static Holding Held(Origin origin, ulong after, ulong upTo) => new(origin, [new(after, upTo)]);

    private static Entry Write(Origin origin, ulong sequence, string key, string value, TimeSpan later = default) =>
        new(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), new(new(1_000 + sequence + (ulong)later.Ticks), origin, 0), sequence);

    private static Member Member(Origin origin) => new(origin.Server, $"10.0.0.{origin.Server.Value}:6000", $"server{origin.Server.Value}");
}
