using Cmud.Client;
using Cmud.Grains.Interfaces;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>A server that an operator gave up comes back, with its data directory.</summary>
public sealed class ForgetTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_forgotten_server_comes_back_empty_under_a_new_id_and_says_where_its_data_went()
    {
        var (data, port) = (_directory.In("lost"), ServerProcess.FreePort());
        var staying = new[] { "--name", "stays", "--data", _directory.In("stays") };
        await using var first = await ServerProcess.Start(ServerProcess.FreePort(), staying);
        await using (var lost = await ServerProcess.Start(port, "--name", "lost", "--data", data, "--join", first.Address))
        {
            await using var there = await CmudClient.ConnectAsync(lost.Address);
            await there.PutAsync("kept", "1");
            await using (var here = await CmudClient.ConnectAsync(first.Address)) await Seen(here, "kept", "1");

            // Both are dead when the other comes back: nobody can have told it.
            await first.Kill();
            await there.PutAsync("only here", "2");
            await lost.Kill();
        }

        await using var stays = await ServerProcess.Start(first.Port, staying);

        await using var admin = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = [ServerAddress.TryParse(stays.Address, out var address) ? address : throw new InvalidOperationException()] });
        var former = await UntilForgotten(admin);

        await using var back = await ServerProcess.Start(port, "--name", "lost", "--data", data, "--join", stays.Address);
        await using var reader = await CmudClient.ConnectAsync(new CmudClientOptions { Servers = [ServerAddress.TryParse(back.Address, out var again) ? again : throw new InvalidOperationException()], CallTimeout = Limit });

        await Seen(reader, "kept", "1");
        var aside = await Aside();
        Assert.Contains("\"key\":\"only here\",\"value\":\"2\"", await File.ReadAllTextAsync(Path.Combine(aside, "unreplicated.jsonl")), StringComparison.Ordinal);
        Assert.Null(await reader.GetAsync("only here"));
        var members = (await admin.MembersAsync())[0].Members;
        Assert.DoesNotContain(members, member => member.Server == former.Server);
        Assert.Contains(members, member => member.Name == "lost");

        async Task<string> Aside()
        {
            var began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                if (Directory.GetDirectories(_directory.Path, "lost.aside-*") is [var only] && back.Output.Contains("was turned away by the others", StringComparison.Ordinal)) return only;
                Assert.True(TimeProvider.System.GetElapsedTime(began) < Limit, $"Nothing was put aside, or nobody was told: {back.Output}");
                // Another process does both, one after the other, and what it says takes a way of its own.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>A server that is up cannot be forgotten: as soon as the link to it is known to be down, it can.</summary>
    private static async Task<MemberState> UntilForgotten(CmudOperator admin)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await admin.ForgetAsync("lost");
            }
            catch (CmudException e) when (e.Message.Contains("is up", StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(began) < Limit)
            {
                // The other server notices by itself that its link is down.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    private static async Task Seen(CmudClient client, string key, string value)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (await client.GetAsync(key) == value) return;
            }
            catch (CmudException e) when (e.Failure is CmudFailure.Unreachable or CmudFailure.ServerError)
            {
                // It may be beginning anew.
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Limit, $"{key} is not seen");
            // Another process catches up, and tells no client.
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
