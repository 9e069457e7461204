using System.Globalization;
using Cmud.Client;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>How long a server with many keys takes from its launch until it is ready.</summary>
public sealed class ReloadTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>What a million keys may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_with_a_million_keys_is_ready_within_5_seconds()
    {
        await LargeStore.FillAsync(_directory.Path, LargeStore.Keys);
        var took = new List<TimeSpan>();

        for (var round = 0; round < (LargeStore.IsFull ? 5 : 1); round++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await using var server = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.Path);
            took.Add(TimeProvider.System.GetElapsedTime(began));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{LargeStore.Keys} keys: ready after {took[^1].TotalSeconds:0.00} s, {server.Worked.TotalSeconds:0.00} s of processor time"));

            await using var client = await CmudClient.ConnectAsync(server.Address);
            Assert.Equal(LargeStore.Keys, await client.ListAsync().CountAsync());
        }

        took.Sort();
        if (LargeStore.IsFull) Assert.True(took[took.Count / 2] <= Limit, $"Half of the starts took more than {took[took.Count / 2].TotalSeconds:0.00} s.");
    }
}
