using System.Text;
using BenchmarkDotNet.Attributes;
using Cmud.Replication;

namespace Cmud.Benchmarks;

/// <summary>A page of a List, by how many keys there are: the way down grows, a result costs what it costs. Keys of 16 bytes, values of 64.</summary>
[MemoryDiagnoser]
public class ListBenchmarks
{
    private const int Starts = 1_000;

    private readonly Replica _replica = new();
    private byte[][] _starts = [];
    private int _next;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        for (var i = 0; i < Keys; i++) _replica.Merge(new(Key(i), new byte[64], new(new((ulong)i + 1), new(new(1), 1), 0), (ulong)i + 1));
        var random = new Random(440);
        _starts = [.. Enumerable.Range(0, Starts).Select(_ => Key(random.Next(Keys - 200)))];
    }

    /// <summary>100 results after a random key.</summary>
    [Benchmark]
    public int List100()
    {
        var found = _replica.List("key"u8.ToArray(), _starts[_next++ % Starts], 100, now: 1).Page.Count;
        return found == 100 ? found : throw new InvalidOperationException($"{found} results came");
    }

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"key{i:D13}");
}
