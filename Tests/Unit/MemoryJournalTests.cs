using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class MemoryJournalTests
{
    private static readonly Origin Origin = new(new ServerId(1), 1);

    /// <summary>How long a test waits for what should happen at once, before it fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MemoryJournal _journal = new(Origin);

    [Fact]
    public async Task A_new_journal_has_nothing()
    {
        var slice = _journal.Take();

        Assert.Null(slice);
        Assert.Equal(0UL, _journal.Head);
        Assert.Equal(Origin, _journal.Origin);
        Assert.Empty(await _journal.Append([]));
        Assert.Null(_journal.Take());
    }

    [Fact]
    public async Task Writes_are_numbered_from_one_in_their_order()
    {
        await _journal.Append([Put("a", 1), Put("b", 2)]);

        var numbered = await _journal.Append([Put("c", 3), Put("d", 4)]);

        Assert.Equal([("c", 3UL), ("d", 4UL)], numbered.Select(Tell));
        Assert.Equal(4UL, _journal.Head);
    }

    [Fact]
    public async Task Slices_follow_one_another_without_gap_or_overlap()
    {
        await _journal.Append([Put("a", 1), Put("b", 2)]);
        var first = _journal.Take()!;
        await _journal.Append([Put("c", 3)]);

        var second = _journal.Take()!;

        Assert.Equal((0UL, 2UL), (first.After, first.UpTo));
        Assert.Equal([("a", 1UL), ("b", 2UL)], first.Entries.Select(Tell));
        Assert.Equal((2UL, 3UL), (second.After, second.UpTo));
        Assert.Equal([("c", 3UL)], second.Entries.Select(Tell));
        Assert.Null(_journal.Take());
    }

    [Fact]
    public async Task A_slice_holds_the_newest_write_of_each_key_in_the_order_of_sequences()
    {
        await _journal.Append([Put("a", 1), Put("b", 2), Put("a", 3)]);

        var slice = _journal.Take()!;

        Assert.Equal([("b", 2UL), ("a", 3UL)], slice.Entries.Select(Tell));
        Assert.Equal((0UL, 3UL), (slice.After, slice.UpTo));
    }

    [Fact]
    public async Task The_newest_write_is_that_of_the_greatest_stamp_and_not_that_committed_last()
    {
        await _journal.Append([Put("a", time: 9)]);
        await _journal.Append([Put("a", time: 5)]);

        var slice = _journal.Take()!;

        Assert.Equal([("a", 1UL)], slice.Entries.Select(Tell));
        Assert.Equal((0UL, 2UL), (slice.After, slice.UpTo));
    }

    [Fact]
    public async Task A_number_is_given_once_and_none_is_left_out_when_many_threads_write_while_one_takes()
    {
        const int writers = 4, batches = 500, batch = 3;
        var sequences = new ulong[writers][];
        var slices = new List<JournalSlice>();

        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () => sequences[writer] = await WriteBatches(writer))));
        while (!writing.IsCompleted) Collect();
        await writing;
        Collect();

        const ulong all = writers * batches * batch;
        Assert.Equal(Numbers(1, all), sequences.SelectMany(each => each).Order());
        Assert.Equal(all, _journal.Head);
        Assert.Equal(slices.Select(slice => slice.UpTo).SkipLast(1).Prepend(0UL), slices.Select(slice => slice.After));
        Assert.Equal(all, slices[^1].UpTo);
        // No key was written twice, so no slice left anything out.
        Assert.All(slices, slice => Assert.Equal(Numbers(slice.After + 1, slice.UpTo), slice.Entries.Select(entry => entry.Sequence)));

        async Task<ulong[]> WriteBatches(int writer)
        {
            var given = new List<ulong>();
            for (var i = 0; i < batches; i++)
            {
                var drafts = Enumerable.Range(0, batch).Select(at => Put($"{writer}/{i}/{at}", time: 1)).ToArray();
                var numbered = await _journal.Append(drafts);
                // A batch is committed as one.
                Assert.Equal(Numbers(numbered[0].Sequence, numbered[0].Sequence + batch - 1), numbered.Select(entry => entry.Sequence));
                given.AddRange(numbered.Select(entry => entry.Sequence));
            }

            return [.. given];
        }

        void Collect()
        {
            if (_journal.Take() is { } slice) slices.Add(slice);
        }
    }

    [Fact]
    public async Task Who_waits_is_woken_by_a_write()
    {
        var waiting = _journal.WaitAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        await _journal.Append([Put("a", 1)]);

        await waiting.WaitAsync(Patience);
        Assert.NotNull(_journal.Take());
    }

    [Fact]
    public async Task Who_comes_after_the_write_need_not_wait()
    {
        await _journal.Append([Put("a", 1)]);
        await _journal.Append([Put("b", 2)]);

        var waiting = _journal.WaitAsync(CancellationToken.None).AsTask();

        await waiting.WaitAsync(Patience);
        Assert.Equal(2, _journal.Take()!.Entries.Count);
    }

    [Fact]
    public async Task Waiting_and_taking_in_turn_misses_no_write()
    {
        const ulong all = 2_000;
        var taken = new List<ulong>();

        var writing = Task.Run(async () =>
        {
            for (var time = 1UL; time <= all; time++) await _journal.Append([Put($"{time}", time)]);
        });
        while (taken.Count < (int)all)
        {
            await _journal.WaitAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
            if (_journal.Take() is { } slice) taken.AddRange(slice.Entries.Select(entry => entry.Sequence));
        }

        await writing;
        Assert.Equal(Numbers(1, all), taken);
    }

    [Fact]
    public async Task Waiting_can_be_given_up_without_losing_the_next_write()
    {
        using var giveUp = new CancellationTokenSource();
        var waiting = _journal.WaitAsync(giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await _journal.Append([Put("a", 1)]);

        await _journal.WaitAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
        Assert.NotNull(_journal.Take());
    }

    private static Entry Put(string key, ulong time) =>
        new(Writes.Bytes(key), Writes.Bytes("value"), new Stamp(new HybridTimestamp(time), Origin, 0), sequence: 0);

    private static (string Key, ulong Sequence) Tell(Entry entry) => (Door.Decode(entry.Key), entry.Sequence);

    private static IEnumerable<ulong> Numbers(ulong from, ulong to)
    {
        for (var number = from; number <= to; number++) yield return number;
    }
}
