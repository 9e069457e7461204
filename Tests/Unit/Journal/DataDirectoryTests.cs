using Cmud.Replication;
using Cmud.Silo.Journal;
using Xunit;

namespace Cmud.Tests.Unit.Journal;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_directory_gets_a_server_of_its_own_that_people_can_read()
    {
        var path = _directory.In("data", "home");

        Origin origin;
        using (var journal = Open(path)) origin = journal.Origin;

        Assert.Equal($$"""
            {
              "format": 1,
              "server": "{{origin.Server}}",
              "name": "test"
            }

            """, File.ReadAllText(Path.Combine(path, "server.json")));
        using var other = Open(_directory.In("data", "other"));
        Assert.NotEqual(origin.Server, other.Origin.Server);
    }

    [Fact]
    public void A_second_server_is_refused_while_the_first_runs_and_not_after()
    {
        using (Open(_directory.Path))
            Assert.Equal($"The data directory {_directory.Path} is in use by another server; stop that one, or give this one its own with --data DIR or another --name.", Refusal(_directory.Path));

        Open(_directory.Path).Dispose();
    }

    [Fact]
    public void What_is_no_directory_is_refused()
    {
        var file = _directory.In("file");
        File.WriteAllText(file, "");

        Assert.StartsWith($"The data directory {file} cannot be used (", Refusal(file), StringComparison.Ordinal);
        Assert.StartsWith($"The data directory {file}/below cannot be used (", Refusal(file + "/below"), StringComparison.Ordinal);
        Assert.StartsWith("The data directory /proc/cmud cannot be used (", Refusal("/proc/cmud"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_a_newer_format_is_refused()
    {
        Open(_directory.Path).Dispose();
        Edit("\"format\": 1", "\"format\": 2");

        Assert.Equal($"The data directory {_directory.Path} has format 2, written by a newer version of the server, but this one reads up to format 1; start it with that version.", Refusal(_directory.Path));
    }

    [Fact]
    public void A_journal_of_a_newer_format_is_refused()
    {
        Open(_directory.Path).Dispose();
        using (var store = JournalStore.Open(_directory.In("journal"), create: false))
        using (var batch = new JournalBatch())
        {
            batch.Put(Fact.Format, 2);
            store.Write(batch, sync: true);
        }

        Assert.Equal($"The journal in {_directory.In("journal")} has format 2, written by a newer version of the server, but this one reads up to format 1; start it with that version.", Refusal(_directory.Path));
    }

    [Fact]
    public void The_journal_of_another_server_is_refused()
    {
        ServerId server;
        using (var journal = Open(_directory.Path)) server = journal.Origin.Server;
        Edit($"{server}", "00000000000000ff");

        Assert.Equal($"The data directory {_directory.Path} is mixed up: server.json names server 00000000000000ff, but the journal is that of {server}; put back what belongs together, or start with an empty directory.", Refusal(_directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":1,"server":"12"}""")]
    [InlineData("""{"format":1,"server":"0000000000000000"}""")]
    [InlineData("""{"format":"x","server":"00000000000000ff"}""")]
    public void A_server_json_that_names_no_server_is_refused(string content)
    {
        Open(_directory.Path).Dispose();
        File.WriteAllText(_directory.In("server.json"), content);

        Assert.Equal($"{_directory.In("server.json")} does not say which server the data belongs to; restore it from a backup, or delete it if the journal beside it is this server's: it is then written again.", Refusal(_directory.Path));
    }

    [Fact]
    public void A_lost_server_json_is_written_again_from_the_journal()
    {
        ServerId server;
        using (var journal = Open(_directory.Path)) server = journal.Origin.Server;
        File.Delete(_directory.In("server.json"));

        using var again = Open(_directory.Path);

        Assert.Equal(server, again.Origin.Server);
        Assert.Contains($"{server}", File.ReadAllText(_directory.In("server.json")), StringComparison.Ordinal);
    }

    /// <summary>Row 24: the server keeps its name among the others, and begins a new life with nothing.</summary>
    [Fact]
    public async Task Row_24_a_directory_without_its_journal_starts_empty_as_the_same_server()
    {
        Origin former;
        using (var journal = Open(_directory.Path))
        {
            former = journal.Origin;
            await journal.Append([new(Writes.Bytes("a"), null, new(new(1), former, 0), 0)]);
        }

        Directory.Delete(_directory.In("journal"), recursive: true);

        using var again = Open(_directory.Path);
        Assert.True(again.Origin.Succeeds(former));
        Assert.Empty(again.Recover().Entries);
    }

    [Fact]
    public void A_journal_that_lost_the_file_it_begins_with_is_refused_and_not_made_anew()
    {
        Open(_directory.Path).Dispose();
        File.Delete(_directory.In("journal", "CURRENT"));

        var refusal = Refusal(_directory.Path);

        Assert.StartsWith($"The journal in {_directory.In("journal")} cannot be read (", refusal, StringComparison.Ordinal);
        Assert.EndsWith($"; restore a backup of {_directory.Path}, or start with an empty directory: the other servers bring it up to date.", refusal, StringComparison.Ordinal);
    }

    private void Edit(string old, string with) => File.WriteAllText(_directory.In("server.json"), File.ReadAllText(_directory.In("server.json")).Replace(old, with, StringComparison.Ordinal));

    private static string Refusal(string path)
    {
        var message = Assert.Throws<DataDirectoryException>(() => Open(path)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static RocksJournal Open(string path) => RocksJournal.Open(path, "test", new() { Reserve = 0 }, TimeProvider.System);
}
