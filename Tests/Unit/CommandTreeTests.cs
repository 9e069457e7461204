using System.Net;
using System.Net.Sockets;
using Cmud.App;
using Cmud.App.Play;
using Cmud.App.Serve;
using Cmud.Client;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class CommandTreeTests : IAsyncDisposable
{
    private readonly MemoryClient _client = new();
    private CmudClientOptions? _options;
    private PlayOptions? _played;
    private ServeOptions? _served;

    /// <summary>What the client of these tests is told of other servers.</summary>
    private const string Lags = "\"" + """"server":"000000000000005e","staleness":120,"lags":[{"server":"000000000000006e","lag":120},{"server":"000000000000007e","lag":80}]}"""";

    [Fact]
    public async Task Get_prints_the_value_alone()
    {
        await _client.PutAsync("k", "[red]two words[/]");

        Assert.Equal((0, "[red]two words[/]\n", ""), await Run("get", "k"));
        Assert.True(_client.IsDisposed);
    }

    [Fact]
    public async Task Certificates_are_named_all_or_none()
    {
        await Run("get", "k", "--ca", "c", "--cert", "d", "--key", "e");
        Assert.Equal(new("c", "d", "e"), _options!.Tls);

        Assert.Equal((2, "", "--ca needs --cert beside it: give --ca, --cert and --key, or none of them for no TLS.\n"), await Run("get", "k", "--ca", "c"));
    }

    [Fact]
    public async Task Get_of_an_absent_key_ends_with_1() => Assert.Equal((1, "", "Not present\n"), await Run("get", "k"));

    [Fact]
    public async Task Get_as_json()
    {
        await _client.PutAsync("k", "caf\u00e9 \"x\"\n");

        Assert.Equal((0, """{"key":"k","value":"caf""" + "\u00e9" + """ \"x\"\n",""" + Lags + "\n", ""), await Run("get", "k", "--json"));
        Assert.Equal((1, """{"key":"absent","value":null,""" + Lags + "\n", ""), await Run("--json", "get", "absent"));
    }

    [Theory]
    [InlineData("v", "put", "k", "v")]
    [InlineData("", "put", "k", "")]
    [InlineData("-5", "put", "k", "-5")]
    [InlineData("-x", "put", "k", "-x")]
    [InlineData("--nope", "put", "k", "--nope")]
    [InlineData("--nope=1", "put", "k", "--nope=1")]
    [InlineData("-hh", "put", "k", "-hh")]
    [InlineData("/h", "put", "k", "/h")]
    [InlineData("@file", "put", "k", "@file")]
    [InlineData("get", "put", "k", "get")]
    [InlineData("two words", "put", "k", "two words")]
    [InlineData("--server", "put", "k", "--", "--server")]
    [InlineData("--help", "put", "--", "k", "--help")]
    [InlineData("v", "--grain", "1", "put", "k", "v", "--server", "a:1")]
    [InlineData("-5", "put", "--server", "a:1", "k", "-5")]
    [InlineData("-5", "put", "k", "--server=a:1", "-5")]
    public async Task Put_takes_any_value(string value, params string[] args)
    {
        Assert.Equal((0, "Ok\n", ""), await Run(args));
        Assert.Equal(value, await _client.GetAsync("k"));
    }

    [Fact]
    public async Task Put_as_json_prints_the_receipt() => Assert.Equal(
        (0, """{"key":"k","time":"1970-01-01T00:00:01+00:00","stamp":"1970-01-01T00:00:01.000Z+0 000000000000005e.000000000000001f/3","origin":"000000000000005e.000000000000001f","grain":3,"sequence":1,"server":"000000000000005e","expires":null}""" + "\n", ""),
        await Run("put", "k", "v", "--json"));

    [Fact]
    public async Task Watch_prints_what_list_prints_and_of_a_deleted_key_no_value()
    {
        _client.Events =
        [
            new(WatchEventKind.Reset, "", null, null),
            new(WatchEventKind.Put, "k/1", "a\tb", null),
            new(WatchEventKind.Current, "", null, "p1"),
            new(WatchEventKind.Delete, "k/1", null, "p2"),
        ];

        Assert.Equal((0, "k/1\ta\\tb\nk/1\n", ""), await Run("watch", "k/"));
        var (_, output, _) = await Run("watch", "--json", "--from", "p0");
        Assert.Equal(
            """
            {"event":"reset","key":null,"value":null,"stamp":null,"ttl":null,"position":null}
            {"event":"put","key":"k/1","value":"a\tb","stamp":null,"ttl":null,"position":null}
            {"event":"current","key":null,"value":null,"stamp":null,"ttl":null,"position":"p1"}
            {"event":"delete","key":"k/1","value":null,"stamp":null,"ttl":null,"position":"p2"}

            """,
            output);
        Assert.Equal("p0", _client.WatchedFrom);
    }

    [Theory]
    [InlineData("1ms", "1970-01-01T00:00:01.001+00:00")]
    [InlineData("1500ms", "1970-01-01T00:00:02.5+00:00")]
    [InlineData("30s", "1970-01-01T00:00:31+00:00")]
    [InlineData("5m", "1970-01-01T00:05:01+00:00")]
    [InlineData("2h", "1970-01-01T02:00:01+00:00")]
    [InlineData("7d", "1970-01-08T00:00:01+00:00")]
    [InlineData("3650d", "1979-12-30T00:00:01+00:00")]
    public async Task Put_for_a_time(string time, string expires)
    {
        var (code, output, error) = await Run("put", "k", "v", "--ttl", time, "--json");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"\"expires\":\"{expires}\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Visibility.Here, 5_000, "here")]
    [InlineData(Visibility.Everywhere, 250, "everywhere", "--within", "250ms")]
    public async Task Put_and_wait(Visibility where, int milliseconds, params string[] args)
    {
        Assert.Equal((0, "Ok\n", ""), await Run(["put", "k", "v", "--wait", .. args]));

        Assert.Equal((where, TimeSpan.FromMilliseconds(milliseconds)), _client.Waited);
    }

    [Theory]
    [InlineData("--wait is 'nowhere' but must be here or everywhere. Try: cmud --help\n", "put", "k", "v", "--wait", "nowhere")]
    [InlineData("--within is '0s' but must be a number and its unit, more than nothing and at most a day, as in 500ms, 5s or 1m. Try: cmud --help\n", "put", "k", "v", "--within", "0s")]
    [InlineData("--within is '2d' but must be a number and its unit, more than nothing and at most a day, as in 500ms, 5s or 1m. Try: cmud --help\n", "verify", "--within", "2d")]
    public async Task What_cannot_be_waited_for_is_refused(string sentence, params string[] args) => Assert.Equal((2, "", sentence), await Run(args));

    [Fact]
    public async Task Delete_takes_a_key_away_and_does_not_mind_an_absent_one()
    {
        await _client.PutAsync("k", "v");

        Assert.Equal((0, "Ok\n", ""), await Run("delete", "k"));
        Assert.Equal((1, "", "Not present\n"), await Run("get", "k"));
        Assert.Equal((0, "Ok\n", ""), await Run("delete", "k"));
        Assert.Contains("\"sequence\":4", (await Run("delete", "k", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_prints_a_line_for_each_key_in_the_order_of_their_bytes()
    {
        await _client.PutAsync("b/\U00010000", "last");
        await _client.PutAsync("b/\uFFFD", "[blue]" + new string('x', 500));
        await _client.PutAsync("b/\\", "tab\tline\nreturn\rback\\slash\u001b");
        await _client.PutAsync("a", "first");

        var inOrder = "a\tfirst\nb/\\\\\ttab\\tline\\nreturn\\rback\\\\slash\\u001B\nb/\uFFFD\t[blue]" + new string('x', 500) + "\nb/\U00010000\tlast\n";
        Assert.Equal((0, inOrder, ""), await Run("list"));
        Assert.Equal((0, "a\tfirst\n", ""), await Run("list", "a"));
        Assert.Equal((0, """{"key":"a","value":"first"}""" + "\n", ""), await Run("list", "a", "--json"));
        Assert.Equal((0, "", ""), await Run("list", "unused"));
    }

    [Fact]
    public async Task Options_reach_the_client()
    {
        await Run("get", "k");
        Assert.Equal([new("localhost", 6000)], _options!.Servers);
        Assert.Null(_options.Router);

        await Run("get", "k", "--server", "a:1,b:2", "--server", "c", "--grain", "3");
        Assert.Equal([new("a", 1), new("b", 2), new("c", 6000)], _options.Servers);
        Assert.Equal(3, _options.Router!.Next([new(new("a", 1), Reachable: true, QueryGrains: 8, TimeSpan.Zero, default, "")]).Grain);
    }

    [Fact]
    public async Task Without_a_command_it_plays()
    {
        Assert.Equal((3, "", ""), await Run("--server", "a:1", "--plain"));
        Assert.Equal((new(Plain: true), new("a", 1)), (_played!, _options!.Servers.Single()));
        Assert.True(_client.IsDisposed);

        await Run("play", "--screen-reader", "--script", "f", "--color", "never", "--server", "a:1");
        Assert.Equal(new(ScreenReader: true, Script: "f", Color: ColorChoice.Never), _played);
    }

    [Theory]
    [InlineData("--plain", "get", "k", "--plain")]
    [InlineData("--color is 'loud' but must be auto, always or never.", "play", "--color", "loud")]
    [InlineData("'nonsense'", "nonsense")]
    [InlineData("'KEY'", "get")]
    [InlineData("'b'", "get", "a", "b")]
    [InlineData("'VALUE'", "put", "k")]
    [InlineData("--server", "put", "k", "v", "--server")]
    [InlineData("'KEY'", "delete")]
    [InlineData("--ttl", "put", "k", "v", "--ttl")]
    [InlineData("--ttl is '30' but must be a whole number and a unit", "put", "k", "v", "--ttl", "30")]
    [InlineData("--ttl is '1.5s'", "put", "k", "v", "--ttl", "1.5s")]
    [InlineData("--ttl is '-1s'", "put", "k", "v", "--ttl=-1s")]
    [InlineData("--ttl is '1sm'", "put", "k", "v", "--ttl", "1sm")]
    [InlineData("--ttl is '99999999999999999d'", "put", "k", "v", "--ttl", "99999999999999999d")]
    [InlineData("The time to live is 0 ms but must be 1 ms to 3,650 days", "put", "k", "v", "--ttl", "0s")]
    [InlineData("The time to live is 315446400000 ms but must be", "put", "k", "v", "--ttl", "3651d")]
    [InlineData("'x:y' is no address", "get", "k", "--server", "x:y")]
    [InlineData("--grain is '-1'", "get", "k", "--grain", "-1")]
    [InlineData("--grain is 'x'", "--grain", "x", "get", "k")]
    public async Task A_wrong_command_line_ends_with_2_and_one_line(string expected, params string[] args)
    {
        var (code, output, error) = await Run(args);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.EndsWith("Try: cmud --help\n", error, StringComparison.Ordinal);
        Assert.Single(error, '\n');
        Assert.Null(_options);
    }

    [Fact]
    public async Task A_failure_ends_with_2_and_its_sentence_on_one_line()
    {
        _client.Failure = new CmudException(CmudFailure.Unreachable, "No server\ncan be reached.");

        Assert.Equal((2, "", "No server can be reached.\n"), await Run("get", "k"));
        Assert.Equal((2, "", "No server can be reached.\n"), await Run("list"));
    }

    [Fact]
    public async Task A_person_who_waits_is_told_for_whom_and_a_pipe_is_not()
    {
        var time = new FakeTimeProvider();
        foreach (var isTerminal in new[] { true, false })
        {
            var answer = new TaskCompletionSource<ICmudClient>();
            using var streams = new Streams(new StringReader(""), new StringWriter(), new StringWriter(), Interactive: false) { ErrorIsTerminal = isTerminal };
            var run = new CommandTree(streams, (_, _) => answer.Task, static (_, _, _) => Task.FromResult(0), static (_, _, _) => Task.FromResult(0), time).RunAsync(["--server", "a:1"]);

            time.Advance(Reception.Silence);
            answer.SetResult(_client);

            Assert.Equal(0, await run.WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(isTerminal ? "Connecting to a:1 ... (Ctrl-C gives up)\n" : "", streams.Error.ToString());
        }
    }

    [Fact]
    public async Task Whoever_connects_goes_on_trying_where_something_listens()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var address = busy.LocalEndpoint.ToString()!;
        var attempts = 0;
        using var streams = new Streams(new StringReader(""), new StringWriter(), new StringWriter(), Interactive: false);
        var tree = new CommandTree(
            streams,
            (_, _) => ++attempts % 3 == 0 ? Task.FromResult<ICmudClient>(_client) : Task.FromException<ICmudClient>(new CmudException(CmudFailure.Unreachable, "No server.")),
            static (_, _, _) => Task.FromResult(7),
            static (_, _, _) => Task.FromResult(8));

        Assert.Equal(7, await tree.RunAsync(["--server", address]));
        Assert.Equal(3, attempts);
        Assert.Equal(1, await tree.RunAsync(["get", "k", "--server", address]));
        Assert.Equal(6, attempts);
        busy.Stop();
        Assert.Equal(2, await tree.RunAsync(["--server", address]));
        Assert.Equal(7, attempts);
    }

    [Fact]
    public async Task Serve_reads_what_to_host_and_for_whom()
    {
        Assert.Equal((4, "", ""), await Run("serve", "--web", "8080", "--telnet", "4000", "--host", "10.0.0.1", "--origin", "https://mud.example.org/", "--sessions", "50", "--per-address", "5", "--server", "a:1"));
        Assert.Equal((8080, 4000, "10.0.0.1", "https://mud.example.org", 50, 5), (_served!.Web, _served.Telnet, _served.Host.ToString(), _served.Origins.Single(), _served.Sessions, _served.PerAddress));

        Assert.Equal((4, "", ""), await Run("serve", "--telnet", "4000"));
        Assert.Equal((null, 4000, "127.0.0.1", 200, 20), (_served.Web, _served.Telnet, _served.Host.ToString(), _served.Sessions, _served.PerAddress));
    }

    [Theory]
    [InlineData("There is nothing to serve: give --web PORT for browsers, --telnet PORT for telnet and clients for MUDs, or both.")]
    [InlineData("--web and --telnet are both 4000 but must be two ports.", "--web", "4000", "--telnet", "4000")]
    [InlineData("--telnet is '0' but must be a whole number from 1 to 65535.", "--telnet", "0")]
    [InlineData("--web is '65536' but must be a whole number from 1 to 65535.", "--web", "65536")]
    [InlineData("--sessions is '2001' but must be a whole number from 1 to 2000.", "--web", "4000", "--sessions", "2001")]
    [InlineData("--host is 'mud.example.org' but must be an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.", "--web", "4000", "--host", "mud.example.org")]
    [InlineData("--origin is 'mud.example.org' but must be where the page is and nothing more, as in https://mud.example.org.", "--web", "4000", "--origin", "mud.example.org")]
    [InlineData("--origin is 'https://a.example/page' but must be where the page is and nothing more, as in https://mud.example.org.", "--web", "4000", "--origin", "https://a.example/page")]
    public async Task Serve_refuses_in_one_sentence(string sentence, params string[] args) =>
        Assert.Equal((2, "", $"{sentence} Try: cmud --help\n"), await Run(["serve", .. args]));

    [Fact]
    public async Task Help_of_a_command_names_no_option_that_it_has_no_use_for()
    {
        var (_, play, _) = await Run("play", "--help");
        var (_, get, _) = await Run("get", "--help");

        Assert.DoesNotContain("--grain", play, StringComparison.Ordinal);
        Assert.DoesNotContain("--json", play, StringComparison.Ordinal);
        Assert.Contains("--color <auto|always|never>", play, StringComparison.Ordinal);
        Assert.Contains("--grain", get, StringComparison.Ordinal);
        Assert.Contains("--json", get, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_command()
    {
        var (code, output, _) = await Run("--help");

        Assert.Equal(0, code);
        Assert.All(["play", "get", "put", "delete", "list", "shell", "--server", "--grain", "--json"], word => Assert.Contains(word, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_shell_answers_line_by_line_until_the_input_ends()
    {
        const string session = """
            get k
            PUT k "two \"words\"\n"
            Get k

            Put k2 -5
            List k
            list zzz
            Delete k
            list k
            delete k
            """;

        Assert.Equal(
            (0, "Not present\nOk\n\"two \\\"words\\\"\\n\"\nOk\n\"k\" \"two \\\"words\\\"\\n\"\n\"k2\" \"-5\"\nNot present\nOk\n\"k2\" \"-5\"\nOk\n", ""),
            await Run(session, interactive: false, "shell"));
    }

    [Fact]
    public async Task The_shell_tells_the_usage_of_what_it_does_not_understand_and_goes_on()
    {
        var (code, output, error) = await Run("Get\nPut k\nDelete\nList a b\nfoo\nPut k \"open\nput k v\nexit\nput k late", interactive: false, "shell");

        Assert.Equal((0, "Ok\n"), (code, output));
        Assert.Equal(
            ["Usage: Get KEY", "Usage: Put KEY VALUE (in quotes where it holds spaces)", "Usage: Delete KEY", "Usage: List [PREFIX]", "There is no command 'foo'; use Get, Put, Delete, List, help or exit.", "A quote is not closed."],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("v", await _client.GetAsync("k"));
    }

    [Fact]
    public async Task The_shell_survives_an_error()
    {
        _client.Failure = new CmudException(CmudFailure.ServerError, "It failed.");

        Assert.Equal((0, "", "It failed.\nIt failed.\n"), await Run("Get k\nList", interactive: false, "shell"));
    }

    [Fact]
    public async Task The_shell_says_once_where_no_server_was_found()
    {
        _client.Failure = new CmudException(CmudFailure.Unreachable, "No server can be reached: tried a:1.");

        Assert.Equal(
            (0, "", "No server can be reached: tried a:1.\nStill no server can be reached; this line was not sent.\nUsage: Get KEY\nStill no server can be reached; this line was not sent.\n"),
            await Run("Get k\nPut k v\nGet\nList", interactive: false, "shell"));
    }

    [Theory]
    [InlineData("gte", "get")]
    [InlineData("lst", "list")]
    [InlineData("sehll", "shell")]
    [InlineData("Plya", "play")]
    public async Task A_slip_in_a_command_gets_a_suggestion(string typed, string meant) =>
        Assert.Equal((2, "", $"There is no command '{typed}'; did you mean {meant}? Try: cmud --help\n"), await Run(typed, "k"));

    [Theory]
    [InlineData("token", "create, list, revoke")]
    [InlineData("cert", "init")]
    public async Task A_command_that_stands_for_several_names_them(string command, string verbs) =>
        Assert.Equal((2, "", $"cmud {command} has to be told what to do: {verbs}. Try: cmud --help\n"), await Run(command));

    [Fact]
    public async Task Help_is_a_command_too()
    {
        var (_, all, _) = await Run("--help");
        var (_, one, _) = await Run("list", "--help");

        Assert.Equal((0, all, ""), await Run("help"));
        Assert.Equal((0, one, ""), await Run("help", "list"));
        Assert.Contains("list [PREFIX]", all, StringComparison.Ordinal);
        Assert.Contains("put <KEY> <VALUE>", all, StringComparison.Ordinal);
        Assert.Contains(" list [<PREFIX>]", one, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_gets_a_prompt() =>
        Assert.Equal((0, "> Not present\n> \n", ""), await Run("get k", interactive: true, "shell"));

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private Task<(int Code, string Output, string Error)> Run(params string[] args) => Run("", interactive: false, args);

    private async Task<(int Code, string Output, string Error)> Run(string input, bool interactive, params string[] args)
    {
        using var streams = new Streams(new StringReader(input), new StringWriter(), new StringWriter(), interactive);
        var tree = new CommandTree(streams, (options, _) =>
        {
            _options = options;
            return Task.FromResult<ICmudClient>(_client);
        }, (options, _, _) =>
        {
            _played = options;
            return Task.FromResult(3);
        }, (options, _, _) =>
        {
            _served = options;
            return Task.FromResult(4);
        });

        var code = await tree.RunAsync(args);
        return (code, streams.Out.ToString()!, streams.Error.ToString()!);
    }
}
