using System.Text.Json.Nodes;
using Cmud.Tests.Acceptance.Harness;
using Cmud.Tests.Cluster;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>Play-tests through a host: the game itself, by telnet and by the WebSocket of the page.</summary>
[Collection(TownTests.Name)]
public sealed class HostedPlayTests(Town town, HostedPlayTests.OneHost one) : IClassFixture<HostedPlayTests.OneHost>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private Hosting Host => one.Host;

    [Fact]
    public async Task Row_37_Plain_telnet_is_not_torn_while_another_talks_and_a_passphrase_is_not_echoed()
    {
        await town.SettleAsync(Hour, "gates7", "Ada37", "Bo37");
        await using var ada = await SitDownAsync("Ada37", TelnetManner.Terminal);
        await using var bo = await SitDownAsync("Bo37", TelnetManner.Mud);

        await ada.PressAsync("say half of what I me");
        await ada.UntilAsync(static ada => ada.Screen.EndsWith("(campus) > say half of what I me|", StringComparison.Ordinal), "the half line");
        for (var i = 1; i <= 5; i++) await bo.TypeAsync($"say event {i}");
        await ada.UntilAsync(static ada => ada.Screen.EndsWith("Bo37 says, \"event 5\"\n(campus) > say half of what I me|", StringComparison.Ordinal), "the events above the line");
        await ada.TypeAsync("an");
        await bo.SeeAsync("Ada37 says, \"half of what I mean\"");

        foreach (var (player, enter) in (ValueTuple<TelnetClient, Func<Task>>[])[(ada, () => Task.CompletedTask), (bo, () => bo.UntilAsync(static bo => bo.Has(1), "the echo that hides"))])
        {
            await player.TypeAsync("secure");
            await player.SeeAsync("New passphrase: ");
            await enter();
            await player.TypeAsync("correct horse");
            await player.SeeAsync("Again: ");
            await player.TypeAsync("correct horse");
            await player.SeeAsync("From now on your name asks for it");
            Assert.DoesNotContain("correct", player.Text, StringComparison.Ordinal);
        }

        await bo.UntilAsync(static bo => !bo.Has(1), "the end of the hiding");
        await bo.TypeAsync("quit");
        await bo.HungUp.WaitAsync(Within.Patience);
        await using var again = await TelnetClient.ConnectAsync(Host.Telnet, TelnetManner.Mud);
        await again.TypeAsync("Bo37");
        await again.SeeAsync("Passphrase: ");
        await again.TypeAsync("correct horse");
        await again.SeeAsync("Welcome back, Bo37");
    }

    [Fact]
    public async Task Row_38_A_browser_and_telnet_hear_one_another_and_text_stays_text()
    {
        await town.SettleAsync(Hour, "gates8", "Ada38", "Bo38");
        await using var ada = await WebPage.ConnectAsync(Host.Web);
        await using var bo = await SitDownAsync("Bo38", TelnetManner.Mud);
        await ada.SeeAsync("Name your character");
        await ada.EnterAsync("Ada38");
        await ada.SeeAsync("Welcome back, Ada38");

        await ada.EnterAsync("say <b>hello</b>");
        await bo.SeeAsync("Ada38 says, \"<b>hello</b>\"");
        await bo.TypeAsync("say <script>alert(1)</script>\u202E");
        var heard = await ada.UntilAsync(static told => WebPage.Is(told, "line") && told["text"]!.GetValue<string>().StartsWith("Bo38 says", StringComparison.Ordinal), "what Bo says");
        Assert.Equal(("Bo38 says, \"<script>alert(1)</script>\"", "speech"), (heard["text"]!.GetValue<string>(), heard["tone"]!.GetValue<string>()));
        await ada.EnterAsync("shop");
        Assert.Equal(["Type", "Machine", "Price", "Mines", "You have"], ((JsonArray)(await ada.UntilAsync(static told => WebPage.Is(told, "table"), "the shop"))["headers"]!).Select(static header => header!.GetValue<string>()));
    }

    [Fact]
    public async Task A_hosted_player_plays_on_when_a_server_of_the_store_is_lost_and_is_told_when_the_host_closes()
    {
        await using var second = await TestServer.StartAsync();
        var first = await TestServer.StartAsync(join: [second]);
        var settlers = Settlers.Of(new(44), Hour, "wean", ["Ada44"]);
        foreach (var server in (TestServer[])[first, second]) await server.Grains[0].PutAllAsync(settlers.Stored);
        await using var host = await Hosting.StartAsync(first.Address, second.Address);
        await using var ada = await TelnetClient.ConnectAsync(host.Telnet, TelnetManner.Mud);
        await ada.TypeAsync("Ada44");
        await ada.SeeAsync("(campus) > ");

        await first.DisposeAsync();

        await ada.TypeAsync("say still here");
        await ada.SeeAsync("You say, \"still here\"");
        Assert.Equal(0, await host.TerminateAsync());
        await ada.SeeAsync("This host is closing.");
        await ada.HungUp.WaitAsync(Within.Patience);
    }

    [ToolFact("telnet", "telnet")]
    public async Task Row_37_Telnet_edits_a_line_here_and_shows_no_passphrase()
    {
        await town.SettleAsync(Hour, "gates9", "Ada47", "Bo47");
        await using var bo = await town.ReturnAsync("Bo47", server: 0);
        await using var ada = await Tmux.StartAsync(columns: 60, rows: 24);
        await ada.TypeAsync($"telnet 127.0.0.1 {Host.Telnet}\n");
        await ada.WaitForAsync("Name your character", Within.Patience);
        await ada.TypeAsync("Ada47\n");
        await ada.WaitForAsync("(campus) >", Within.Patience);

        await ada.TypeAsync("say halo");
        await ada.KeysAsync("Left");
        await ada.TypeAsync("l");
        await ada.WaitForAsync("> say hallo", Within.Patience);
        for (var i = 1; i <= 5; i++) await bo.AskAsync($"say event {i}");
        await ada.WaitForAsync(static screen => screen.TrimEnd().EndsWith("Bo47 says, \"event 5\"\n(campus) > say hallo", StringComparison.Ordinal), "the line below the events", Within.Patience);
        Assert.Equal("(campus) > say hall".Length, (await ada.CursorAsync()).Column);
        await ada.TypeAsync("\n");
        await bo.SeeAsync("Ada47 says, \"hallo\"");

        await SecureUnseenAsync(ada);

        // The window tells its size, and Ctrl-C leaves.
        await ada.ResizeAsync(40, 24);
        await ada.TypeAsync("say before the window was made so small, there was room for this\n");
        await ada.WaitForAsync("\n  ", Within.Patience);
        await ada.KeysAsync("C-c");
        await ada.WaitForAsync("You leave the game. What you did is", Within.Patience);
        await ada.WaitForAsync("Connection closed by foreign host.", Within.Patience);
    }

    [ToolFact("/usr/games/tt++", "tintin++")]
    public async Task Row_36_Tintin_marks_prompts_and_hides_a_passphrase()
    {
        await town.SettleAsync(Hour, "rashid", "Ada36", "Bo36");
        await using var bo = await town.ReturnAsync("Bo36", server: 0);
        await using var ada = await Tmux.StartAsync(columns: 80, rows: 30);
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.In("session.tin"), $"#event {{RECEIVED PROMPT}} {{#showme {{MARKED}}}}\n#session cmud 127.0.0.1 {Host.Telnet}\n");
        await ada.TypeAsync($"/usr/games/tt++ -G {directory.In("session.tin")}\n");
        await ada.WaitForAsync("Name your character", Within.Patience);
        await ada.TypeAsync("Ada36\n");
        await ada.WaitForAsync("(campus) >", Within.Patience);
        await ada.WaitForAsync("MARKED", Within.Patience);

        await ada.TypeAsync("say caf\u00e9 and so on\n");
        await bo.SeeAsync("Ada36 says, \"caf\u00e9 and so on\"");
        await bo.AskAsync("say hello yourself");
        await ada.WaitForAsync("Bo36 says, \"hello yourself\"", Within.Patience);

        await SecureUnseenAsync(ada);
    }

    /// <summary>Gives the player a passphrase, of which nothing is on the screen then.</summary>
    private static async Task SecureUnseenAsync(Tmux player)
    {
        await player.TypeAsync("secure\n");
        await player.WaitForAsync("New passphrase:", Within.Patience);
        await player.TypeAsync("correct horse\n");
        await player.WaitForAsync("Again:", Within.Patience);
        await player.TypeAsync("correct horse\n");
        await player.WaitForAsync("From now on your name asks for it", Within.Patience);
        Assert.DoesNotContain("correct", await player.ScreenAsync(history: true), StringComparison.Ordinal);
    }

    private async Task<TelnetClient> SitDownAsync(string name, TelnetManner manner)
    {
        var client = await TelnetClient.ConnectAsync(Host.Telnet, manner);
        await client.SeeAsync("Name your character");
        await client.TypeAsync(name);
        await client.SeeAsync("(campus) > ");
        return client;
    }

    /// <summary>A host on the first server of the town.</summary>
    public sealed class OneHost(Town town) : IAsyncLifetime
    {
        internal Hosting Host { get; private set; } = null!;

        public async Task InitializeAsync() => Host = await Hosting.StartAsync(town.Servers[0].Address);

        public async Task DisposeAsync() => await Host.DisposeAsync();
    }
}
