using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cmud.Replication;
using Cmud.Silo.Http;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>HTTP as clients of all kinds speak it, to a server in a process of its own.</summary>
public sealed class HttpGatewayTests(HttpGatewayTests.OneServer one) : IClassFixture<HttpGatewayTests.OneServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_value_is_put_shown_and_deleted()
    {
        using var put = await one.Http.PutAsync("/v1/keys/walk/a", Text("a quiet place"));
        using var got = await one.Http.GetAsync("/v1/keys/walk/a");
        using var head = await one.Http.SendAsync(new(HttpMethod.Head, "/v1/keys/walk%2Fa"));
        using var deleted = await one.Http.DeleteAsync("/v1/keys/walk/a");
        using var gone = await one.Http.GetAsync("/v1/keys/walk/a");
        using var again = await one.Http.DeleteAsync("/v1/keys/walk/a");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.NoContent), (put.StatusCode, got.StatusCode, deleted.StatusCode, again.StatusCode));
        Assert.Equal("a quiet place", await got.Content.ReadAsStringAsync());
        Assert.Equal("text/plain; charset=utf-8", got.Content.Headers.ContentType!.ToString());
        Assert.Equal((put.Headers.ETag, 13), (got.Headers.ETag, got.Content.Headers.ContentLength));
        Assert.Equal((put.Headers.ETag, 13, ""), (head.Headers.ETag, head.Content.Headers.ContentLength, await head.Content.ReadAsStringAsync()));
        Assert.Equal(("nosniff", true), (got.Headers.GetValues("X-Content-Type-Options").Single(), got.Headers.CacheControl!.NoCache));
        await AssertProblem(gone, 404, "not-present", "The key 'walk/a' has no value here: it was never written, was deleted, has expired, or did not come yet.");
    }

    [Fact]
    public async Task Who_has_the_value_is_not_sent_it_again()
    {
        using var put = await one.Http.PutAsync("/v1/keys/known", Text("1"));
        var (tag, changed) = (put.Headers.ETag!, new EntityTagHeaderValue("\"another\""));

        using var same = await Get(tag);
        using var other = await Get(changed);
        using var overwritten = await one.Http.PutAsync("/v1/keys/known", Text("1"));
        using var since = await Get(tag);

        Assert.Equal((HttpStatusCode.NotModified, tag, ""), (same.StatusCode, same.Headers.ETag, await same.Content.ReadAsStringAsync()));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (other.StatusCode, since.StatusCode));
        Assert.NotEqual(tag, since.Headers.ETag);

        async Task<HttpResponseMessage> Get(EntityTagHeaderValue known)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/keys/known") { Headers = { IfNoneMatch = { known } } };
            return await one.Http.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_value_with_a_ttl_says_how_long_it_is_there_and_goes()
    {
        using var put = await one.Http.PutAsync("/v1/keys/mortal?ttl=1.5", Text("soon gone"));
        using var got = await one.Http.GetAsync("/v1/keys/mortal");
        using var immortal = await one.Http.PutAsync("/v1/keys/immortal", Text("here to stay"));

        Assert.Equal("1.5", put.Headers.GetValues("Cmud-Ttl").Single());
        Assert.InRange(decimal.Parse(got.Headers.GetValues("Cmud-Ttl").Single(), CultureInfo.InvariantCulture), 0.001m, 1.5m);
        Assert.False(immortal.Headers.Contains("Cmud-Ttl"));
        await Eventually.NothingIsMissing(async () => (await one.Http.GetAsync("/v1/keys/mortal")).StatusCode == HttpStatusCode.NotFound ? null : "The value is still there.");
    }

    /// <summary>Two query grains show each other's writes a moment later: whoever asked the other one would see it here.</summary>
    [Fact]
    public async Task Over_any_connections_a_client_sees_its_own_writes_at_once()
    {
        for (var i = 0; i < 20; i++)
        {
            using (var writer = one.Connect()) (await writer.PutAsync($"/v1/keys/own/{i:00}", Text($"{i}"))).EnsureSuccessStatusCode();
            using var reader = one.Connect();
            using var lister = one.Connect();

            Assert.Equal($"{i}", await reader.GetStringAsync($"/v1/keys/own/{i:00}"));
            Assert.Equal(i + 1, (await lister.GetFromJsonAsync<JsonElement>("/v1/keys?prefix=own/")).GetProperty("entries").GetArrayLength());
        }
    }

    [Fact]
    public async Task A_List_is_read_page_by_page_by_its_links()
    {
        const int keys = 2_050;
        var puts = Enumerable.Range(0, keys).Select(static i => new { op = "put", key = $"page é&+/{i:0000}", value = $"{i}" });
        (await one.Http.PostAsJsonAsync("/v1/batch", new { operations = puts })).EnsureSuccessStatusCode();

        var (seen, sizes) = (new List<string>(), new List<int>());
        for (var next = $"/v1/keys?prefix={Uri.EscapeDataString("page é&+/")}"; next is not null;)
        {
            using var answer = await one.Http.GetAsync(next);
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var entries = page.GetProperty("entries").EnumerateArray().Select(static entry => entry.GetProperty("key").GetString()!).ToArray();
            seen.AddRange(entries);
            sizes.Add(entries.Length);
            next = answer.Headers.TryGetValues("Link", out var links) ? links.Single()[1..].Split('>')[0] : null;
            Assert.Equal(next is not null, page.GetProperty("more").GetBoolean());
            if (next is not null) Assert.Equal(entries[^1], page.GetProperty("after").GetString());
        }

        Assert.Equal(Enumerable.Range(0, keys).Select(static i => $"page é&+/{i:0000}"), seen);
        Assert.Equal([1_000, 1_000, 50], sizes);
    }

    [Fact]
    public async Task A_batch_is_carried_out_in_order_or_not_at_all()
    {
        using var done = await one.Http.PostAsync("/v1/batch", Json("""{"operations":[{"op":"put","key":"b/1","value":"é","ttl":"5m"},{"op":"get","key":"b/1"},{"op":"list","prefix":"b/"},{"op":"delete","key":"b/1"},{"op":"get","key":"b/1"}]}"""));
        using var refused = await one.Http.PostAsync("/v1/batch", Json("""{"operations":[{"op":"put","key":"b/2","value":"x"},{"op":"put","key":"a\nb","value":"x"}]}"""));
        using var absent = await one.Http.GetAsync("/v1/keys/b/2");

        var results = (await done.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results");
        Assert.Equal("é", results[1].GetProperty("value").GetString());
        Assert.Equal(results[0].GetProperty("etag").GetString(), results[1].GetProperty("etag").GetString());
        Assert.InRange(results[1].GetProperty("ttl").GetDecimal(), 1, 300);
        Assert.Equal("b/1", results[2].GetProperty("entries")[0].GetProperty("key").GetString());
        Assert.Equal("""{"value":null}""", results[4].GetRawText());
        var problem = await AssertProblem(refused, 400, "bad-key", "Operation 1 of the batch: The key 'a?b' holds the control character U+000A; keys may not hold control characters. Nothing of the batch was stored.");
        Assert.Equal(1, problem.GetProperty("operation").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Theory]
    [InlineData("{", "$ (line 1, byte 2)")]
    [InlineData("{\"operations\":[{\"op\":\"get\",\"kye\":\"a\"}]}", "$.operations[0].kye (line 1, byte 34)")]
    [InlineData("{\"operations\":[{\"op\":\"put\",\"key\":\"a\",\"value\":\"\\ud800\"}]}", "$.operations[0].value (line 1, byte 54)")]
    [InlineData("{\"operations\":[{\"op\":\"put\",\"key\":\"a\",\"key\":\"b\"}]}", "$.operations[0].key (line 1, byte 44)")]
    [InlineData("{\"operations\":[{\"op\":\"put\",\"key\":\"a\",\"value\":\"1\",\"ttl\":\"\\ud800\"}]}", "$.operations[0].ttl (line 1, byte 64)")]
    [InlineData("{\"operations\":[{\"op\":\"put\",\"key\":\"a\",\"value\":\"1\",\"ttl\":{}}]}", "$.operations[0].ttl (line 1, byte 57)")]
    public async Task What_is_no_batch_is_told_where_it_is_none(string body, string where)
    {
        using var refused = await one.Http.PostAsync("/v1/batch", Json(body));

        await AssertProblem(refused, 400, "bad-request", $"The body is no batch: what is at {where} is no JSON, no part of a batch, of another type, or text with half of a surrogate pair; /openapi/v1.json tells what a batch is.");
    }

    [Theory]
    [InlineData("GET", "/", 404, "no-such-path", "There is nothing at '/'; keys are at /v1/keys/KEY, and /openapi/v1.json tells the rest.")]
    [InlineData("POST", "/v1/keys/a", 405, "method", "'POST' is not taken at '/v1/keys/a'; there is DELETE, GET, HEAD, PUT.")]
    [InlineData("PATCH", "/healthz", 405, "method", "'PATCH' is not taken at '/healthz'; there is GET, HEAD.")]
    [InlineData("GET", "/v1/keys/a/../b", 400, "bad-key", "The path holds the segment '..', which many clients remove before they send it; write the slashes around it as %2F, or, where it is the whole key, use POST /v1/batch.")]
    [InlineData("DELETE", "/v1/keys/", 400, "bad-key", "The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("GET", "/v1/keys/", 400, "bad-key", "The key is empty; a key has 1 to 1,024 bytes of UTF-8.")]
    [InlineData("GET", "/v1/keys/a%FF", 400, "bad-key", "The key 'a\uFFFD' is not valid UTF-8; encode binary data as text (base64, say).")]
    [InlineData("GET", "/v1/keys?limit=2000", 400, "limit", "The limit is 2,000 but must be from 1 to 1,000; ask for further pages by after.")]
    [InlineData("GET", "/v1/keys/a HTTP/1.1\r\nHost: rebound.example", 400, "bad-request", "The Host 'rebound.example' is none of this server, which listens on loopback only; use localhost or its address. A web page cannot reach it by a name of its own.")]
    [InlineData("PUT", "/v1/keys/a?tll=5", 400, "bad-request", "There is no parameter 'tll' here; there is ttl.")]
    [InlineData("PUT", "/v1/keys/a HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *", 400, "condition", "If-None-Match is not taken with a write: servers take writes without asking each other, so none knows what the key holds elsewhere and the last writer wins; give every writer a key of its own, or GET first where a guess will do.")]
    [InlineData("PUT", "/v1/keys/a HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip", 415, "media-type", "The body has a Content-Encoding, and would be stored as it came; send it as it is.")]
    [InlineData("PUT", "/v1/keys/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; charset=latin1", 415, "media-type", "The body is of another charset than UTF-8; send it as UTF-8.")]
    [InlineData("PUT", "/v1/keys/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x", 415, "media-type", "The body is a form in parts; send the value alone, as curl does with --data-binary @FILE.")]
    [InlineData("POST", "/v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain", 415, "media-type", "A batch is JSON: send it with Content-Type: application/json.")]
    public async Task What_is_refused_is_a_problem_of_one_sentence(string method, string target, int status, string kind, string sentence)
    {
        var head = target.Contains("Host:", StringComparison.Ordinal) ? target : $"{target} HTTP/1.1\r\nHost: localhost";

        var answer = await Talk($"{method} {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(answer.Split("\r\n\r\n")[1]).RootElement;
        Assert.Equal(($"urn:cmud:problem:{kind}", status, sentence), (problem.GetProperty("type").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("detail").GetString()));
        Assert.Equal(status == 405, answer.Contains("Allow: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row_31_keys_and_values_are_taken_up_to_their_limits_and_not_a_byte_beyond()
    {
        foreach (var (key, value) in new[] { ("k", Door.MaxValueBytes), ("k", Door.MaxValueBytes - 1), ("k", 0), (new string('k', Door.MaxKeyBytes), 1), (new string('é', Door.MaxKeyBytes / 2), 1) })
        {
            var text = new string('v', value);
            foreach (var content in new HttpContent[] { Text(text), Chunked(text) })
            {
                using var put = await one.Http.PutAsync($"/v1/keys/{Uri.EscapeDataString(key)}", content);
                Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
                Assert.Equal(text, await one.Http.GetStringAsync($"/v1/keys/{Uri.EscapeDataString(key)}"));
            }
        }

        using var longKey = await one.Http.PutAsync($"/v1/keys/{new string('k', Door.MaxKeyBytes + 1)}", Text("v"));
        using var longValue = await one.Http.PutAsync("/v1/keys/k", Text(new string('v', Door.MaxValueBytes + 1)));
        using var unannounced = await one.Http.PutAsync("/v1/keys/k", Chunked(new string('v', Door.MaxValueBytes + 1)));
        var limits = new[] { await AssertProblem(longKey, 400, "limit"), await AssertProblem(longValue, 413, "limit"), await AssertProblem(unannounced, 413, "limit") };

        Assert.Equal(["key-bytes 1024 1025", "value-bytes 65536 65537", "value-bytes 65536 "], limits.Select(static limit => $"{limit.GetProperty("limit")} {limit.GetProperty("max")} {(limit.TryGetProperty("value", out var value) ? value : default)}"));
    }

    /// <summary>Not before a hundred megabytes have come, at their announcement; and where nothing is announced, at the first byte too many.</summary>
    [Fact]
    public async Task Row_31_a_hundred_megabytes_are_refused_without_memory_for_them()
    {
        const int most = 32 << 20;
        var before = one.Memory();

        var announced = await Talk("PUT /v1/keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n");
        var batch = await Talk("POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n");
        var chunk = $"100000\r\n{new string('x', 1 << 20)}\r\n";
        var unannounced = await Talk(["PUT /v1/keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", .. Enumerable.Repeat(chunk, 100)]);

        Assert.StartsWith("HTTP/1.1 413 ", announced, StringComparison.Ordinal);
        Assert.Contains("\"value\":104857600,\"max\":65536}", announced, StringComparison.Ordinal);
        Assert.Contains("\"limit\":\"batch-bytes\",\"value\":104857600,\"max\":4194304}", batch, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413 ", unannounced, StringComparison.Ordinal);
        Assert.InRange(one.Memory() - before, long.MinValue, most);
    }

    [Theory]
    [InlineData("right to left \u202E\u200F mark")]
    [InlineData("\u0065\u0301 and \u00E9")]
    [InlineData("\u00E9 and \u0065\u0301")]
    [InlineData("\U0001F600\uFFFD\uFFFF\uFEFF")]
    [InlineData("a/../b//c/./%2F%?#&=+ \"'<>\\")]
    [InlineData("/")]
    public async Task Row_32_text_is_the_same_to_the_byte_through_every_door(string text)
    {
        var value = $"\uFEFF{text}\0\r\n";
        var bytes = Encoding.UTF8.GetByteCount(text);

        using var put = await one.Http.PutAsync($"/v1/keys/{Uri.EscapeDataString(text)}", Text(value));
        var got = await one.Http.GetByteArrayAsync($"/v1/keys/{Uri.EscapeDataString(text)}");
        var listed = (await one.Http.GetFromJsonAsync<JsonElement>($"/v1/keys?prefix={Uri.EscapeDataString(text)}")).GetProperty("entries").EnumerateArray().Single(entry => entry.GetProperty("key").GetString() == text);
        var batch = await one.Http.PostAsJsonAsync("/v1/batch", new { operations = new[] { new { op = "get", key = text } } });

        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal(Encoding.UTF8.GetBytes(value), got);
        Assert.Equal(value, listed.GetProperty("value").GetString());
        Assert.Equal(value, (await batch.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results")[0].GetProperty("value").GetString());
        // The other query grain, by another protocol, within the time that it takes from grain to grain.
        await Eventually.NothingIsMissing(async () =>
        {
            var said = await Talk(one.Resp, [$"*2\r\n$3\r\nGET\r\n${bytes}\r\n{text}\r\n*1\r\n$4\r\nQUIT\r\n"]);
            return said == $"${Encoding.UTF8.GetByteCount(value)}\r\n{value}\r\n+OK\r\n" ? null : $"RESP shows {said}.";
        });
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    public async Task Row_32_bytes_that_are_no_text_are_refused(byte[] value)
    {
        using var put = await one.Http.PutAsync("/v1/keys/no-text", new ByteArrayContent(value));
        using var got = await one.Http.GetAsync("/v1/keys/no-text");

        await AssertProblem(put, 400, "bad-value", "The value is not valid UTF-8; encode binary data as text (base64, say).");
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
    }

    /// <summary>All at a time: each takes some seconds.</summary>
    [Fact]
    public async Task Clients_that_trickle_are_cut_and_another_is_served_meanwhile()
    {
        var head = TrickleAsync("GET /v1/keys/a HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n");
        var body = TrickleAsync("PUT /v1/keys/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n", "x");
        var batch = TrickleAsync("POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n[\r\n");
        using var put = await one.Http.PutAsync("/v1/keys/quick", Text("1"));

        Assert.Equal((false, false, false), (head.IsCompleted, body.IsCompleted, batch.IsCompleted));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.StartsWith("HTTP/1.1 408 ", await head, StringComparison.Ordinal);
        Assert.Contains("urn:cmud:problem:body-timeout", await body, StringComparison.Ordinal);
        Assert.Contains("urn:cmud:problem:body-timeout", await batch, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await one.Http.GetAsync("/v1/keys/slow")).StatusCode);
    }

    [Fact]
    public async Task Batches_beyond_those_at_a_time_are_told_to_come_later()
    {
        var held = new List<TcpClient>();
        for (var i = 0; i < HttpBounds.Batches; i++)
        {
            var client = new TcpClient();
            held.Add(client);
            await client.ConnectAsync(IPAddress.Loopback, one.Port);
            await client.GetStream().WriteAsync("POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
            // It says this as it begins to read the body.
            Assert.NotEqual(0, await client.GetStream().ReadAsync(new byte[64]).AsTask().WaitAsync(Patience));
        }

        using var refused = await one.Http.PostAsync("/v1/batch", Json("{}"));
        held.ForEach(static client => client.Dispose());

        var problem = await AssertProblem(refused, 429, "limit", "16 batches are under way on this server, which is the most at a time; send this one a second later.");
        Assert.Equal(("batches", 16, TimeSpan.FromSeconds(1)), (problem.GetProperty("limit").GetString(), problem.GetProperty("max").GetInt32(), refused.Headers.RetryAfter!.Delta));
        await Eventually.NothingIsMissing(async () => (await one.Http.PostAsync("/v1/batch", Json("{}"))).StatusCode == HttpStatusCode.BadRequest ? null : "No batch is taken, though those before it have hung up.");
    }

    [Fact]
    public async Task A_server_says_that_it_lives_serves_and_what_it_did()
    {
        (await one.Http.PutAsync("/v1/keys/measured", Text("1"))).EnsureSuccessStatusCode();

        var live = await one.Http.GetStringAsync("/healthz");
        var ready = await one.Http.GetStringAsync("/readyz");
        var metrics = await one.Http.GetStringAsync("/metrics");

        Assert.Equal("live\n", live);
        Assert.Equal("""{"serving":true,"caughtUp":true}""", ready);
        Assert.Matches("""cmud_operations_total\{[^}]*operation="put"[^}]*\} [1-9]""", metrics);
        Assert.Matches("""http_server_request_duration_seconds_count\{[^}]*http_route="/v1/keys/\{\*\*key\}"[^}]*\} [1-9]""", metrics);
        Assert.Contains("# TYPE cmud_commit_milliseconds histogram", metrics, StringComparison.Ordinal);
        Assert.Matches("""cmud_answer_milliseconds_count\{[^}]*\} [1-9]""", metrics);
    }

    [ToolFact("curl", "curl")]
    public async Task The_examples_for_curl_answer_as_the_docs_say()
    {
        foreach (var (command, answer) in DocExample.Conversation(await DocExample.Read("console", "8080", one.Port))) Assert.Equal(answer, await DocExample.Run("sh", "-c", command));
    }

    [ToolFact("node", "nodejs")]
    public Task The_example_for_Node_prints_what_the_docs_say() => RunExample("js", "//", "mjs", static script => DocExample.Run("node", script));

    [ToolFact("python3", "python3")]
    public Task The_example_for_Python_prints_what_the_docs_say() => RunExample("python", "#", "py", static script => DocExample.Run("python3", script));

    [Fact]
    public Task The_example_for_NET_prints_what_the_docs_say() => RunExample("csharp", "//", "cs", static async script => await DocExample.Run("dotnet", ProgramOf.Source(await File.ReadAllTextAsync(script), script)));

    private async Task RunExample(string language, string comment, string extension, Func<string, Task<string>> run)
    {
        var example = await DocExample.Read(language, "8080", one.Port);
        using var directory = new TemporaryDirectory();
        var script = directory.In($"example.{extension}");
        await File.WriteAllTextAsync(script, example);

        Assert.Equal(DocExample.Said(example, comment), await run(script));
    }

    private static StringContent Text(string text) => new(text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Without a Content-Length.</summary>
    private static StreamContent Chunked(string text) => new(new UnknownLength(Encoding.UTF8.GetBytes(text)));

    private static async Task<JsonElement> AssertProblem(HttpResponseMessage answer, int status, string kind, string? sentence = null)
    {
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"urn:cmud:problem:{kind}", problem.GetProperty("type").GetString());
        if (sentence is not null) Assert.Equal(sentence, problem.GetProperty("detail").GetString());
        return problem;
    }

    /// <summary>Says something, and then a little more again and again, until it is answered and cut.</summary>
    private async Task<string> TrickleAsync(string begun, string more)
    {
        using var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync(IPAddress.Loopback, one.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
        var answer = Answer(stream);
        // Slowness is what is tried.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (!answer.IsCompleted && await pace.WaitForNextTickAsync()) await stream.WriteAsync(Encoding.ASCII.GetBytes(more));
        }
        catch (IOException)
        {
            // It has answered, and hung up.
        }

        return await answer;
    }

    private Task<string> Talk(params string[] pieces) => Talk(one.Port, pieces);

    /// <summary>Says something and gives all that is answered before the connection ends; what is not taken any more is not said.</summary>
    private static async Task<string> Talk(int port, string[] pieces)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port);
        var stream = connection.GetStream();
        var answer = Answer(stream);
        try
        {
            foreach (var piece in pieces) await stream.WriteAsync(Encoding.UTF8.GetBytes(piece)).AsTask().WaitAsync(Patience);
        }
        catch (IOException)
        {
            // It has answered, and hung up.
        }

        return await answer;
    }

    /// <summary>All that is answered before the connection ends.</summary>
    private static async Task<string> Answer(NetworkStream stream)
    {
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(Patience);
        }
        catch (IOException)
        {
            // Hung up while more was being said.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    /// <summary>Bytes that do not say how many they are.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>A server.</summary>
    public sealed class OneServer : IAsyncLifetime
    {
        private ServerProcess? _server;

        /// <summary>Its HTTP port.</summary>
        public int Port { get; private set; }

        /// <summary>Of the first query grain; HTTP from here is answered by the other one.</summary>
        public int Resp => _server!.Port + 1;

        public HttpClient Http { get; private set; } = null!;

        public HttpClient Connect() => new() { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = Patience };

        /// <summary>All that it printed.</summary>
        public string Output => _server!.Output;

        /// <summary>The most memory that the process ever had, in bytes.</summary>
        public long Memory() => 1_024 * long.Parse(File.ReadLines($"/proc/{_server!.Id}/status").Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

        public async Task InitializeAsync()
        {
            var port = TestPorts.Next(3);
            Port = port + 3;
            _server = await ServerProcess.Start(port, "--http", $"{Port}");
            Http = Connect();
        }

        public async Task DisposeAsync()
        {
            Http.Dispose();
            await _server!.DisposeAsync();
        }
    }
}
