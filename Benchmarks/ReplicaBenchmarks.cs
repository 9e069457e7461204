using System.Text;
using BenchmarkDotNet.Attributes;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Benchmarks;

/// <summary>The pure core, one thread: what a grain does once a call has reached it. Keys of 16 bytes, values of 64.</summary>
[MemoryDiagnoser]
public class ReplicaBenchmarks
{
    private const int Batch = 1_000;

    /// <summary>Merges of an iteration, which is made anew each time: fewer are over before the processor has settled.</summary>
    private const int Merges = 100_000;

    private readonly Replica _replica = new();
    private readonly SortedDictionary<byte[], Entry> _peer = new(KeyOrder.Instance);
    private readonly Random _random = new(440);
    private Entry[] _newer = [];
    private byte[][] _asked = [];
    private Frame? _frame;
    private ulong _time;

    [Params(1_000, 100_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        for (var i = 0; i < Keys; i++)
        {
            var entry = Write(i);
            _replica.Merge(entry);
            _peer[entry.Key] = entry;
        }

        _asked = [.. Enumerable.Range(0, Batch).Select(_ => Key(_random.Next(Keys)))];
        _frame = new() { From = Origin, To = Origin, Number = 1, Push = [new(Origin, 0, Batch, [.. Enumerable.Range(0, Batch).Select(i => new Entry(Key(i), new byte[64], new(new(++_time), Origin, 0), (ulong)i + 1))], [])] };
    }

    [IterationSetup(Target = nameof(Merge))]
    public void Draw() => _newer = [.. Enumerable.Range(0, Merges).Select(_ => Write(_random.Next(Keys)))];

    /// <summary>Overwrites of random keys.</summary>
    [Benchmark(OperationsPerInvoke = Merges)]
    public void Merge()
    {
        foreach (var entry in _newer) _replica.Merge(entry);
    }

    /// <summary>Random keys, all present.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Get()
    {
        var found = 0;
        foreach (var key in _asked) found += _replica.Get(key) is null ? 0 : 1;
        return found == Batch ? found : throw new InvalidOperationException("a key was missed");
    }

    /// <summary>The same on the peer: .NET's own ordered dictionary.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int GetFromSortedDictionary()
    {
        var found = 0;
        foreach (var key in _asked) found += _peer.ContainsKey(key) ? 1 : 0;
        return found == Batch ? found : throw new InvalidOperationException("a key was missed");
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int Encode() => FrameCodec.Encode(_frame!).Length;

    private static Origin Origin => new(new(1), 1);

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"key{i:D13}");

    private Entry Write(int i) => new(Key(i), new byte[64], new(new(++_time), Origin, 0), _time);
}
