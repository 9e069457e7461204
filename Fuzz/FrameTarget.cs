using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Fuzz;

/// <summary>The frames of peers: what is read is what is written again, and what is none is refused with a sentence.</summary>
internal static class FrameTarget
{
    public static IReadOnlyList<byte[]> Seeds() => [FrameCodec.Encode(Empty()), FrameCodec.Encode(Full())];

    public static void Try(byte[] bytes)
    {
        if (!FrameCodec.TryDecode(bytes, out var frame, out var error))
        {
            Target.Assert(error is not null, "A frame is refused without a word.");
            return;
        }

        var written = FrameCodec.Encode(frame!);
        Target.Assert(FrameCodec.TryDecode(written, out var again, out error), $"What was read and written again is refused: {error}");
        Target.Assert(FrameCodec.Encode(again!).AsSpan().SequenceEqual(written), "What was written and read is another.");
    }

    private static Frame Empty() => new() { From = new(new(1), 11), To = new(new(ulong.MaxValue), ulong.MaxValue), Number = 1 };

    private static Frame Full()
    {
        var (here, there) = (Empty().From, Empty().To);
        var entries = Enumerable.Range(1, 3).Select(i => new Entry("key"u8.ToArray(), i == 2 ? null : "value"u8.ToArray(), new(new((ulong)i << 16), here, 3), (ulong)i, i == 3 ? 1_000_000 : 0)).ToArray();
        var held = new IntervalSet();
        held.Add(new(0, 5));
        held.Add(new(7, 9));
        return Empty() with { Number = 2, Have = [new(here, held)], Visible = [new(there, 9)], Push = [new(here, 0, 3, entries, [])] };
    }
}
