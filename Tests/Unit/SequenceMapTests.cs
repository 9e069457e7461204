using Cmud.Replication.Sync;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>Values by sequence, beside a sorted dictionary that is told the same.</summary>
public sealed class SequenceMapTests
{
    private readonly SequenceMap<string> _map = new();
    private readonly SortedDictionary<ulong, string> _model = [];

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 5_000)]
    [InlineData(3, 1_000_000)]
    public void It_holds_what_was_set_and_not_removed_in_order(int seed, int span)
    {
        var random = new Random(seed);
        for (var step = 0; step < 20_000; step++)
        {
            var sequence = (ulong)random.Next(1, span);
            if (random.Next(3) > 0) Set(sequence, $"{step}");
            else Remove(sequence);
            if (step % 1_000 == 0) AssertSame(after: (ulong)random.Next(span));
        }

        foreach (var sequence in _model.Keys.ToArray()) Remove(sequence);
        AssertSame(after: 0);
        Set(5, "again");
        AssertSame(after: 0);
    }

    [Fact]
    public void Sequences_at_the_ends_of_pages_and_of_all_numbers_are_found()
    {
        foreach (var sequence in new ulong[] { 0, 1, 63, 64, 65, 127, 128, ulong.MaxValue - 1, ulong.MaxValue }) Set(sequence, $"{sequence}");

        foreach (var after in _model.Keys.ToArray()) AssertSame(after);
        Remove(64);
        Remove(65);
        AssertSame(after: 63);
    }

    private void Set(ulong sequence, string value)
    {
        _map.Set(sequence, value);
        _model[sequence] = value;
    }

    private void Remove(ulong sequence)
    {
        _map.Remove(sequence);
        _model.Remove(sequence);
    }

    private void AssertSame(ulong after) => Assert.Equal(_model.Where(pair => pair.Key > after).Select(static pair => pair.Value), _map.From(after));
}
