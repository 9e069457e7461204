using System.Diagnostics;
using System.Globalization;
using Cmud.Client;
using Cmud.Replication;
using Cmud.Silo;
using Cmud.Silo.Journal;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Servers with data directories, as processes: killed, out of room, with a disk that fails. What they acknowledged is looked for in their files.</summary>
public sealed class DiskTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Row_1_what_was_acknowledged_is_in_the_directory_after_a_kill_9()
    {
        await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.Path, "--reserve", "0");
        await using var client = await CmudClient.ConnectAsync(server.Address);
        var acknowledged = new List<string>();

        var writing = Enumerable.Range(0, 16).Select(writer => PutUntilRefused(client, $"{writer}/", acknowledged, enough: null)).ToArray();
        await UntilAsync(() => Count(acknowledged) >= 500);
        await server.Kill();
        await Task.WhenAll(writing).WaitAsync(Limit);

        AssertHolds(_directory.Path, acknowledged);
    }

    [Fact]
    public async Task Row_25_a_second_server_on_the_directory_ends_with_3_and_one_sentence()
    {
        await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.Path);

        var (code, output) = await ServerProcess.Refused("--data", _directory.Path);

        Assert.Equal((ServerCommand.Refused, $"The data directory {_directory.Path} is in use by another server; stop that one, or give this one its own with --data DIR or another --name."), (code, output));
    }

    [Fact]
    public async Task A_damaged_directory_ends_with_3_and_one_sentence()
    {
        RocksJournal.Open(_directory.Path, "test", new(), TimeProvider.System).Dispose();
        await File.WriteAllTextAsync(_directory.In("journal", "CURRENT"), "nothing\n");

        var (code, output) = await ServerProcess.Refused("--data", _directory.Path);

        Assert.Equal(ServerCommand.Refused, code);
        Assert.StartsWith($"The journal in {_directory.In("journal")} cannot be read (", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', output);
    }

    /// <summary>The disk confirms nothing any more, once: what it then holds nobody knows, so the server must not go on.</summary>
    [TraceFact]
    public async Task Row_7_a_sync_that_fails_ends_the_server_within_a_second_and_nothing_is_acknowledged_after_it()
    {
        const int good = 20;
        await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.Path, "--reserve", "0");
        await using var client = await CmudClient.ConnectAsync(server.Address);
        var acknowledged = new List<string>();
        var trace = _directory.In("trace");
        var fault = FormattableString.Invariant($"inject=fdatasync,fsync:error=EIO:when={good + 1}");
        var tracing = new ProcessStartInfo("strace", ["-f", "-ttt", "-o", trace, "-e", "trace=fdatasync,fsync", "-e", fault, "-p", $"{server.Id}"]) { RedirectStandardError = true };
        using var strace = Process.Start(tracing)!;
        // It says so when it holds the threads.
        await strace.StandardError.ReadLineAsync().WaitAsync(Limit);

        // One at a time, so one sync each.
        await PutUntilRefused(client, "", acknowledged, enough: good * 4).WaitAsync(Limit);
        var code = await server.Ended(Limit);
        await strace.WaitForExitAsync().WaitAsync(Limit);

        Assert.Equal(ServerCommand.JournalFailed, code);
        Assert.Equal(good, acknowledged.Count);
        Assert.Contains($"The journal in {_directory.In("journal")} could not be written (IO error: ", server.Output, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(trace);
        var failed = Array.FindIndex(lines, line => line.Contains("EIO", StringComparison.Ordinal));
        var took = TimeOf(lines[^1]) - TimeOf(lines[failed]);
        Assert.True(took <= TimeSpan.FromSeconds(1), $"The server went on for {took.TotalSeconds:0.00} s: {string.Join('\n', lines[failed..])}");
        AssertHolds(_directory.Path, acknowledged);
    }

    [MountFact]
    public async Task Row_8_a_full_disk_refuses_writes_answers_reads_and_recovers_by_itself()
    {
        using var disk = new Tmpfs(mebibytes: 64);
        await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", disk.Path, "--reserve", "16MiB");
        await using var client = await CmudClient.ConnectAsync(server.Address);
        await client.PutAsync("before", "1");
        var ballast = disk.FillUntilFree(15 << 20);

        var refusal = await Assert.ThrowsAsync<CmudException>(async () =>
        {
            // The server looks every 100 ms: until then it may take some more.
            for (var i = 0; i < 10_000; i++) await client.PutAsync($"more/{i}", "v");
        });

        Assert.Equal(CmudFailure.StorageFull, refusal.Failure);
        Assert.StartsWith($"The disk of {disk.Path} has ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("1", await client.GetAsync("before"));
        Assert.NotEmpty(await client.ListAsync("").Take(1).ToArrayAsync());
        File.Delete(ballast);
        await UntilAsync(async () =>
        {
            try
            {
                return await client.PutAsync("after", "2") is not null;
            }
            catch (CmudException e) when (e.Failure == CmudFailure.StorageFull)
            {
                return false;
            }
        });
        Assert.Equal("2", await client.GetAsync("after"));
    }

    /// <summary>With nothing but writes until they are refused: the reserve must be enough for what RocksDB does with what it was given.</summary>
    [MountFact]
    public async Task Row_8_the_reserve_is_enough_for_a_journal_that_fills_its_disk()
    {
        using var disk = new Tmpfs(mebibytes: 256);
        var random = new Random(8);
        using (var journal = RocksJournal.Open(disk.Path, "test", new() { Durability = Durability.Interval }, TimeProvider.System))
        {
            var sequence = 0UL;
            await Assert.ThrowsAsync<JournalFullException>(async () =>
            {
                // Keys come again, so that tables are merged, and rows deleted.
                for (var i = 0; ; i++)
                {
                    var value = new byte[Door.MaxValueBytes];
                    random.NextBytes(value);
                    sequence = (await journal.Append([new(Unit.Writes.Bytes($"key {random.Next(2_000)}"), value, new(new((ulong)i + 1), journal.Origin, 0), 0)]))[0].Sequence;
                    if (i % 100 == 0) journal.Take();
                }
            });

            Assert.True(sequence > 1_000, $"{sequence} written");
            Assert.False(journal.Failed.IsCompleted, journal.Failed.IsCompleted ? await journal.Failed : "");
            await journal.Keep(new() { Gone = [.. Enumerable.Range(1, 100).Select(gone => new Replication.Frames.Mark(journal.Origin, (ulong)gone))] });
        }

        using var again = RocksJournal.Open(disk.Path, "test", new(), TimeProvider.System);
        Assert.NotEmpty(again.Recover().Entries);
    }

    /// <summary>Puts key after key; notes what was acknowledged, and ends at the first failure.</summary>
    private static async Task PutUntilRefused(CmudClient client, string prefix, List<string> acknowledged, int? enough)
    {
        try
        {
            for (var i = 0; enough is null || i < enough; i++)
            {
                await client.PutAsync($"{prefix}{i}", $"value of {prefix}{i}");
                lock (acknowledged) acknowledged.Add($"{prefix}{i}");
            }
        }
        catch (CmudException)
        {
            // What was not acknowledged may be there or not.
        }
    }

    /// <summary>Reads the directory of a server that has ended.</summary>
    private static void AssertHolds(string path, List<string> acknowledged)
    {
        using var journal = RocksJournal.Open(path, "test", new() { Reserve = 0 }, TimeProvider.System);
        var held = journal.Recover().Entries.ToDictionary(entry => Door.Decode(entry.Key), entry => Door.Decode(entry.Value));
        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, key => Assert.Equal($"value of {key}", held.GetValueOrDefault(key)));
    }

    private static int Count(List<string> acknowledged)
    {
        lock (acknowledged) return acknowledged.Count;
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Limit);
        // Another process, or its disk: neither tells this one.
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, timeout.Token);
    }

    /// <summary>Of a line of strace -f -ttt: process, seconds, what happened.</summary>
    private static TimeSpan TimeOf(string line) =>
        TimeSpan.FromSeconds(double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}
