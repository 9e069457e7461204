using System.Globalization;
using Cmud.Replication;
using Cmud.Silo.Journal;

namespace Cmud.Benchmarks;

/// <summary>What the disk costs: appends a second with many outstanding, with and without it, and reading a million entries back.</summary>
internal static class JournalRun
{
    private const int Outstanding = 512, Appends = 200_000, Million = 1_000_000, ValueBytes = 64;

    public static async Task Run(string parent)
    {
        Say($"write and sync of 4 KiB, p50: {SyncedWrite(parent):0.00} ms");
        for (var round = 1; round <= 3; round++)
        {
            Say($"round {round}, {Outstanding} outstanding:");
            await Rate("memory", new MemoryJournal(new(new(1), 1)), Appends);
            foreach (var durability in (Durability[])[Durability.Fsync, Durability.Interval])
                await In(parent, directory => Rate($"{durability}", Open(directory, durability), Appends));
        }

        await In(parent, directory => Alone(Open(directory, Durability.Fsync)));
        await In(parent, async directory =>
        {
            await Rate("a million", Open(directory, Durability.Interval), Million);
            for (var round = 1; round <= 3; round++) Recover(directory);
        });
    }

    private static async Task Rate(string name, IJournal journal, int appends)
    {
        var began = TimeProvider.System.GetTimestamp();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Outstanding).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= appends;) await journal.Append([Draft(journal, i)]);
        })));
        Say($"  {name}: {appends / TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} appends/s");
        (journal as IDisposable)?.Dispose();
    }

    private static async Task Alone(RocksJournal journal)
    {
        var took = new double[1_000];
        for (var i = 0; i < took.Length; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await journal.Append([Draft(journal, i)]);
            took[i] = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(took);
        Say($"one outstanding, synced: p50 {took[500]:0.00} ms, p99 {took[990]:0.00} ms");
        journal.Dispose();
    }

    private static void Recover(string directory)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var journal = Open(directory, Durability.Fsync);
        var opened = TimeProvider.System.GetElapsedTime(began);
        var entries = journal.Recover().Entries.Count();
        Say($"recover of {entries} entries: {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.00} s, of which opening {opened.TotalSeconds:0.00} s");
    }

    /// <summary>Milliseconds in which the disk of a directory takes 4 KiB for good, p50.</summary>
    public static double SyncedWrite(string parent)
    {
        var path = Path.Combine(parent, $"sync-{Environment.ProcessId}");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.WriteThrough | FileOptions.DeleteOnClose);
        var (block, took) = (new byte[4_096], new double[500]);
        for (var i = 0; i < took.Length; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            RandomAccess.Write(file, block, i * 4_096L);
            took[i] = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(took);
        return took[took.Length / 2];
    }

    private static async Task In(string parent, Func<string, Task> run)
    {
        var directory = Path.Combine(parent, $"journal-{Environment.ProcessId}");
        await run(directory);
        Directory.Delete(directory, recursive: true);
    }

    private static RocksJournal Open(string directory, Durability durability) => RocksJournal.Open(directory, "benchmark", new() { Durability = durability }, TimeProvider.System);

    private static Entry Draft(IJournal journal, int i)
    {
        var value = new byte[ValueBytes];
        new Random(i).NextBytes(value);
        return new(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"key/{i:0000000}")), value, new(new((ulong)i), journal.Origin, 0), sequence: 0);
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
