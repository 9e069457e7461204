using System.Text;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Silo.Journal;
using Xunit;

namespace Cmud.Tests.Unit.Journal;

/// <summary>What becomes of the data of a server that was turned away.</summary>
public sealed class SetAsideTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task All_that_the_disk_has_and_the_others_do_not_is_exported(string slash)
    {
        var stranger = new Origin(new(77), 1);
        Origin own;
        using (var journal = RocksJournal.Open(_directory.In("data"), "lost", new(), TimeProvider.System))
        {
            own = journal.Origin;
            await journal.Append([.. Enumerable.Range(1, 3).Select(number => Write($"own/{number}", (ulong)number, own, 0))]);
            await journal.Keep(new() { Entries = [Write("their/1", 4, stranger, 1), Write("their/2", 5, stranger, 2)] });
        }

        var moved = SetAside.Move(_directory.In("data") + slash, [Holding(own, 2), Holding(stranger, 1)], TimeProvider.System);

        Assert.Equal(_directory.Path, Path.GetDirectoryName(moved.Directory));
        Assert.False(Directory.Exists(_directory.In("data")));
        Assert.Equal(2, moved.Unreplicated);
        var export = await File.ReadAllLinesAsync(Path.Combine(moved.Directory, SetAside.ExportFile));
        Assert.Contains(export, line => line.Contains("\"own/3\"", StringComparison.Ordinal));
        Assert.Contains(export, line => line.Contains("\"their/2\"", StringComparison.Ordinal));
        Assert.Equal(2, export.Length);
    }

    private static Holding Holding(Origin origin, ulong upTo)
    {
        var sequences = new IntervalSet();
        sequences.Add(new(0, upTo));
        return new(origin, sequences);
    }

    private static Entry Write(string key, ulong time, Origin origin, ulong sequence) => new(Encoding.UTF8.GetBytes(key), "x"u8.ToArray(), new(new(time), origin, 0), sequence);
}
