using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Silo.Journal;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Journal;

public sealed class RocksJournalTests : IDisposable
{
    private static readonly Origin Other = new(new ServerId(7), 70);

    /// <summary>How long a test waits for what a disk does in milliseconds, before it fails.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_appended_is_there_after_a_start_in_the_order_of_origin_and_sequence()
    {
        Entry[] written;
        using (var journal = Open())
        {
            written =
            [
                .. await journal.Append([Draft(journal, "a", "1", time: 5), Draft(journal, "b", value: null, time: 6)]),
                .. await journal.Append([Draft(journal, "empty", "", time: 7), Draft(journal, "short-lived", "x", time: 8, expiry: 1_234_567)]),
                .. await journal.Append([Draft(journal, new string('k', Door.MaxKeyBytes), new string('v', Door.MaxValueBytes), time: 9)]),
            ];
        }

        using var again = Open();
        var contents = again.Recover();

        Assert.Equal(written.Select(Tell), contents.Entries.Select(Tell));
        Assert.Equal(Enumerable.Range(1, 5).Select(i => (ulong)i), written.Select(entry => entry.Sequence));
        Assert.Equal(new HybridTimestamp(9), contents.Clock);
        var held = Assert.Single(contents.Held);
        Assert.Equal((written[0].Origin, "(0,5]", true), (held.Origin, held.Sequences.ToString(), held.IsWhole));
    }

    [Fact]
    public void Whatever_is_kept_comes_back_as_it_was() => Writes.Of("a", "b", "c").Array[1, 20].Sample(entries =>
    {
        using var directory = new TemporaryDirectory();
        var kept = entries.Select((entry, i) => new Entry(entry.Key, entry.Value, entry.Stamp, (ulong)i + 1, entry.Expiry)).ToArray();
        using (var journal = Open(directory)) journal.Keep(new() { Entries = kept }).AsTask().Wait(Patience);

        using var again = Open(directory);

        var expected = kept.OrderBy(entry => entry.Origin).ThenBy(entry => entry.Sequence);
        Assert.Equal(expected.Select(Tell), again.Recover().Entries.Select(Tell));
    }, iter: 10);

    [Fact]
    public async Task What_was_kept_beside_the_entries_comes_back_and_what_is_forgotten_does_not()
    {
        var (mine, shaded, unshaded) = (new Member(new ServerId(1), "127.0.0.1:6000", "home"), new Shade(Other, [1, 2], new(3, 9)), new Shade(Other, [9], new(1, 2)));
        var gone = new Origin(new ServerId(8), 1);
        using (var journal = Open())
        {
            await journal.Keep(new()
            {
                Entries = [Foreign("x", 1), Foreign("y", 2)],
                Held = [new(Other, Set(new(0, 2), new(4, 6))), new(gone, Set(new Interval(0, 1)))],
                Shades = [shaded, unshaded],
                Members = [mine, new(new ServerId(2), "[::1]:6010", "old")],
                PurgeFloor = new(55),
                Clock = new(99),
            });
            await journal.Keep(new()
            {
                Gone = [new(Other, 1)],
                Held = [new(gone, Set())],
                Shades = [unshaded with { Hull = null }],
                Members = [new(new ServerId(2), "[::1]:6020", "nëw")],
                Clock = new(50),
            });
        }

        using var again = Open();
        var contents = again.Recover();

        Assert.Equal(["y"], contents.Entries.Select(entry => Door.Decode(entry.Key)));
        Assert.Equal((Other, "(0,2] (4,6]"), contents.Held.Select(held => (held.Origin, held.Sequences.ToString())).Single(held => held.Origin.Server != again.Origin.Server));
        var shade = Assert.Single(contents.Shades);
        Assert.Equal((Other, "0102", new Interval(3, 9)), (shade.Origin, Convert.ToHexString(shade.Key), shade.Hull));
        Assert.Equal([mine, new(new ServerId(2), "[::1]:6020", "nëw")], contents.Members);
        Assert.Equal(new HybridTimestamp(99), contents.Clock);
        Assert.Equal(new HybridTimestamp(55), contents.PurgeFloor);
    }

    [Fact]
    public async Task A_write_that_a_newer_one_beats_before_anybody_hears_of_it_leaves_the_disk()
    {
        using (var journal = Open())
        {
            await journal.Append([Draft(journal, "a", "old", time: 1)]);
            await journal.Append([Draft(journal, "a", "new", time: 3)]);
            await journal.Append([Draft(journal, "a", "late", time: 2)]);
            await journal.Append([Draft(journal, "b", "1", time: 4)]);
        }

        using var again = Open();

        Assert.Equal([("a", 2UL), ("b", 4UL)], again.Recover().Entries.Select(entry => (Door.Decode(entry.Key), entry.Sequence)));
    }

    [Fact]
    public async Task Many_writers_at_once_get_every_number_once_and_all_is_on_the_disk()
    {
        const int writers = 64, each = 50;
        ulong[] given;
        using (var journal = Open())
        {
            var tasks = Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
            {
                var numbers = new List<ulong>();
                for (var i = 0; i < each; i++) numbers.Add((await journal.Append([Draft(journal, $"{writer}/{i}", "v", time: 1)]))[0].Sequence);
                return numbers;
            }));
            given = [.. (await Task.WhenAll(tasks)).SelectMany(numbers => numbers)];
            Assert.Equal((ulong)(writers * each), journal.Head);
            var slice = journal.Take()!;
            Assert.Equal((0UL, (ulong)(writers * each), writers * each), (slice.After, slice.UpTo, slice.Entries.Count));
        }

        using var again = Open();

        Assert.Equal(Numbers(writers * each), given.Order());
        Assert.Equal(Numbers(writers * each), again.Recover().Entries.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Every_start_is_a_new_life_of_the_same_server()
    {
        var lives = new List<Origin>();
        for (var i = 0; i < 3; i++)
        {
            using var journal = Open(settings: new() { LeastIncarnation = i == 1 ? 1UL << 63 : 0 });
            lives.Add(journal.Origin);
            await journal.Append([Draft(journal, $"{i}", "v", time: 1)]);
        }

        using var again = Open();

        Assert.Single(lives.Select(life => life.Server).Distinct());
        Assert.True(lives[1].Succeeds(lives[0]) && lives[2].Succeeds(lives[1]) && again.Origin.Succeeds(lives[2]));
        Assert.Equal(lives, again.Recover().Held.Select(held => held.Origin));
        Assert.Equal(["0", "1", "2"], again.Recover().Entries.Select(entry => Door.Decode(entry.Key)));
    }

    [Theory]
    [InlineData(Durability.Fsync)]
    [InlineData(Durability.Interval)]
    public async Task What_was_acknowledged_is_in_the_files_though_the_journal_was_never_closed(Durability durability)
    {
        using var journal = Open(settings: new() { Durability = durability });
        for (var i = 0; i < 100; i++) await journal.Append([Draft(journal, $"{i}", "v", time: 1)]);

        using var copy = CopyOf(_directory);

        using var again = Open(copy);
        Assert.Equal(Numbers(100), again.Recover().Entries.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Closing_writes_what_was_handed_in_and_refuses_what_comes_later()
    {
        var journal = Open();
        var late = journal.Append([Draft(journal, "a", "v", time: 1)]);

        journal.Dispose();

        Assert.Equal(1UL, (await late)[0].Sequence);
        await Assert.ThrowsAsync<JournalFailedException>(async () => await journal.Append([Draft(journal, "b", "v", time: 2)]));
        await Assert.ThrowsAsync<JournalFailedException>(async () => await journal.Keep(new()));
        Assert.Throws<JournalFailedException>(() => journal.Recover());
        Assert.False(journal.Failed.IsCompleted);
    }

    /// <summary>Row 5. Each cut is a crash of the machine at another moment: what is left is a beginning of what was written, with a claim that fits it.</summary>
    [Fact]
    public async Task Row_5_a_log_cut_anywhere_in_its_end_starts_with_what_came_before()
    {
        var cuts = Environment.GetEnvironmentVariable("CMUD_CUTS") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 64;
        ulong head = 0;
        using (var journal = Open())
        {
            for (; head < 120; head++) await journal.Append([Draft(journal, $"key {head}", $"value {head}", time: head + 1)]);
            using var whole = CopyOf(_directory);
            var length = new FileInfo(LogOf(whole)).Length;
            for (var cut = 0; cut < cuts; cut++)
            {
                using var copy = CopyOf(whole);
                using (var log = File.OpenWrite(LogOf(copy))) log.SetLength(length - (4_096L * cut / cuts));

                using var again = Open(copy);
                var contents = again.Recover();
                var left = contents.Entries.Select(entry => entry.Sequence).ToArray();
                Assert.Equal(Numbers(left.Length), left);
                Assert.Equal($"(0,{left.Length}]", Assert.Single(contents.Held).Sequences.ToString());
                Assert.Equal(new HybridTimestamp((ulong)left.Length), contents.Clock);
                if (cut == 0) Assert.Equal((int)head, left.Length);
            }
        }
    }

    private static string LogOf(TemporaryDirectory directory) => Directory.EnumerateFiles(directory.In("journal"), "*.log").Order(StringComparer.Ordinal).Last();

    /// <summary>The files as another process would find them after a kill -9 now.</summary>
    private static TemporaryDirectory CopyOf(TemporaryDirectory from)
    {
        var copy = new TemporaryDirectory();
        Directory.CreateDirectory(copy.In("journal"));
        foreach (var file in Directory.EnumerateFiles(from.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("lock", StringComparison.OrdinalIgnoreCase)))
        {
            File.Copy(file, copy.In(Path.GetRelativePath(from.Path, file)));
        }

        return copy;
    }

    private RocksJournal Open(TemporaryDirectory? directory = null, JournalSettings? settings = null) =>
        RocksJournal.Open((directory ?? _directory).Path, "test", settings ?? new() { Reserve = 0 }, TimeProvider.System);

    private static Entry Draft(RocksJournal journal, string key, string? value, ulong time, long expiry = Entry.Never) =>
        new(Writes.Bytes(key), value is null ? null : Writes.Bytes(value), new(new(time), journal.Origin, 3), sequence: 0, expiry);

    private static Entry Foreign(string key, ulong sequence) => new(Writes.Bytes(key), Writes.Bytes("v"), new(new(sequence), Other, 0), sequence);

    private static IntervalSet Set(params Interval[] intervals)
    {
        var set = new IntervalSet();
        foreach (var interval in intervals) set.Add(interval);
        return set;
    }

    private static IEnumerable<ulong> Numbers(int to) => Enumerable.Range(1, to).Select(number => (ulong)number);

    private static (string Key, string? Value, Stamp Stamp, ulong Sequence, long Expiry) Tell(Entry entry) =>
        (Door.Decode(entry.Key), entry.Value is null ? null : Door.Decode(entry.Value), entry.Stamp, entry.Sequence, entry.Expiry);
}
