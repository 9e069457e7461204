using Cmud.App;
using Cmud.Client;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class BackupCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public BackupCopyTests()
    {
        Directory.CreateDirectory(_directory.In("backup", "journal"));
        File.WriteAllText(_directory.In("backup", "server.json"), "{}");
        File.WriteAllText(_directory.In("backup", "journal", "CURRENT"), "MANIFEST-1\n");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_backup_is_copied_whole_to_nothing_or_an_empty_directory(bool isThere)
    {
        if (isThere) Directory.CreateDirectory(_directory.In("data"));

        Assert.Equal(13, BackupCopy.Restore(_directory.In("backup"), _directory.In("data")));
        Assert.Equal("MANIFEST-1\n", File.ReadAllText(_directory.In("data", "journal", "CURRENT")));
        Assert.Equal("{}", File.ReadAllText(_directory.In("data", "server.json")));
        Assert.False(Path.Exists(_directory.In("data.unfinished")));
    }

    [Fact]
    public void Nothing_is_written_over()
    {
        Directory.CreateDirectory(_directory.In("data"));
        File.WriteAllText(_directory.In("data", "precious"), "mine");

        Assert.Contains("is not empty", Refusal("backup", "data"), StringComparison.Ordinal);
        Assert.Equal(["precious"], Directory.GetFileSystemEntries(_directory.In("data")).Select(Path.GetFileName));
    }

    [Fact]
    public void What_is_no_backup_is_refused()
    {
        Assert.Contains("is no backup of a server", Refusal("nothing", "data"), StringComparison.Ordinal);

        File.WriteAllText(_directory.In("backup", "lock"), "");
        Assert.Contains("since it has a lock", Refusal("backup", "data"), StringComparison.Ordinal);
    }

    private string Refusal(string from, string to) => Assert.Throws<CmudException>(() => BackupCopy.Restore(_directory.In(from), _directory.In(to))).Message;
}
