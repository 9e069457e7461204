using System.Text;
using BenchmarkDotNet.Attributes;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Benchmarks;

/// <summary>The bytes of a frame, there and back, by how many entries it carries. Keys of 16 bytes, values of 64, each entry with bytes of its own, none alike.</summary>
/// <remarks>The frame without entries is what idle servers send, and what every frame costs beside its entries.</remarks>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private Frame? _frame;
    private byte[] _bytes = [];

    /// <summary>10,000 are a frame of nearly 1 MiB: what a server at 100,000 Puts/s sends at a time.</summary>
    [Params(0, 1, 100, 10_000)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(440);
        Entry[] entries = [.. Enumerable.Range(1, Entries).Select(number => Write(random, (ulong)number))];
        _frame = new()
        {
            From = Origin,
            To = new(new(2), 1),
            Number = 1,
            Wall = DateTimeOffset.UnixEpoch.AddYears(56),
            Push = Entries == 0 ? [] : [new(Origin, 0, (ulong)Entries, entries, [])],
        };
        _bytes = FrameCodec.Encode(_frame);
        if (!FrameCodec.TryDecode(_bytes, out var read, out _) || read!.Push.Sum(static section => section.Entries.Count) != Entries)
            throw new InvalidOperationException($"a frame of {Entries} entries does not come back");
    }

    [Benchmark]
    public byte[] Encode() => FrameCodec.Encode(_frame!);

    [Benchmark]
    public Frame? Decode() => FrameCodec.TryDecode(_bytes, out var frame, out _) ? frame : null;

    private static Origin Origin => new(new(1), 1);

    /// <summary>A hundred in each millisecond, as of a busy server.</summary>
    private static Entry Write(Random random, ulong number)
    {
        var value = new byte[64];
        random.NextBytes(value);
        var stamp = HybridTimestamp.Of(DateTimeOffset.UnixEpoch.AddYears(56).AddMilliseconds(number / 100)).Value + (number % 100);
        return new(Encoding.UTF8.GetBytes(FormattableString.Invariant($"key{random.Next(100_000):D13}")), value, new(new(stamp), Origin, 0), number);
    }
}
