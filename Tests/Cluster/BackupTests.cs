using Cmud.App;
using Cmud.Client;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>A backup of a server that runs, and what becomes of a server that is started on an old one.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_restored_from_an_old_backup_catches_up_and_verify_says_equal()
    {
        await using var first = await ServerProcess.Start(ServerProcess.FreePort(), "--name", "first", "--data", _directory.In("first"));
        var port = ServerProcess.FreePort();
        await using (var second = await ServerProcess.Start(port, "--name", "second", "--data", _directory.In("second"), "--join", first.Address))
        {
            await using var client = await ConnectAsync(second);
            for (var i = 0; i < 200; i++) await client.PutAsync($"key/{i:000}", "before");
            await VerifyAsync(first, port, 200);

            Assert.Equal(0, (await Run("backup", _directory.In("backup"), "--server", second.Address)).Code);
            for (var i = 0; i < 200; i += 2) await client.PutAsync($"key/{i:000}", "after");
            for (var i = 0; i < 50; i++) await client.PutAsync($"new/{i:000}", "after");
            await VerifyAsync(first, port, 250);
            await second.Terminate(TimeSpan.FromSeconds(10));
        }

        // While it is down, so that no tombstone is purged yet: see known-gaps.
        await using (var client = await ConnectAsync(first))
        {
            for (var i = 0; i < 200; i += 10) await client.DeleteAsync($"key/{i:000}");
        }

        var (code, output, error) = await Run("restore", _directory.In("backup"), _directory.In("restored"));
        Assert.True(code == 0, output + error);
        await using var restored = await ServerProcess.Start(port, "--name", "second", "--data", _directory.In("restored"));

        // It was told of no server: it knows the other from its backup.
        await VerifyAsync(first, port, 230);
        await using var reader = await ConnectAsync(restored);
        Assert.Equal("after", await reader.GetAsync("key/002"));
        Assert.Equal("before", await reader.GetAsync("key/001"));
        Assert.Null(await reader.GetAsync("key/010"));

        // It goes on in a life of its own, and is believed.
        await reader.WaitVisibleAsync(await reader.PutAsync("key/010", "again"), Visibility.Everywhere, TimeSpan.FromSeconds(15));
        await VerifyAsync(first, port, 231);
    }

    [Fact]
    public async Task A_backup_alone_holds_what_the_server_had_and_is_refused_where_it_cannot_be_made()
    {
        var port = ServerProcess.FreePort();
        await using (var server = await ServerProcess.Start(port, "--name", "alone", "--data", _directory.In("data")))
        {
            await using var client = await ConnectAsync(server);
            await client.PutAsync("k", "v");
            Directory.CreateDirectory(_directory.In("there"));

            Assert.Contains("is no full path", (await Run("backup", "relative/backup", "--server", server.Address)).Error, StringComparison.Ordinal);
            Assert.Contains("exists already", (await Run("backup", _directory.In("there"), "--server", server.Address)).Error, StringComparison.Ordinal);
            Assert.Contains("lies within the data directory", (await Run("backup", _directory.In("data", "backup"), "--server", server.Address)).Error, StringComparison.Ordinal);
            Assert.Contains("was not made", (await Run("backup", "/proc/backup", "--server", server.Address)).Error, StringComparison.Ordinal);
            var (code, output, error) = await Run("backup", _directory.In("backup"), "--server", server.Address);
            Assert.True(code == 0, error);
            Assert.StartsWith($"alone has its backup in {_directory.In("backup")}: ", output, StringComparison.Ordinal);
            // Nothing that was not made left anything behind.
            Assert.Equal(["backup", "data", "there"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            await client.PutAsync("k", "later");
            await server.Kill();
        }

        Directory.Delete(_directory.In("data"), recursive: true);
        Assert.Equal(0, (await Run("restore", _directory.In("backup"), _directory.In("data"))).Code);
        await using var again = await ServerProcess.Start(port, "--name", "alone", "--data", _directory.In("data"));
        await using var reader = await ConnectAsync(again);

        Assert.Equal("v", await reader.GetAsync("k"));
    }

    /// <summary>With patience: servers that start beside it take the processors for seconds.</summary>
    private static Task<CmudClient> ConnectAsync(ServerProcess server) => CmudClient.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(server.Address), CallTimeout = TimeSpan.FromSeconds(30) });

    private static Task VerifyAsync(ServerProcess first, int port, int keys) => Eventually.NothingIsMissing(async () =>
    {
        var (code, output, error) = await Run("verify", "--server", $"{first.Address},127.0.0.1:{port}");
        return code == 0 && output.StartsWith($"Equal: 4 replicas of 2 servers, {keys} keys, root ", StringComparison.Ordinal) ? null : $"verify ended with {code}: {output}{error}";
    });

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var streams = new Streams(TextReader.Null, new StringWriter(), new StringWriter(), Interactive: false);
        var tree = new CommandTree(streams, static async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken), static (_, _, _) => Task.FromResult(0), static (_, _, _) => Task.FromResult(0));

        var code = await tree.RunAsync(args);
        return (code, streams.Out.ToString()!, streams.Error.ToString()!);
    }
}
