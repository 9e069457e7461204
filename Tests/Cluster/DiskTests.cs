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

    /// <summary>The server dies before, or in, the nth call that writes or syncs its log: other n with each round, all sorts of them with many rounds (CMUD_FAULT_ROUNDS).</summary>
    [TraceFact]
    public async Task Row_4_a_server_killed_at_any_write_or_sync_of_its_log_has_all_that_it_acknowledged()
    {
        var chance = new Random(4);
        for (var round = 0; round < Faults.FaultRun.Rounds; round++)
        {
            var (call, nth) = (round % 2 == 0 ? "write" : "fdatasync", chance.Next(1, 30));
            var data = _directory.In($"{round}");
            await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", data, "--reserve", "0");
            await using var client = await CmudClient.ConnectAsync(server.Address);
            var acknowledged = new List<string>();
            await client.PutAsync("first", "value of first");
            acknowledged.Add("first");
            using var strace = await InjectAsync(server, data, call, FormattableString.Invariant($"signal=KILL:when={nth}"));

            await PutUntilRefused(client, "", acknowledged, enough: 60).WaitAsync(Limit);
            await server.Ended(Limit);
            await strace.WaitForExitAsync().WaitAsync(Limit);

            Assert.True(acknowledged.Count <= nth + 1, $"{acknowledged.Count} writes were acknowledged, though {call} {nth} killed the server.");
            AssertHolds(data, acknowledged);
        }
    }

    [TraceFact]
    public async Task Row_9_a_write_that_is_interrupted_is_made_again_and_one_that_fails_ends_the_server()
    {
        const int good = 20;
        await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.Path, "--reserve", "0");
        await using var client = await CmudClient.ConnectAsync(server.Address);
        var acknowledged = new List<string>();

        using (var interrupting = await InjectAsync(server, _directory.Path, "write", "error=EINTR:when=1+2"))
        {
            await PutUntilRefused(client, "interrupted ", acknowledged, enough: good).WaitAsync(Limit);
            await StopAsync(interrupting);
            Assert.Contains("EINTR", await File.ReadAllTextAsync(_directory.In("trace")), StringComparison.Ordinal);
        }

        Assert.Equal(good, acknowledged.Count);
        using var failing = await InjectAsync(server, _directory.Path, "write", FormattableString.Invariant($"error=EIO:when={good + 1}"));
        await PutUntilRefused(client, "failed ", acknowledged, enough: good * 4).WaitAsync(Limit);

        Assert.Equal(ServerCommand.JournalFailed, await server.Ended(Limit));
        await failing.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(2 * good, acknowledged.Count);
        Assert.Contains($"The journal in {_directory.In("journal")} could not be written (IO error: ", server.Output, StringComparison.Ordinal);
        AssertHolds(_directory.Path, acknowledged);
    }

    [ShortWriteFact]
    public async Task Row_9_what_a_disk_takes_in_pieces_is_there_as_a_whole()
    {
        var place = new Place("127.0.0.1", "fiu-run", "-x", "-c", "enable_random name=posix/io/rw/write/reduce,probability=0.5");
        await using var server = await ServerProcess.Start(place, ServerProcess.FreePort(), "--data", _directory.Path, "--reserve", "0");
        await using var client = await CmudClient.ConnectAsync(server.Address);
        var acknowledged = new List<string>();

        await PutUntilRefused(client, "", acknowledged, enough: 200).WaitAsync(Limit);
        await server.Kill();

        Assert.Equal(200, acknowledged.Count);
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

    /// <summary>It would take them into memory, and its journal could not keep them.</summary>
    [MountFact]
    public async Task Row_8_a_full_server_is_sent_nothing_until_it_has_room()
    {
        using var disk = new Tmpfs(mebibytes: 64);
        await using var other = await ServerProcess.Start(ServerProcess.FreePort());
        await using var full = await ServerProcess.Start(ServerProcess.FreePort(), "--data", disk.Path, "--reserve", "16MiB", "--join", other.Address);
        await using var client = await CmudClient.ConnectAsync(other.Address);
        await client.WaitVisibleAsync(await client.PutAsync("before", "1"), Visibility.Everywhere, Limit);
        var ballast = disk.FillUntilFree(15 << 20);

        // The other one hears of it within half a second: until then it may send some more.
        PutReceipt receipt;
        do receipt = await client.PutAsync("while it is full", "2");
        while (await IsSeenAsync(receipt, within: TimeSpan.FromSeconds(2)));

        await using var reader = await CmudClient.ConnectAsync(full.Address);
        Assert.Equal("1", await reader.GetAsync("before"));
        Assert.Contains("has less free than the reserve", full.Output, StringComparison.Ordinal);
        File.Delete(ballast);
        Assert.True(await IsSeenAsync(receipt, Limit), "What was kept for it did not come when it had room again.");

        async Task<bool> IsSeenAsync(PutReceipt write, TimeSpan within)
        {
            try
            {
                await client.WaitVisibleAsync(write, Visibility.Everywhere, within);
                return true;
            }
            catch (CmudException e) when (e.Failure == CmudFailure.NotYetVisible)
            {
                return false;
            }
        }
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

    /// <summary>Makes system calls on the log of a server fail, as strace says it; the calls are written down in the file trace.</summary>
    private async Task<Process> InjectAsync(ServerProcess server, string data, string call, string fault)
    {
        var log = Directory.EnumerateFiles(Path.Combine(data, "journal"), "*.log").Order(StringComparer.Ordinal).Last();
        var start = new ProcessStartInfo("strace", ["-f", "-o", _directory.In("trace"), "-P", log, "-e", $"trace={call}", "-e", $"inject={call}:{fault}", "-p", $"{server.Id}"]) { RedirectStandardError = true };
        var strace = Process.Start(start)!;
        // It says so when it holds the threads.
        for (var line = ""; line?.Contains("attached", StringComparison.Ordinal) == false;) line = await strace.StandardError.ReadLineAsync().WaitAsync(Limit);
        return strace;
    }

    /// <summary>Lets the server go.</summary>
    private static async Task StopAsync(Process strace)
    {
        using var kill = Process.Start("kill", ["-INT", $"{strace.Id}"]);
        await strace.WaitForExitAsync().WaitAsync(Limit);
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
