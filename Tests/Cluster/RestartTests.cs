using Cmud.Client;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Servers that are started again on their data directories, and serve what they had.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Row_2_a_server_alone_serves_what_it_acknowledged_after_a_kill_9()
    {
        var port = ServerProcess.FreePort();
        await using (var server = await ServerProcess.Start(port, "--data", _directory.Path))
        {
            await using var client = await CmudClient.ConnectAsync(server.Address);
            for (var i = 0; i < 100; i++) await client.PutAsync($"key/{i:000}", $"{i}");
            await server.Kill();
        }

        await using var again = await ServerProcess.Start(port, "--data", _directory.Path);
        await using var reader = await CmudClient.ConnectAsync(again.Address);

        Assert.Equal("42", await reader.GetAsync("key/042"));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await reader.ListAsync("key/").Select(pair => pair.Value).ToArrayAsync());
    }
}
