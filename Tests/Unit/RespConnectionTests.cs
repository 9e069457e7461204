using System.IO.Pipelines;
using System.Text;
using Cmud.Replication;
using Cmud.Silo.Resp;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class RespConnectionTests
{
    private readonly RespTalk _talk = new();

    [Theory]
    [InlineData("PING\r\n", "+PONG\r\n")]
    [InlineData("ping hello\r\n", "$5\r\nhello\r\n")]
    [InlineData("ECHO hello\r\nECHO\r\n", "$5\r\nhello\r\n-ERR wrong number of arguments for 'echo' command\r\n")]
    [InlineData("PING a b\r\n", "-ERR wrong number of arguments for 'ping' command\r\n")]
    [InlineData("SET k v\r\nget k\r\n", "+OK\r\n$1\r\nv\r\n")]
    [InlineData("GET absent\r\n", "$-1\r\n")]
    [InlineData("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n")]
    [InlineData("GET a b\r\n", "-ERR wrong number of arguments for 'get' command\r\n")]
    [InlineData("SET k\r\n", "-ERR wrong number of arguments for 'set' command\r\n")]
    [InlineData("GET \"\"\r\n", "-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8.\r\n")]
    [InlineData("SET \"a\\nb\" v\r\n", "-ERR The key 'a?b' holds the control character U+000A; keys may not hold control characters.\r\n")]
    [InlineData("SET k \"\\xff\"\r\n", "-ERR The value is not valid UTF-8; encode binary data as text (base64, say).\r\n")]
    [InlineData("QUIT\r\nPING\r\n", "+OK\r\n")]
    [InlineData("POST / HTTP/1.1\r\nSET k v\r\n", "-ERR Protocol error: this port speaks RESP, not HTTP\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nSET k v\r\n", "-ERR wrong number of arguments for 'get' command\r\n-ERR Protocol error: this port speaks RESP, not HTTP\r\n")]
    [InlineData("SET k v\r\n*1\r\n:1\r\nPING\r\n", "+OK\r\n-ERR Protocol error: expected '$', got ':'\r\n")]
    public async Task Commands_get_their_replies(string input, string replies) => Assert.Equal(replies, await _talk.Say(input));

    [Fact]
    public async Task Commands_that_arrive_together_go_as_one_call()
    {
        var replies = await _talk.Say("SET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\n");

        Assert.Equal("+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n", replies);
        Assert.Equal(["Execute 4"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task Other_commands_keep_their_place_between_those_of_the_store()
    {
        var replies = await _talk.Say("SET a 1\r\nPING\r\nSET b 2\r\nCMUD.LIST \"\"\r\nSET c 3\r\nGET \"\"\r\nGET c\r\n");

        Assert.Equal(
            "+OK\r\n+PONG\r\n+OK\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n+OK\r\n-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8.\r\n$1\r\n3\r\n",
            replies);
        Assert.Equal(["Execute 1", "Execute 1", "List 1000", "Execute 2"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task A_long_pipeline_is_cut_at_the_bound_of_a_batch()
    {
        var replies = await _talk.Say(string.Concat(Enumerable.Repeat("GET k\r\n", Door.MaxBatch + 1)));

        Assert.Equal(string.Concat(Enumerable.Repeat("$-1\r\n", Door.MaxBatch + 1)), replies);
        // Each command could be a DEL, which is two operations.
        Assert.Equal([$"Execute {Door.MaxBatch - 1}", "Execute 2"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task A_heavy_pipeline_is_cut_at_the_bound_of_bytes()
    {
        const int heavy = 60_000;
        const int packed = 1 + 1 + 1 + 3 + heavy;
        const int fit = RespSession.MaxBatchBytes / packed;

        await _talk.Say(string.Concat(Enumerable.Repeat($"SET k {new string('x', heavy)}\r\n", fit + 1)));

        Assert.Equal([$"Execute {fit}", "Execute 1"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task A_batch_that_is_refused_is_carried_out_in_smaller_ones()
    {
        _talk.Grain.MaxGets = 1;

        var replies = await _talk.Say("SET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\n");

        Assert.Equal("+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n", replies);
        Assert.Equal(["Execute 4", "Execute 2", "Execute 2"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task Few_long_replies_are_held_at_a_time_for_clients_that_do_not_read()
    {
        const int keys = 10;
        var ask = $"MGET{string.Concat(Enumerable.Repeat(" k", keys))}\r\n";
        await _talk.Say($"SET k {new string('v', 60_000)}\r\n");
        _talk.Grain.MaxBriefGets = keys - 1;
        var slow = await Task.WhenAll(Enumerable.Range(0, RespBounds.LongReplies).Select(_ => AskAsync()));

        Assert.Equal("-BUSY 16 clients are sent replies of more than 512 KiB, which is the most at a time; ask for fewer keys at once, or a second later\r\n+PONG\r\n", await _talk.Say($"{ask}PING\r\n"));
        Assert.Equal("$60000\r\n", (await _talk.Say("GET k\r\n"))[..8]);

        // One has taken it.
        Assert.StartsWith("*10\r\n$60000\r\n", await RespTalk.ReadAll(slow[0].Input), StringComparison.Ordinal);
        Assert.Equal(keys, (await _talk.Say(ask)).Split("$60000").Length - 1);

        async Task<IDuplexPipe> AskAsync()
        {
            var (client, server) = RespTalk.Wire(unread: 65_536);
            _ = EndAsync();
            await client.Output.WriteAsync(Encoding.UTF8.GetBytes(ask));
            await client.Output.CompleteAsync();
            return client;

            async Task EndAsync()
            {
                await _talk.Serve(server, CancellationToken.None);
                await server.Output.CompleteAsync();
            }
        }
    }

    [Fact]
    public async Task A_failing_grain_is_one_sentence_for_each_command_and_the_connection_lives_on()
    {
        _talk.Grain.Failure = new InvalidOperationException("It broke.\nAt once.");

        var replies = await _talk.Say("SET a 1\r\nGET a\r\nPING\r\n");

        Assert.Equal("-ERR the store could not answer: It broke. At once.\r\n-ERR the store could not answer: It broke. At once.\r\n+PONG\r\n", replies);
    }

    [Fact]
    public async Task A_grain_that_does_not_answer_in_time_leaves_the_write_open()
    {
        _talk.Grain.Failure = new TimeoutException("30 s");

        Assert.Equal("-ERR the query grain did not answer in time; a write may or may not have been stored, read it again\r\n", await _talk.Say("SET a 1\r\n"));
    }

    [Theory]
    [InlineData("CMUD.LIST", "-ERR wrong number of arguments for 'cmud.list' command\r\n")]
    [InlineData("CMUD.LIST x", "*0\r\n")]
    [InlineData("CMUD.LIST k/ AFTER k/3", "*2\r\n$3\r\nk/4\r\n$1\r\n4\r\n")]
    [InlineData("cmud.list k/ limit 1 after k/1", "*2\r\n$3\r\nk/2\r\n$1\r\n2\r\n")]
    [InlineData("CMUD.LIST k/ LIMIT 0", "-ERR LIMIT must be a number from 1 to 2,147,483,647\r\n")]
    [InlineData("CMUD.LIST k/ LIMIT many", "-ERR LIMIT must be a number from 1 to 2,147,483,647\r\n")]
    [InlineData("CMUD.LIST k/ LIMIT", "-ERR syntax error; use CMUD.LIST prefix [AFTER key] [LIMIT n]\r\n")]
    [InlineData("CMUD.LIST k/ BEFORE k/3", "-ERR syntax error; use CMUD.LIST prefix [AFTER key] [LIMIT n]\r\n")]
    [InlineData("CMUD.LIST k/ AFTER \"\"", "-ERR The key is empty; a key has 1 to 1,024 bytes of UTF-8.\r\n")]
    [InlineData("CMUD.LIST \"\\xff\"", "-ERR The prefix '\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).\r\n")]
    public async Task List_answers_keys_and_values_in_turn(string command, string reply)
    {
        await _talk.Say("SET k/1 1\r\nSET k/2 2\r\nSET k/3 3\r\nSET k/4 4\r\nSET l 5\r\n");

        Assert.Equal(reply, await _talk.Say(command + "\r\n"));
    }

    [Fact]
    public async Task List_reads_as_many_pages_as_its_limit_needs()
    {
        const int keys = 2_500;
        await _talk.Say(string.Concat(Enumerable.Range(0, keys).Select(i => $"SET k{i:D4} v\r\n")));
        _talk.Grain.Calls.Clear();

        var all = await _talk.Say("CMUD.LIST k LIMIT 2400\r\n");
        var byDefault = await _talk.Say("CMUD.LIST k\r\n");

        Assert.StartsWith("*4800\r\n$5\r\nk0000\r\n", all, StringComparison.Ordinal);
        Assert.EndsWith("$5\r\nk2399\r\n$1\r\nv\r\n", all, StringComparison.Ordinal);
        Assert.StartsWith("*2000\r\n", byDefault, StringComparison.Ordinal);
        Assert.Equal(["List 1000", "List 1000", "List 400", "List 1000"], _talk.Grain.Calls);
    }

    [Fact]
    public async Task List_of_large_values_ends_early_and_goes_on_after_its_last_key()
    {
        const int keys = 2_000;
        await _talk.Say(string.Concat(Enumerable.Range(0, keys).Select(i => $"SET k{i:D4} {new string('v', 6_000)}\r\n")));

        var (seen, after, answers) = (0, "", 0);
        for (var count = -1; count != 0; answers++)
        {
            var reply = await _talk.Say($"CMUD.LIST k LIMIT 5000{after}\r\n");
            var lines = reply.Split("\r\n");
            count = int.Parse(lines[0][1..], System.Globalization.CultureInfo.InvariantCulture) / 2;
            seen += count;
            if (count > 0) after = $" AFTER {lines[^4]}";
        }

        Assert.Equal(keys, seen);
        Assert.True(answers > 2, "One answer held everything.");
    }

    [Theory]
    [InlineData("COMMAND DOCS")]
    [InlineData("MULTI")]
    [InlineData("PING x y")]
    [InlineData("SET k v NX")]
    public async Task A_client_that_reads_no_replies_is_waited_for(string command)
    {
        const int unread = 1_024;
        var (client, server) = RespTalk.Wire(unread);
        await client.Output.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{command}\r\n", 10_000))));

        var serving = _talk.Serve(server, CancellationToken.None);

        Assert.False(serving.IsCompleted);
        var read = await client.Input.ReadAtLeastAsync(unread);
        Assert.InRange(read.Buffer.Length, unread, 128 * 1_024);
    }

    [Theory]
    [InlineData("*2\r\n$3\r\nGET\r\n$100\r\n", "x")]
    [InlineData("GET ", "x")]
    [InlineData("*10", "0")]
    [InlineData("GET a\r\n*1", "\r")]
    public async Task A_command_that_trickles_in_has_its_time_and_no_more(string begun, string rest)
    {
        var (client, server) = RespTalk.Wire();
        var serving = _talk.Serve(server, CancellationToken.None);

        await client.Output.WriteAsync(Encoding.UTF8.GetBytes(begun));
        _talk.Time.Advance(RespBounds.CommandTime / 2);
        await client.Output.WriteAsync(Encoding.UTF8.GetBytes(rest));
        _talk.Time.Advance(RespBounds.CommandTime / 3);

        Assert.False(serving.IsCompleted);
        _talk.Time.Advance(RespBounds.CommandTime / 3);
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
        await server.Output.CompleteAsync();
        Assert.EndsWith("-ERR The command was not whole after 30 s; send it faster, or in parts.\r\n", await RespTalk.ReadAll(client.Input), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_nothing_to_say_or_goes_on_sending_is_not_cut()
    {
        var (client, server) = RespTalk.Wire();
        var serving = _talk.Serve(server, CancellationToken.None);

        // Each time with a piece of the next command, as reads cut a pipeline.
        for (var i = 0; i < 10; i++)
        {
            await client.Output.WriteAsync("PING\r\nPI"u8.ToArray());
            _talk.Time.Advance(RespBounds.CommandTime - TimeSpan.FromSeconds(1));
            await client.Output.WriteAsync("NG\r\n"u8.ToArray());
            _talk.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.False(serving.IsCompleted);
        await client.Output.CompleteAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
        await server.Output.CompleteAsync();
        Assert.Equal(string.Concat(Enumerable.Repeat("+PONG\r\n", 20)), await RespTalk.ReadAll(client.Input));
    }

    [Theory]
    [InlineData("GET k")]
    [InlineData("COMMAND DOCS")]
    [InlineData("CMUD.LIST k")]
    [InlineData("MULTI")]
    public async Task A_client_that_takes_no_replies_is_cut(string command)
    {
        await _talk.Say($"SET k {new string('v', 60_000)}\r\n");
        var (client, server) = RespTalk.Wire(unread: 1_024);
        await client.Output.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{command}\r\n", 10_000))));
        var serving = _talk.Serve(server, CancellationToken.None);

        var (seconds, began) = (0, TimeProvider.System.GetTimestamp());
        for (; !serving.IsCompleted; seconds++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "It waits for ever.");
            _talk.Time.Advance(TimeSpan.FromSeconds(1));
            // Its turns are on other threads, and nobody says when it begins to wait for its client.
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.InRange(seconds, RespBounds.ReplyTime.TotalSeconds, double.MaxValue);
    }

    [Fact]
    public async Task Stopping_ends_an_idle_connection()
    {
        var (client, server) = RespTalk.Wire();
        using var stop = new CancellationTokenSource();
        var serving = _talk.Serve(server, stop.Token);

        await stop.CancelAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.False(client.Input.TryRead(out _));
    }

    [Fact]
    public async Task Stopping_answers_what_was_read()
    {
        var (client, server) = RespTalk.Wire();
        await client.Output.WriteAsync(Encoding.UTF8.GetBytes("SET a 1\r\nGET a\r\n"));

        await _talk.Serve(server, new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(30));
        await server.Output.CompleteAsync();

        Assert.Equal("+OK\r\n$1\r\n1\r\n", await RespTalk.ReadAll(client.Input));
    }
}
