using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>What is cut for a peer that lags behind, of keys that were all overwritten since it was last sent any.</summary>
public sealed class HistoryTests
{
    private const int Keys = 5_000;

    private static readonly Origin Self = new(new(1), 10);
    private static readonly SyncSettings Settings = new();

    private readonly History _history = new(Settings, Self, new(), record: null) { HasPeers = true };

    public HistoryTests()
    {
        // Another peer was sent the first write of each key.
        _history.Sent(Write(Keys));
        Write(_history, 1, 2 * Keys, valueBytes: 64);
    }

    [Fact]
    public void A_section_has_its_size_though_winners_ride_along()
    {
        Assert.Equal(Keys, _history.Shadows);

        Assert.All(Sections(_history, told: new()), static section => Assert.InRange(Sent(section).Sum(Cost), 0, 2 * Settings.MaxSectionBytes));
        Assert.Equal(0, _history.Unproved);
    }

    [Fact]
    public void What_rode_along_and_is_held_is_not_sent_again_in_its_turn()
    {
        var sent = Sections(_history, told: new()).SelectMany(Sent).ToArray();

        Assert.Equal(Keys, sent.Length);
        Assert.Equal(Keys, sent.Distinct().Count());
    }

    [Theory]
    [InlineData(200, 60_000)]
    [InlineData(5_000, 64)]
    public void A_section_has_its_size_though_the_winners_that_ride_along_are_held_and_left_out_of_it(int keys, int valueBytes)
    {
        var history = new History(Settings, Self, new(), record: null) { HasPeers = true };
        // What was sent ahead of its turn is beaten once more.
        history.Sent(Write(3 * keys));
        Write(history, 1, 3 * keys, valueBytes, keys);

        Assert.All(Sections(history, told: new()), static section => Assert.InRange(Sent(section).Sum(Cost), 0, 2 * Settings.MaxSectionBytes));
        Assert.Equal(0, history.Unproved);
    }

    [Fact]
    public void Of_what_the_receiver_holds_already_a_section_carries_nothing()
    {
        var told = new IntervalSet();
        told.Add(new(0, 2 * Keys));

        var section = Assert.Single(Sections(_history, told));

        Assert.Empty(Sent(section));
        Assert.Empty(section.Riders);
    }

    [Fact]
    public void A_winner_that_rode_along_casts_a_shadow_when_it_is_beaten()
    {
        var history = new History(Settings, Self, new(), record: null) { HasPeers = true };
        history.Sent(Write(1));
        Write(history, 1, 2, valueBytes: 64, keys: 1);
        var budget = Settings.MaxSectionBytes;
        var section = history.Cut(Self, new(0, 1), told: null, ref budget);
        history.Sent(section);
        history.Fade(_ => history.Own.Have.Clone());
        Assert.Equal(0, history.Shadows);

        Write(history, 3, 3, valueBytes: 64, keys: 1);

        Assert.Equal(1, history.Shadows);
    }

    [Fact]
    public void A_claim_goes_with_every_winner_over_what_it_covers()
    {
        var receiver = new History(Settings, new(new(2), 20), new(), record: null);
        foreach (var section in Sections(_history, told: new()))
        {
            foreach (var entry in section.Entries) receiver.Merge(entry);
            foreach (var rider in section.Riders) receiver.Ride(Self, rider);
            for (var sequence = section.After + 1; sequence <= section.UpTo; sequence++)
                Assert.True(receiver.Replica.Get(Key((int)sequence))?.Sequence >= sequence, $"{sequence} was claimed, and neither it nor its winner came");
        }
    }

    /// <summary>All sections of a push, of which the receiver tells after each what it holds.</summary>
    private static IEnumerable<Section> Sections(History history, IntervalSet told)
    {
        var head = history.Own.Have.UpTo;
        for (var after = 0UL; after < head;)
        {
            var budget = Settings.MaxSectionBytes;
            var section = history.Cut(Self, new(after, head), told, ref budget);
            yield return section;
            foreach (var entry in Sent(section)) told.Add(new(entry.Sequence - 1, entry.Sequence));
            told.Add(section.Interval);
            after = section.UpTo;
        }
    }

    /// <summary>What is written out: other riders are only named.</summary>
    private static IEnumerable<Entry> Sent(Section section) => section.Entries.Concat(section.Riders.Select(static rider => rider.Winner).Except(section.Entries));

    private static int Cost(Entry entry) => entry.Size + FrameCodec.EntryOverhead;

    private static byte[] Key(int sequence, int keys = Keys) => Encoding.UTF8.GetBytes($"key{(sequence - 1) % keys:0000000000000}");

    /// <summary>Writes sequences, whose keys come round and round.</summary>
    private static void Write(History history, int first, int last, int valueBytes, int keys = Keys)
    {
        for (var sequence = first; sequence <= last; sequence++) history.Merge(Write(sequence, valueBytes, keys));
        history.Claim(Self, new((ulong)first - 1, (ulong)last));
    }

    private static Entry Write(int sequence, int valueBytes = 64, int keys = Keys) => new(Key(sequence, keys), new byte[valueBytes], new(new((ulong)sequence), Self, 0), (ulong)sequence);
}
