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

    /// <summary>A write that came after the hand-over would be acknowledged and go nowhere.</summary>
    [Fact]
    public async Task What_a_server_acknowledges_while_it_stops_is_at_the_other()
    {
        await using var first = await ServerProcess.Start(ServerProcess.FreePort());
        await using var second = await ServerProcess.Start(ServerProcess.FreePort(), "--join", first.Address);
        await using var client = await CmudClient.ConnectAsync(second.Address);
        await client.PutAsync("linked", "yes");
        await ShowsAsync(first, "linked", "yes");
        var acknowledged = new List<string>();

        var ending = second.Terminate(TimeSpan.FromSeconds(5));
        var refusal = await Assert.ThrowsAsync<CmudException>(async () =>
        {
            while (true)
            {
                await client.PutAsync($"late/{acknowledged.Count:000000}", "v");
                acknowledged.Add($"late/{acknowledged.Count:000000}");
            }
        });

        Assert.Equal(0, await ending);
        Assert.NotEqual(CmudFailure.ServerError, refusal.Failure);
        await using var other = await CmudClient.ConnectAsync(first.Address);
        var held = await other.ListAsync("late/").Select(pair => pair.Key).ToHashSetAsync();
        Assert.Superset(acknowledged.ToHashSet(), held);
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
