using System.Net;
using System.Net.Sockets;
using System.Text;
using Cmud.App.Serve.Telnet;
using Cmud.Game.Play;
using Cmud.Tests.Play;
using Xunit;

namespace Cmud.Tests.Unit.Serve;

/// <summary>Who comes by the network and what they send, at real sockets, with a game that only answers.</summary>
public class ServeTests
{
    private const byte Echo = 1, SuppressGoAhead = 3, EndOfRecord = 239, GoAhead = 249;

    [Fact]
    public async Task A_client_for_MUDs_gets_lines_marked_prompts_and_its_secrets_unseen()
    {
        await using var game = await HostedGame.StartAsync();
        await using var client = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Mud);
        await client.SeeAsync("Welcome\n> ");
        await client.UntilAsync(static client => client.Count(EndOfRecord) == 1, "the mark of the prompt");

        await client.TypeAsync("secure");
        await client.UntilAsync(static client => client.Has(Echo), "the echo that hides");
        Assert.False(client.Has(SuppressGoAhead));
        await client.TypeAsync("a secret");
        await client.UntilAsync(static client => !client.Has(Echo), "the end of the echo");
        await client.SeeAsync("You said a secret.\n> ");
        await client.SendAsync([.. "caf"u8, 0xE9, .. "\r\nquit\r\n"u8]);
        await client.SeeAsync("You said caf\u00e9.");
        await client.HungUp.WaitAsync(Within.Patience);

        Assert.Equal(["secure", "a secret", "caf\u00e9", "quit"], game.Sessions.Single().Entered);
        Assert.Equal(0, client.Count(GoAhead));
        Assert.Equal(1, client.Count(250) - 3);
    }

    [Fact]
    public async Task Plain_telnet_is_edited_for_and_an_event_does_not_tear_the_line()
    {
        await using var game = await HostedGame.StartAsync();
        await using var client = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Terminal);
        await client.UntilAsync(static client => client.Screen.EndsWith("Welcome\n> |", StringComparison.Ordinal), "the prompt");
        Assert.True(client.Has(Echo) && client.Has(SuppressGoAhead));

        await client.PressAsync("hall");
        await client.PressAsync("\e[D\e[D\e[D\x7F");
        await client.PressAsync("t");
        await client.UntilAsync(static client => client.Screen.EndsWith("> t|all", StringComparison.Ordinal), "the edited line");
        await client.TypeAsync("");
        await client.UntilAsync(static client => client.Screen.EndsWith("> tall\nYou said tall.\n> |", StringComparison.Ordinal), "the answer");

        await client.TypeAsync("secure");
        await client.SeeAsync("You said secure.");
        await client.PressAsync("geheim");
        await client.SendAsync(255, 250, 31, 0, 50, 0, 20, 255, 240);
        await client.TypeAsync("");
        await client.SeeAsync("You said geheim.");
        Assert.DoesNotContain("geheim", client.Text.Replace("You said geheim.", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await client.SendAsync(3);
        await client.SeeAsync("You leave the game.");
        await client.HungUp.WaitAsync(Within.Patience);
    }

    [Fact]
    public async Task A_bare_socket_plays_and_its_last_words_are_heard()
    {
        await using var game = await HostedGame.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, game.Telnet);

        var stream = socket.GetStream();
        await stream.WriteAsync("one\ntwo\nquit\n"u8.ToArray());
        socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var all = await reader.ReadToEndAsync().WaitAsync(Within.Patience);

        Assert.Contains("You said one.\r\n", all, StringComparison.Ordinal);
        Assert.Contains("You said two.\r\n", all, StringComparison.Ordinal);
        Assert.Equal(["one", "two", "quit"], game.Sessions.Single().Entered);
    }

    [Fact]
    public async Task Seats_are_bounded_for_both_doors_together_and_given_back()
    {
        await using var game = await HostedGame.StartAsync(static options => options with { PerAddress = 2 });
        await using var telnet = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Mud);
        await using var page = await WebPage.ConnectAsync(game.Web);
        await telnet.SeeAsync("> ");
        await page.SeeAsync("Welcome");

        const string refusal = "2 sessions come from your address already";
        await using var third = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Raw);
        await third.SeeAsync(refusal);
        await third.HungUp.WaitAsync(Within.Patience);
        await using var fourth = await WebPage.ConnectAsync(game.Web);
        Assert.StartsWith(refusal, (await fourth.UntilAsync(static told => WebPage.Is(told, "end"), "the refusal"))["text"]!.GetValue<string>(), StringComparison.Ordinal);
        await fourth.Ended.WaitAsync(Within.Patience);

        await page.EnterAsync("quit");
        await page.Ended.WaitAsync(Within.Patience);
        await using var fifth = await WebPage.ConnectAsync(game.Web);
        await fifth.SeeAsync("Welcome");
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_and_the_others_go_on()
    {
        const int blocks = 100;
        var block = new string('x', 100_000);
        var flooded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var game = await HostedGame.StartAsync(prepare: (session, screen) => session.OnEnter = line =>
        {
            if (line != "flood") return Task.CompletedTask;

            for (var i = 0; i < blocks; i++) screen.Show(new Output.Block(block));
            flooded.SetResult();
            return Task.CompletedTask;
        });
        await using var other = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Mud);
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(IPAddress.Loopback, game.Telnet);
        await deaf.SendAsync("flood\n"u8.ToArray());
        await flooded.Task.WaitAsync(Within.Patience);

        await other.TypeAsync("hello");
        await other.SeeAsync("You said hello.");
        Assert.InRange(await ReadToEndAsync(deaf), 0, (blocks * (long)block.Length) - Outbox.MaxWaiting);
    }

    [Fact]
    public async Task A_page_is_served_with_a_policy_and_no_page_of_another_site_may_play()
    {
        await using var game = await HostedGame.StartAsync(static options => options with { Origins = ["https://mud.example.org"] });
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{game.Web}") };
        foreach (var (path, type) in (ValueTuple<string, string>[])[("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")])
        {
            using var file = await http.GetAsync(path);
            Assert.Equal((HttpStatusCode.OK, type), (file.StatusCode, file.Content.Headers.ContentType!.MediaType));
            var policy = file.Headers.GetValues("Content-Security-Policy").Single();
            Assert.StartsWith("default-src 'none'; script-src 'self'; ", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("://", (await file.Content.ReadAsStringAsync()).Replace("wss\" : \"ws\"}://", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/../page.js/")).StatusCode);
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await http.GetAsync("/play")).StatusCode);
        Assert.Equal(421, (int)await StatusAsync("rebound.example", $"http://rebound.example"));
        foreach (var origin in (string[])["https://evil.example", "null", "http://127.0.0.1:1", $"https://127.0.0.1:{game.Web}", $"http://127.0.0.1:{game.Web}.evil.example"])
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"127.0.0.1:{game.Web}", origin));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"127.0.0.1:{game.Web}", null));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync($"127.0.0.1:{game.Web}", $"http://127.0.0.1:{game.Web}"));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync("mud.example.org", "https://mud.example.org"));
        Assert.Empty(game.Sessions);

        async Task<HttpStatusCode> StatusAsync(string host, string? origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/play") { Headers = { Host = host, Connection = { "Upgrade" }, Upgrade = { new("websocket") } } };
            request.Headers.Add("Sec-WebSocket-Version", "13");
            request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(new byte[16]));
            if (origin is not null) request.Headers.Add("Origin", origin);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task What_is_shown_comes_to_the_page_as_text_and_what_it_is()
    {
        await using var game = await HostedGame.StartAsync(prepare: static (session, _) => session.Prompt = "(test) > ");
        await using var page = await WebPage.ConnectAsync(game.Web);
        await page.SeeAsync("Welcome");

        await page.EnterAsync("<img src=x onerror=alert(1)>\u202E\e[2J");
        Assert.Equal("You said <img src=x onerror=alert(1)>[2J.", await page.SeeAsync("You said"));
        await page.EnterAsync("secure");
        await page.UntilAsync(static told => WebPage.Is(told, "prompt") && told["isSecret"]!.GetValue<bool>(), "the question for a secret");
        await page.EnterAsync("geheim");
        await page.SeeAsync("You said geheim.");

        Assert.Equal(
            ["(test) > <img src=x onerror=alert(1)>[2J", "(test) > secure", "(test) > "],
            page.Told.Where(static told => WebPage.Is(told, "entered")).Select(static told => $"{told["after"]}{told["text"]}"));
    }

    [Fact]
    public async Task A_page_that_was_gone_comes_back_to_its_session_and_to_what_it_missed()
    {
        await using var game = await HostedGame.StartAsync();
        await using var page = await WebPage.ConnectAsync(game.Web);
        await page.SeeAsync("Welcome");
        await page.EnterAsync("burst 3");
        await page.SeeAsync("Event 3.");
        var seen = page.Seen - 1;
        page.Drop();

        await using var back = await WebPage.ConnectAsync(game.Web, page.Session, seen);
        await back.SeeAsync("Event 3.");
        await back.EnterAsync("hello");
        await back.SeeAsync("You said hello.");
        Assert.DoesNotContain("Event 2.", back.Lines);
        Assert.False(back.Told[0]["isNew"]!.GetValue<bool>());
        Assert.Single(game.Sessions);

        // A second connection takes the session over; a reload shows all of it; somebody else's guess begins anew.
        await using var reloaded = await WebPage.ConnectAsync(game.Web, page.Session);
        await back.Ended.WaitAsync(Within.Patience);
        await reloaded.SeeAsync("You said hello.");
        Assert.Equal(["Welcome", "Event 1.", "Event 2.", "Event 3.", "You said hello."], reloaded.Lines);
        await using var stranger = await WebPage.ConnectAsync(game.Web, "00000000000000000000000000000000");
        await stranger.SeeAsync("Welcome");
        Assert.NotEqual(page.Session, stranger.Session);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[1, 2]")]
    [InlineData("{\"session\": 7}")]
    [InlineData("{\"line\": \"\\ud800\"}")]
    public async Task A_message_that_is_none_closes_with_a_sentence(string message)
    {
        await using var game = await HostedGame.StartAsync();

        await using var first = await WebPage.ConnectAsync(game.Web, hello: message);
        await first.Ended.WaitAsync(Within.Patience);
        await using var second = await WebPage.ConnectAsync(game.Web);
        await second.SeeAsync("Welcome");
        await second.SayAsync(new string(' ', 10_000) + "{}");
        await second.Ended.WaitAsync(Within.Patience);

        Assert.Equal("A message is JSON: {\"line\": \"look\"}.", first.Closed);
        Assert.Equal("A message may have 8192 bytes.", second.Closed);
    }

    [Fact]
    public async Task Who_plays_is_told_that_the_host_closes_and_it_ends_with_0()
    {
        await using var game = await HostedGame.StartAsync();
        await using var telnet = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Mud);
        await using var page = await WebPage.ConnectAsync(game.Web);
        await using var unfinished = await TelnetClient.ConnectAsync(game.Telnet, TelnetManner.Raw);
        await telnet.SeeAsync("> ");
        await page.SeeAsync("Welcome");

        Assert.Equal(0, await game.CloseAsync());

        await telnet.SeeAsync("This host is closing.");
        await page.SeeAsync("This host is closing.");
        await Task.WhenAll(telnet.HungUp, page.Ended, unfinished.HungUp).WaitAsync(Within.Patience);
        Assert.All(game.Sessions, static session => Assert.True(session.IsDisposed));
    }

    [Fact]
    public async Task Where_others_can_reach_it_the_operator_is_warned_and_a_taken_port_is_refused_in_a_sentence()
    {
        await using var game = await HostedGame.StartAsync(static options => options with { Host = IPAddress.Any });
        Assert.StartsWith("WARNING: whoever reaches 0.0.0.0 may play here", game.Warnings, StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<IOException>(() => HostedGame.StartAsync(options => options with { Telnet = game.Telnet }));
        Assert.StartsWith("The ports of --web and --telnet cannot be listened on", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>How much comes until the line is cut.</summary>
    private static async Task<long> ReadToEndAsync(Socket socket)
    {
        var (buffer, all) = (new byte[1 << 16], 0L);
        try
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(Within.Patience) is var read and > 0) all += read;
        }
        catch (SocketException)
        {
            // Cut in the middle.
        }

        return all;
    }
}
