using System.Text;
using System.Text.RegularExpressions;
using Cmud.App;
using Cmud.Client;
using Cmud.Replication;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Acceptance;

/// <summary>What operators ask of servers, and receipts that are waited for: real servers in this process, and the commands as they are typed.</summary>
public sealed class OperatorFacts : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private Mesh _mesh = null!;

    private TestServer First => _mesh.Servers[0];

    private TestServer Second => _mesh.Servers[1];

    private string Both => $"{First.Address},{Second.Address}";

    public async Task InitializeAsync() => _mesh = await Mesh.StartAsync(network: null, 2, 1);

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task Verify_says_that_all_replicas_are_equal()
    {
        await First.Grains[0].PutAllAsync(Enumerable.Range(0, 3_000).Select(i => KeyValuePair.Create($"key/{i:0000}", $"{i}")));
        await First.Grains[1].DeleteAsync("key/0000");

        var (code, output, error) = await Run("verify", "--server", Both);

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("Equal: 3 replicas of 2 servers, 2,999 keys, root ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_names_the_keys_that_one_replica_lacks_or_holds_otherwise()
    {
        await First.Grains[0].PutAllAsync(Enumerable.Range(0, 3_000).Select(i => KeyValuePair.Create($"key/{i:0000}", $"{i}")));
        await _mesh.Rests();
        // Behind the back of the sync: only one replica of one server gets these.
        await First.PlantAsync(1, Entry("key/0007", "other", time: ulong.MaxValue >> 1), Entry("planted", "v", time: 1));

        var (code, output, error) = await Run("verify", "--within", "500ms", "--server", Both);

        Assert.Equal((1, ""), (code, error));
        Assert.Contains("Differ: 3 replicas of 2 servers, in 2 keys", output, StringComparison.Ordinal);
        Assert.Contains("Keys \"key/0007\" to \"planted\":", output, StringComparison.Ordinal);
        Assert.Contains($"planted\n  {First.Name} ({First.Address}), query grain 0: absent\n  {First.Name} ({First.Address}), query grain 1: 1970-", output, StringComparison.Ordinal);
        Assert.Contains($"  {Second.Name} ({Second.Address}), query grain 0: absent\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_finds_one_write_with_two_values()
    {
        var put = await First.Grains[0].PutAsync("k", "v");
        await Eventually.Shows("k", "v", _mesh.Grains);
        await _mesh.Rests();
        // A replica refuses an equal stamp, so it is made to forget the key first.
        await Second.ReplaceAsync(0, new Entry(Bytes("k"), null, put.Stamp, 1), new Entry(Bytes("k"), Bytes("w"), put.Stamp, 1));

        var (code, output, _) = await Run("verify", "--within", "300ms", "--server", Both);

        Assert.Equal(1, code);
        Assert.Contains("in 1 key,", output, StringComparison.Ordinal);
        Assert.Contains(", content ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_is_not_taken_in_by_writes_under_way()
    {
        using var stop = new CancellationTokenSource();
        await First.Grains[0].PutAllAsync(Enumerable.Range(0, 3_000).Select(i => KeyValuePair.Create($"key/{i:0000}", $"{i}")));
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % 3_000)
            {
                await First.Grains[i % 2].PutAsync($"key/{i:0000}", $"again {i}");
                await Second.Grains[0].PutAsync($"key/{2_999 - i:0000}", $"again {i}");
                // The pace of somebody who writes: not a wait for anything.
                if (i % 16 == 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
        });

        var (code, output, error) = await Run("verify", "--within", "15s", "--server", Both, "--json");

        await stop.CancelAsync();
        await writing;
        Assert.True(code == 0, output + error);
        Assert.Contains("\"equal\":true", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"healed\":0,", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_wants_every_server_that_is_named()
    {
        var nobody = TestPorts.Next(1);

        var (code, output, error) = await Run("verify", "--server", $"{First.Address},127.0.0.1:{nobody}");

        Assert.Equal((2, $"Every server that is named must be there, but cannot be reached: 127.0.0.1:{nobody} (connection refused). Start it, or leave it out.\n"), (code, error));
        Assert.Equal("", output);
    }

    [Fact]
    public async Task Explain_tells_where_a_value_came_from_what_it_replaced_and_when_it_came()
    {
        var before = await First.Grains[0].PutAsync("k", "old");
        await Eventually.Shows("k", "old", _mesh.Grains);
        var put = await Second.Grains[0].PutAsync("k", "new");
        await Eventually.Shows("k", "new", _mesh.Grains);

        var (code, output, error) = await Run("explain", "k", "--server", Both);

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"k\n  {First.Name} ({First.Address}), query grain 0\n    value     \"new\"\n    stamp     {put.Stamp.Time}\n", output, StringComparison.Ordinal);
        Assert.Equal(3, Times(output, $"    origin    {Second.Name} {put.Stamp.Origin}, query grain 0, sequence {put.Sequence}\n"));
        Assert.Equal(3, Times(output, $"    replaced  {before.Stamp.Time}, {First.Name} {before.Stamp.Origin}, query grain 0\n"));
        Assert.Equal(3, Times(output, " its stamp\n"));
    }

    [Fact]
    public async Task Explain_tells_of_a_key_that_was_deleted_and_of_one_that_never_was()
    {
        await First.Grains[1].DeleteAsync("deleted");

        var (_, deleted, _) = await Run("explain", "deleted", "--server", $"{First.Address}");
        var (code, absent, _) = await Run("explain", "absent", "--server", $"{First.Address}");

        Assert.Contains("    value     none: the key was deleted\n", deleted, StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.Equal(2, Times(absent, "    no entry: it was never written"));
    }

    [Fact]
    public async Task Members_are_told_with_their_state()
    {
        await First.Grains[0].PutAsync("k", "v");
        await _mesh.Rests();

        await Eventually.NothingIsMissing(async () =>
        {
            var (code, output, _) = await Run("members", "--server", $"{First.Address}");
            var isTold = code == 0
                && output.Contains($"\n  {First.Name}  {First.Address}  ", StringComparison.Ordinal)
                && Regex.IsMatch(output, $"\n  {Second.Name}  {Second.Address}  [0-9a-f]{{16}}  up +[0-9.]+ ms +0 +[+-]?[0-9.]+ ms\n");
            return isTold ? null : $"The table is: {output}";
        });
    }

    [Fact]
    public async Task A_put_that_is_waited_for_everywhere_is_shown_by_every_replica()
    {
        await using var client = await CmudClient.ConnectAsync($"{First.Address}");
        for (var i = 0; i < 20; i++)
        {
            var receipt = await client.PutAsync($"k/{i}", "v");
            await client.WaitVisibleAsync(receipt, Visibility.Everywhere, Patience);

            foreach (var grain in _mesh.Grains) Assert.Equal(receipt.Stamp, await grain.StampAsync($"k/{i}"));
        }
    }

    [Fact]
    public async Task A_put_that_is_waited_for_here_is_shown_by_every_replica_of_its_server()
    {
        await using var client = await CmudClient.ConnectAsync(Both);
        for (var i = 0; i < 20; i++)
        {
            var receipt = await client.PutAsync($"k/{i}", "v");
            await client.WaitVisibleAsync(receipt, Visibility.Here, Patience);

            foreach (var grain in _mesh.Servers.Single(server => client.Servers.Single(view => view.Id == receipt.Server).Address == server.Address).Grains)
                Assert.Equal(receipt.Stamp, await grain.StampAsync($"k/{i}"));
        }
    }

    [Fact]
    public async Task What_is_waited_for_in_vain_says_who_does_not_show_it()
    {
        await using var client = await CmudClient.ConnectAsync($"{First.Address}");
        var receipt = await client.PutAsync("k", "v");
        // A stamp that nobody will show.
        var never = receipt with { Stamp = receipt.Stamp with { Time = new(ulong.MaxValue) } };

        var here = await Assert.ThrowsAsync<CmudException>(async () => await client.WaitVisibleAsync(never, Visibility.Here, TimeSpan.FromMilliseconds(200)));
        var everywhere = await Assert.ThrowsAsync<CmudException>(async () => await client.WaitVisibleAsync(never, Visibility.Everywhere, TimeSpan.FromSeconds(3)));

        Assert.Equal((CmudFailure.NotYetVisible, CmudFailure.NotYetVisible), (here.Failure, everywhere.Failure));
        Assert.Equal($"'k' is stored, but after 0.2 s not yet shown by {First.Name} ({First.Address}) (query grain 0, 1).", here.Message);
        Assert.Contains($"{Second.Name} ({Second.Address}) (query grain 0)", everywhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_is_down_is_waited_for_in_vain_and_named()
    {
        var gone = await TestServer.StartAsync(1, [First]);
        await using var client = await CmudClient.ConnectAsync($"{First.Address}");
        await Eventually.NothingIsMissing(async () => (await First.StatusAsync()).Members.Count == 3 ? null : "the third server is not known yet.");
        await gone.DisposeAsync();
        var receipt = await client.PutAsync("k", "v");

        var late = await Assert.ThrowsAsync<CmudException>(async () => await client.WaitVisibleAsync(receipt, Visibility.Everywhere, TimeSpan.FromSeconds(3)));

        Assert.Equal($"'k' is stored, but after 3 s not yet shown by {gone.Name} ({gone.Address}), which cannot be reached: connection refused.", late.Message);
    }

    [Fact]
    public async Task A_server_in_memory_has_nothing_to_back_up()
    {
        var (code, _, error) = await Run("backup", "/never/made", "--server", $"{First.Address}");

        Assert.Equal((2, $"{First.Name} keeps everything in memory, so there is nothing to back up; start it with a data directory.\n"), (code, error));
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var streams = new Streams(TextReader.Null, new StringWriter(), new StringWriter(), Interactive: false);
        var tree = new CommandTree(streams, static async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken), static (_, _, _) => Task.FromResult(0), static (_, _, _) => Task.FromResult(0));

        var code = await tree.RunAsync(args);
        return (code, streams.Out.ToString()!, streams.Error.ToString()!);
    }

    private static int Times(string text, string part) => text.Split(part).Length - 1;

    private static Entry Entry(string key, string value, ulong time) => new(Bytes(key), Bytes(value), new(new(time), new(new(0xbad), 1), 0), 1);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
