using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Frames come from other machines: what is written is read, and what is not a frame is refused without harm.</summary>
public sealed class FrameCodecTests
{
    private static readonly Origin[] Origins = [new(new(1), 11), new(new(2), 22), new(new(ulong.MaxValue), ulong.MaxValue)];

    private static readonly Gen<Origin> GenOrigin = Gen.Int[0, Origins.Length - 1].Select(i => Origins[i]);

    private static readonly Gen<IntervalSet> GenSet = Gen.Select(Gen.UInt[0, 1_000], Gen.UInt[1, 50]).Array[0, 6].Select(pairs =>
    {
        var set = new IntervalSet();
        foreach (var (after, count) in pairs) set.Add(new(after, after + count));
        return set;
    });

    private static readonly Gen<Holding> GenHolding = Gen.Select(GenOrigin, GenSet, (origin, set) => new Holding(origin, set));

    private static readonly Gen<(byte[] Key, byte[]? Value, ulong Time, ushort Grain, long Expiry)> GenContent = Gen.Select(
        Gen.Byte.Array[1, 40], Gen.Byte.Array[0, 60].Null(), Gen.ULong, Gen.UShort, Gen.OneOf(Gen.Const(0L), Gen.Long[1, long.MaxValue]));

    private static readonly Gen<Section> GenSection = Gen.Select(GenOrigin, Gen.UInt[0, 1_000], GenContent.Array[0, 8], Gen.Int[0, 3], (origin, after, contents, riders) =>
    {
        var entries = contents.Select((content, i) => Make(content, origin, after + 2 * (ulong)i + 1)).ToArray();
        var upTo = after + 2 * (ulong)contents.Length + 1;
        // Winners inside the section, and others of another origin.
        var winners = entries.Take(riders).Concat(contents.Take(riders).Select((content, i) => Make(content, Origins[0], (ulong)i + 1_000_000)));
        return new Section(origin, after, upTo, entries, [.. winners.Select(winner => new Rider(winner, after + 1, after + 1))]);
    });

    private static readonly Gen<Frame> GenFrame = Gen.Select(GenHolding.Array[0, 3], GenSection.Array[0, 3], GenHolding.Array[0, 2], Gen.ULong, Gen.UInt, (have, push, want, number, credit) => new Frame
    {
        From = Origins[1],
        To = number % 2 == 0 ? default : Origins[0],
        Number = number,
        Echo = number / 2,
        EchoHeld = TimeSpan.FromMicroseconds(credit % 60_000_000),
        Wall = number % 3 == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks((long)(number % 2_000_000_000_000_000) * TimeSpan.TicksPerMicrosecond),
        ClockFloor = new(number / 3),
        Head = number,
        Credit = credit,
        Flags = (FrameFlags)(number % 4),
        Have = have,
        Visible = [.. have.Select(held => new Mark(held.Origin, number))],
        Deferred = want,
        Want = want,
        Push = push,
        Digest = Parts(number, [.. push.SelectMany(section => section.Entries)]),
        Members = [new(new(number), "[::1]:6000", "Räder"), new(new(2), "host:6010", "")],
    });

    /// <summary>Some parts or others.</summary>
    private static DigestParts Parts(ulong number, Entry[] entries) => new()
    {
        Root = (number & 1) == 0 ? null : ((UInt128)number << 64) | 5,
        Groups = (number & 2) == 0 ? [] : [.. Enumerable.Range(0, Digest.GroupSize * Digest.SumBytes).Select(i => (byte)(i * (int)(number % 251)))],
        Buckets = (number & 4) == 0 ? [] : [new(7, new byte[Digest.GroupSize * Digest.SumBytes], [.. Enumerable.Repeat((byte)0xa5, Digest.GroupSize / 8)])],
        Listing = (number & 8) == 0 ? null : new([3, ushort.MaxValue], (number & 16) == 0, (number & 32) == 0 ? null : [1, 2], [.. entries.Select(entry => new ListedKey(entry.Key, entry.Stamp, number))]),
        Repairs = (number & 64) == 0 ? [] : entries,
    };

    private static string Describe(DigestParts parts) => $"{parts.Root} {Convert.ToHexString(parts.Groups)} {string.Join(' ', parts.Buckets.Select(sums => $"{sums.Group} {Convert.ToHexString(sums.Sums)} {Convert.ToHexString(sums.Settled)}"))} "
        + (parts.Listing is { } listing ? $"{string.Join(',', listing.Buckets)} {listing.WantsAnswer} {(listing.UpTo is null ? "all" : Convert.ToHexString(listing.UpTo))} {string.Join(' ', listing.Keys.Select(key => $"{Convert.ToHexString(key.Key)} {key.Stamp} {key.Hash}"))} " : "")
        + string.Join(' ', parts.Repairs.Select(entry => $"{Convert.ToHexString(entry.Key)} {(entry.Value is null ? "-" : Convert.ToHexString(entry.Value))} {entry.Stamp} {entry.Sequence} {entry.Expiry}"));

    [Fact]
    public void What_is_written_is_read()
    {
        GenFrame.Sample(frame =>
        {
            Assert.True(FrameCodec.TryDecode(FrameCodec.Encode(frame), out var read, out var error), error);

            Assert.Equal(Describe(frame), Describe(read!));
        });
    }

    [Fact]
    public void A_frame_that_is_cut_short_is_refused()
    {
        GenFrame.Sample(
            frame =>
            {
                var bytes = FrameCodec.Encode(frame);

                // The sums of a digest are thousands of bytes, all alike.
                for (var length = 0; length < bytes.Length; length += bytes.Length > 4_000 ? 97 : 1)
                {
                    Assert.False(FrameCodec.TryDecode(bytes.AsSpan(0, length), out _, out var error));
                    Assert.NotNull(error);
                }
            },
            iter: 50);
    }

    [Fact]
    public void A_frame_with_changed_bytes_is_read_or_refused_but_never_throws()
    {
        Gen.Select(GenFrame, Gen.Int[0, 100_000], Gen.Byte).Sample((frame, place, value) =>
        {
            var bytes = FrameCodec.Encode(frame);
            bytes[place % bytes.Length] = value;

            FrameCodec.TryDecode(bytes, out _, out _);
        });
    }

    [Fact]
    public void Noise_is_refused_without_allocating_what_it_claims()
    {
        // The version, then a count of 2^63 origins.
        byte[] boast = [FrameCodec.Version, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(FrameCodec.TryDecode(boast, out _, out _));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Gen.Byte.Array[0, 200].Sample(noise => { FrameCodec.TryDecode(noise, out _, out _); });
    }

    [Fact]
    public void Another_version_is_refused_with_a_sentence_that_names_both()
    {
        Assert.False(FrameCodec.TryDecode([9, 0], out _, out var error));

        Assert.Equal("A frame of version 9 came, but this server reads version 2; upgrade the older one.", error);
    }

    [Fact]
    public void A_put_costs_at_most_16_bytes_beside_key_and_value()
    {
        var entries = Enumerable.Range(1, 1_000).Select(i =>
            new Entry(Encoding.UTF8.GetBytes($"key{i:D13}"), new byte[64], new(new(((ulong)1_800_000_000_000 + (ulong)i) << 16), Origins[0], 3), (ulong)i)).ToArray();
        var frame = new Frame { From = Origins[0], To = Origins[1], Number = 1, Push = [new(Origins[0], 0, 1_000, entries, [])] };

        var bytes = FrameCodec.Encode(frame).Length;

        Assert.InRange(bytes / 1_000.0, 16 + 64, 16 + 64 + FrameCodec.EntryOverhead);
    }

    private static Entry Make((byte[] Key, byte[]? Value, ulong Time, ushort Grain, long Expiry) content, Origin origin, ulong sequence) =>
        new(content.Key, content.Value, new(new(content.Time), origin, content.Grain), sequence, content.Expiry);

    private static string Describe(Frame frame) =>
        $"""
        {frame.From} {frame.To} {frame.Number} {frame.Echo} {frame.EchoHeld} {frame.Wall:o} {frame.ClockFloor.Value} {frame.Head} {frame.Credit} {frame.Flags}
        {string.Join(',', frame.Have)} {string.Join(',', frame.Visible)} {string.Join(',', frame.Deferred)} {string.Join(',', frame.Want)}
        {Describe(frame.Digest)} {string.Join(',', frame.Members)}
        {string.Join('\n', frame.Push.Select(Describe))}
        """;

    private static string Describe(Section section) =>
        $"{section.Origin} {section.Interval} {string.Join(',', section.Entries.Select(Describe))} {string.Join(',', section.Riders.Select(rider => $"{Describe(rider.Winner)} {rider.First} {rider.Last}"))}";

    private static string Describe(Entry entry) =>
        $"{Convert.ToHexString(entry.Key)}={(entry.Value is null ? "none" : Convert.ToHexString(entry.Value))}@{entry.Stamp.Time.Value} {entry.Stamp.Origin}/{entry.Stamp.Grain}#{entry.Sequence}~{entry.Expiry}";
}
