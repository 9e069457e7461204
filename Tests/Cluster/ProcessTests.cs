using Cmud.Client;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Two servers as two processes: killed, restarted, stopped.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_server_killed_with_9_and_started_again_catches_up()
    {
        var (port, other) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        await using var first = await ServerProcess.Start(port);
        await using var second = await ServerProcess.Start(other, "--join", first.Address);
        await using var client = await CmudClient.ConnectAsync(first.Address);
        await client.PutAsync("before", "1");
        await ShowsAsync(second, "before", "1");

        await second.Kill();
        await client.PutAsync("meanwhile", "2");
        await using var again = await ServerProcess.Start(other, "--join", first.Address);

        await ShowsAsync(again, "before", "1");
        await ShowsAsync(again, "meanwhile", "2");
    }

    [Fact]
    public async Task A_server_that_lost_its_memory_and_joins_nobody_is_found_by_the_others()
    {
        var (port, other) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        await using var first = await ServerProcess.Start(port);
        await using var second = await ServerProcess.Start(other, "--join", first.Address);
        await using (var client = await CmudClient.ConnectAsync(first.Address)) await client.PutAsync("kept", "by the other");
        await ShowsAsync(second, "kept", "by the other");

        await first.Kill();
        await using var again = await ServerProcess.Start(port);

        await ShowsAsync(again, "kept", "by the other");
    }

    [Fact]
    public async Task Sigterm_drains_and_ends_with_0_within_5_seconds()
    {
        await using var first = await ServerProcess.Start(ServerProcess.FreePort());
        await using var second = await ServerProcess.Start(ServerProcess.FreePort(), "--join", first.Address);
        await using var client = await CmudClient.ConnectAsync(second.Address);
        var receipt = await client.PutAsync("last words", "heard");

        var code = await second.Terminate(TimeSpan.FromSeconds(5));

        Assert.NotNull(receipt);
        Assert.Equal(0, code);
        await ShowsAsync(first, "last words", "heard");
    }

    /// <summary>Reads over a connection of its own until the value is there.</summary>
    private static async Task ShowsAsync(ServerProcess server, string key, string value)
    {
        await using var client = await CmudClient.ConnectAsync(server.Address);
        using var timeout = new CancellationTokenSource(Limit);
        string? seen = null;
        try
        {
            while ((seen = await client.GetAsync(key, timeout.Token)) != value) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{server.Address} did not show {key} = {value} within {Limit.TotalSeconds} s, but {seen ?? "nothing"}. Its output: {server.Output}");
        }
    }
}
