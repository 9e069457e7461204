using Cmud.Client;
using Cmud.Game;
using Cmud.Game.Keys;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Acceptance.Harness;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Play;

/// <summary>Play-tests in which clients and servers die, and others join.</summary>
[Collection(TownTests.Name)]
public sealed class CrashTests(Town town, ITestOutputHelper output)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Row_05_A_client_killed_right_after_buying_has_bought_and_is_where_it_was()
    {
        var ids = await town.SettleAsync(Hour, "helix", "Ada5");
        await using (var ada = CmudProcess.Start("play", "--server", $"{town.Servers[0].Address}"))
        {
            ada.Type("Ada5", "go rashid", "buy laptop 2");
            await ada.SeeAsync("Your rig hums louder");
            await ada.KillAsync();
        }

        await IsEverywhereAsync(ids[0], "buy");
        await using var again = await town.ReturnAsync("Ada5", server: 2);

        Assert.Contains("laptop 3", Folded(await again.AskAsync("inventory")), StringComparison.Ordinal);
        Assert.Contains("Rashid", await again.AskAsync("look"), StringComparison.Ordinal);
        var score = await again.AskAsync("score");
        Assert.Contains("0.6 TC more each second", score, StringComparison.Ordinal);
        output.WriteLine(score);
    }

    [Fact]
    public async Task Row_16_A_payment_whose_payer_is_killed_arrives_once()
    {
        var ids = await town.SettleAsync(Hour, "dean", "Ada16", "Bo16");
        await using var bo = await town.ReturnAsync("Bo16", server: 1);
        await using (var ada = CmudProcess.Start("play", "--server", $"{town.Servers[0].Address}"))
        {
            ada.Type("Ada16", "pay bo16 50 for the coffee");
            await Eventually.NothingIsMissing(() => MissingAsync(town.Mesh.Grains[0], ids[0], "pay"));
            await ada.KillAsync();
        }

        // At once, and far away: the session learns of its own debit only after it has begun.

        await using var again = await town.ReturnAsync("Ada16", server: 2);
        await bo.SeeAsync("You received 50 TC from Ada16: for the coffee");

        Assert.Equal(1, bo.Count("You received"));
        Assert.Single(await town.Mesh.Grains[^1].ListAsync($"pay/{ids[1]}/"));
        var (paid, got) = (await again.AskAsync("history"), await bo.AskAsync("history"));
        Assert.Single(paid.Split('\n'), line => line.Contains("pays 50 TC", StringComparison.Ordinal));
        Assert.Single(got.Split('\n'), line => line.Contains("receives 50 TC", StringComparison.Ordinal));
        Assert.Contains("Every step keeps to the rules.", await bo.AskAsync("audit ada16"), StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await bo.AskAsync("audit bo16"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_34_A_lost_server_is_said_once_and_what_was_typed_meanwhile_is_done_once()
    {
        var (port, other) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        await using var first = await ServerProcess.Start(port);
        await using var second = await ServerProcess.Start(other, "--join", first.Address);
        var settlers = Settlers.Of(new(34), Hour, "cut", ["Ada34", "Bo34"]);
        await using (var client = await CmudClient.ConnectAsync(first.Address))
        {
            foreach (var (key, value) in settlers.Stored) await client.PutAsync(key, value);
        }

        // Who logs in where the ledger has not come yet begins with a newcomer's purse.
        foreach (var server in new[] { first, second }) await ShowsAsync(server, settlers.Stored);

        // Ada knows both servers, Bo only the one that stops.
        await using var ada = await Desk.ReturnAsync("Ada34", Address(first), Address(second));
        await using var bo = await Desk.ReturnAsync("Bo34", Address(first));
        await Task.WhenAll(ada.AskAsync("buy laptop"), bo.AskAsync("buy laptop"));
        await using (var client = await CmudClient.ConnectAsync(second.Address))
        {
            foreach (var id in settlers.Ids) await Eventually.NothingIsMissing(() => MissingAsync(client, id));
        }

        await first.Kill();
        var killed = TimeProvider.System.GetTimestamp();
        foreach (var desk in new[] { ada, bo })
        {
            desk.Type("buy laptop");
            desk.Type("say still here");
        }

        output.WriteLine($"played on at the next server after {(await ada.SeeAsync("You say, \"still here\"")).After(killed).TotalSeconds:0.0} s");
        await bo.SeeAsync("Reconnecting");
        await using var again = await ServerProcess.Start(port, "--join", second.Address);
        await Task.WhenAll(ada.DoneAsync(), bo.DoneAsync());
        await bo.SeeAsync("Connected again.");

        Assert.InRange(ada.Count("Reconnecting"), 0, 1);
        Assert.Equal(1, bo.Count("Reconnecting"));
        Assert.Equal(1, bo.Count("Connected again."));
        foreach (var desk in new[] { ada, bo })
        {
            Assert.Equal(2, desk.Count("hums louder"));
            Assert.Equal(1, desk.Count("You say, \"still here\""));
            Assert.Contains("laptop 3", Folded(await desk.AskAsync("inventory")), StringComparison.Ordinal);
            var history = await desk.AskAsync("history");
            Assert.Equal(2, history.Split('\n').Count(line => line.Contains("buys 1 laptop", StringComparison.Ordinal)));
        }

        // Each as the other's server sees it.
        await Task.WhenAll(IsAuditedAsync(ada, "bo34"), IsAuditedAsync(bo, "ada34"));
    }

    [Fact]
    public async Task Row_35_A_server_that_joins_shows_the_same_world()
    {
        const int keys = 10_000;
        await town.SettleAsync(TimeSpan.FromHours(10), "fence", "Ada35", "Bo35", "Cy35");
        await using var ada = await town.ReturnAsync("Ada35", server: 0);
        await ada.AskAsync("mail cy35 Welcome to the fourth server.");
        await town.Mesh.Grains[0].PutAsync(SharedKeys.Fence, """{"v":1,"text":"Row 35 was here","by":"Ada35","time":1}""");
        foreach (var chunk in Enumerable.Range(0, keys).Chunk(500)) await town.Mesh.Grains[1].PutAllAsync(chunk.Select(i => KeyValuePair.Create($"load/{i:00000}", $"{i}")));

        var fourth = await town.Mesh.AddAsync(2);
        var joined = TimeProvider.System.GetTimestamp();
        await Eventually.NothingIsMissing(async () => (await fourth.Grains[1].ListAsync("load/")).Count is var count && count == keys ? null : $"{count} of {keys} keys are there.");
        output.WriteLine($"{keys} keys after {TimeProvider.System.GetElapsedTime(joined).TotalSeconds:0.0} s");
        await town.Mesh.IsWhole();
        await using var cy = await Desk.ReturnAsync("Cy35", fourth.Address);

        Assert.Contains("1 letter waits for you.", cy.Text, StringComparison.Ordinal);
        var look = await cy.AskAsync("look");
        Assert.Contains("The Fence reads: \"Row 35 was here\", painted by Ada35.", look, StringComparison.Ordinal);
        Assert.Contains("Ada35 is here", look, StringComparison.Ordinal);
        Assert.Contains("Ada35", await cy.AskAsync("who"), StringComparison.Ordinal);
        Assert.Contains("Welcome to the fourth server.", await cy.AskAsync("mail 1"), StringComparison.Ordinal);
        Assert.Equal(Board(await ada.AskAsync("top"), "Ada35"), Board(await cy.AskAsync("top"), "Ada35"));

        static string Board(string top, string name) => string.Join(' ', top.Split('\n').Single(line => line.Contains(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..4]);
    }

    /// <summary>Waits until a ledger is whole and believed.</summary>
    private static async Task IsAuditedAsync(Desk auditor, string name) => await Eventually.NothingIsMissing(async () =>
        await auditor.AskAsync($"audit {name}") is var audit && audit.Contains("Every step keeps to the rules.", StringComparison.Ordinal) && audit.Split('\n').Count(line => line.Contains("buys 1 laptop", StringComparison.Ordinal)) == 2
            ? null : audit);

    /// <summary>Waits until each query grain of a server shows all of it.</summary>
    private static async Task ShowsAsync(ServerProcess server, IReadOnlyDictionary<string, string> stored)
    {
        for (var grain = 0; grain < Environment.ProcessorCount; grain++)
        {
            await using var client = await CmudClient.ConnectAsync(new CmudClientOptions { Servers = [Address(server)], Router = new FixedRouter(0, grain) });
            foreach (var (key, value) in stored)
                await Eventually.NothingIsMissing(async () => await client.GetAsync(key) == value ? null : $"{key} is missing on query grain {grain} of {server.Address}.");
        }
    }

    private static ServerAddress Address(ServerProcess server) => new("127.0.0.1", server.Port);

    /// <summary>A table with one blank between cells.</summary>
    private static string Folded(string table) => string.Join(' ', table.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private async Task IsEverywhereAsync(PlayerId id, string kind)
    {
        foreach (var grain in town.Mesh.Grains) await Eventually.NothingIsMissing(() => MissingAsync(grain, id, kind));
    }

    /// <summary>Null once a ledger holds an entry of a kind.</summary>
    private static async Task<string?> MissingAsync(TestGrain grain, PlayerId id, string kind) =>
        (await grain.ListAsync(LedgerKey.Prefix(id))).Values.Any(value => value.Contains($"\"{kind}\"", StringComparison.Ordinal)) ? null : $"there is no {kind} of {id} on {grain}.";

    private static async Task<string?> MissingAsync(CmudClient client, PlayerId id)
    {
        await foreach (var (_, value) in client.ListAsync(LedgerKey.Prefix(id)))
        {
            if (value.Contains("\"buy\"", StringComparison.Ordinal)) return null;
        }

        return $"there is no buy of {id}.";
    }
}
