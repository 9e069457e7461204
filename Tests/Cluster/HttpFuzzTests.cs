using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cmud.Silo.Http;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Whatever strangers send by HTTP: requests whose parts seldom fit, and bytes that are none. Each is answered within its time, refusals change nothing, and others are served.</summary>
public sealed class HttpFuzzTests(HttpGatewayTests.OneServer one) : IClassFixture<HttpGatewayTests.OneServer>
{
    private const int Noisy = 60;

    /// <summary>What the head of a request may take, a body that does not come, and the second by which the web server looks.</summary>
    private static readonly TimeSpan Longest = HttpBounds.HeadTime + HttpBounds.SlowTime + TimeSpan.FromSeconds(5);

    /// <summary>What the web server answers by itself, before anybody else sees the request: with a status and no body.</summary>
    private static readonly int[] OfTheWebServer = [400, 405, 408, 411, 413, 414, 431, 505];

    /// <summary>And who begins as HTTP/2 does is told in its frames to go away: of 8 bytes, type 7, on connection 0.</summary>
    private const string GoAway = "\0\0\b\a\0\0\0\0\0";

    private static readonly Encoding Bytes = Encoding.Latin1;

    private static readonly Gen<string> Bit = Gen.Frequency(
        (12, Gen.OneOf("a", "b", "/", "%2F", "%", "%4", "%zz", "%00", "%0A", "%7F", "%C3%A9", "%FF", "%ED%A0%80", "%C0%AF", "%F4%90%80%80", "%EF%BB%BF", "%25", "+", "&", "=", "?", "#", ";", ".", "..", "%2e%2E", "//", "\\", "~", "'", "\"", "<", "{", "|", "\u00E9")),
        (1, Gen.OneOf(new string('k', 1_024), new string('k', 1_025), string.Concat(Enumerable.Repeat("%C3%A9", 512)), new string('a', 9_000))),
        (3, Gen.Char['\x01', '\xFF'].Select(static c => $"{c}")));

    private static readonly Gen<string> Bits = Bit.Array[0, 4].Select(string.Concat);

    private static readonly Gen<string> Parameter = Gen.Select(
        Gen.OneOf("prefix", "after", "limit", "from", "ttl", "ttl", "tll", "", "PREFIX", "p%72efix"),
        Gen.OneOf(Gen.OneOf("now", "0", "1", "-1", "1000", "1001", "99999999999999999999", "1e5", "0x10", "5m", "1h", "0.5h", "11y", "-3d", "NaN", "Infinity", "0,5", "315360001", "AQBs", "AQBsYXN0", "AAAAAAAAAAAAAAAA"), Bits),
        Gen.OneOf("=", "=", "=", "==", ""),
        static (name, value, equals) => name + equals + value);

    private static readonly Gen<string> Target = Gen.Select(
        Gen.Frequency((6, Bits.Select(static key => "/v1/keys/" + key)), (3, Gen.OneOf("/v1/keys", "/v1/batch", "/v1/batch", "/v1/batch", "/healthz", "/readyz", "/openapi/v1.json", "/metrics", "/v1/watch", "/V1/KEYS/a", "http://localhost/v1/keys/a", "*", "/")), (1, Bits)),
        Parameter.Array[0, 3].Select(static all => all.Length == 0 ? "" : "?" + string.Join('&', all)),
        static (path, query) => path + query);

    private static readonly Gen<string> Header = Gen.Frequency(
        (4, Gen.OneOf("Content-Type: application/json", "Content-Type: application/json; charset=utf-8", "Content-Type: application/json; charset=utf-16", "Content-Type: text/plain", "Content-Type: multipart/form-data; boundary=x", "Content-Type: ;;;", "Content-Encoding: gzip", "Content-Encoding: identity")),
        (3, Gen.OneOf("If-Match: *", "If-None-Match: *", "If-None-Match: \"a\", W/\"b\"", "If-None-Match: ,,\"", "If-Modified-Since: yesterday", "Range: bytes=0-1", "Expect: 100-continue", "Expect: nothing", "Accept: image/png", "Accept-Encoding: gzip", "Origin: http://evil.example", "Last-Event-ID: AQBs", "Last-Event-ID: \u00FF")),
        (3, Gen.OneOf("Authorization: Bearer", "Authorization: Bearer a.b", "Authorization: Basic YTpi", "Host: localhost", "Host: evil.example", "Host: ", "Host: a b", "Cookie: a=b", "Upgrade: websocket", "Upgrade: h2c", "X-HTTP-Method-Override: DELETE", "Transfer-Encoding: gzip", "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 104857600")),
        (1, Gen.Select(Gen.Char['\x00', '\xFF'].Array[0, 8], static value => "X-Noise: " + new string(value))),
        (1, Gen.OneOf("X-Long: " + new string('x', 33_000), "no colon", " folded", ": no name")));

    private static readonly Gen<string> Json = Gen.OneOf("\"put\"", "\"get\"", "\"delete\"", "\"list\"", "\"PUT\"", "\"a\"", "\"\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\n\"", "\"\xFF\"", "\"\xED\xA0\x80\"", "\"\xEF\xBB\xBF\"", "\"5m\"", "null", "true", "1", "-1", "0.1", "1e3", "1e400", "-0", "01", "2147483648", "99999999999999999999999999", "{}", "[]", "[[[[[[[[[[]]]]]]]]]]", "{\"a\":{\"a\":{\"a\":{}}}}");

    private static readonly Gen<string> Member = Gen.Select(
        Gen.OneOf("op", "op", "key", "key", "value", "ttl", "prefix", "after", "limit", "Key", "kye", ""),
        Json,
        static (name, value) => $"\"{name}\":{value}");

    /// <summary>An operation with one part that is something else.</summary>
    private static readonly Gen<string> Nearly = Gen.Select(
        Gen.OneOf("""{"op":"put","key":"b","value":"1","ttl":?}""", """{"op":"put","key":"b","value":?}""", """{"op":"put","key":?,"value":"1"}""", """{"op":"list","limit":?}""", """{"op":"list","prefix":?,"after":"a"}""", """{"op":"list","after":?}""", """{"op":"delete","key":?}"""),
        Json,
        static (operation, value) => operation.Replace("?", value, StringComparison.Ordinal));

    private static readonly Gen<string> Batch = Gen.Select(
        Gen.OneOf(
            Gen.OneOf("""{"op":"put","key":"b","value":"1"}""", """{"op":"get","key":"b"}""", """{"op":"delete","key":"b"}""", """{"op":"list","limit":3}""", """{"op":"put","key":"c","value":"1","ttl":"1h"}"""),
            Nearly,
            Member.Array[0, 4].Select(static members => "{" + string.Join(',', members) + "}"),
            Gen.OneOf("null", "1", "\"a\"", "[]")).Array[0, 4],
        Gen.OneOf("operations", "operations", "operations", "Operations", "ops"),
        Gen.OneOf("", "", "", "", "\xEF\xBB\xBF", "\xFF\xFE", " ", "//", "{", "[", "\0"),
        Gen.OneOf("", "", "", "", "}", ",", "x", "\0", " \n"),
        Gen.Int[0, 60],
        static (operations, name, before, after, cut) =>
        {
            var whole = $"{before}{{\"{name}\":[{string.Join(',', operations)}]}}{after}";
            return cut < 50 ? whole : whole[..(whole.Length * (cut - 50) / 10)];
        });

    private static readonly Gen<string> Content = Gen.Frequency(
        (5, Batch),
        (2, Gen.OneOf("", "v", "\xC3\xA9", "\xFF", "\xED\xA0\x80", "\0", "\r\n\r\n", new string('v', 65_536), new string('v', 65_537), "GET / HTTP/1.1\r\n\r\n")),
        (1, Gen.OneOf(new string('[', 20_000), "{\"operations\":[" + string.Join(',', Enumerable.Repeat("""{"op":"get","key":"a"}""", 4_097)) + "]}", "{\"operations\":[" + string.Join(',', Enumerable.Repeat("""{"op":"list"}""", 17)) + "]}")));

    /// <summary>With the length that it has, or in pieces, of which the lengths are not always their own.</summary>
    private static readonly Gen<string> Body = Gen.Select(Content, Gen.Int[0, 11], static (content, form) => form switch
    {
        < 7 => $"Content-Length: {content.Length}\r\n\r\n{content}",
        7 => $"Transfer-Encoding: chunked\r\n\r\n{content.Length:x}\r\n{content}\r\n0\r\n\r\n",
        8 => $"Transfer-Encoding: chunked\r\n\r\n{content.Length:x};a=b\r\n{content}x\r\n0\r\n\r\n",
        9 => $"Transfer-Encoding: chunked\r\n\r\n-1\r\n{content}\r\n0\r\n\r\n",
        10 => $"Content-Length: {content.Length}\r\nTransfer-Encoding: chunked\r\n\r\n{content.Length:x}\r\n{content}\r\n0\r\n\r\n",
        _ => "\r\n",
    });

    private static readonly Gen<string> Request = Gen.Select(
        Gen.Frequency((6, Gen.OneOf("GET", "PUT", "PUT", "POST", "POST", "DELETE", "HEAD")), (1, Gen.OneOf("PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "", "G\xC9T", "PRI"))),
        Target,
        Gen.Frequency((12, Gen.Const("HTTP/1.1")), (1, Gen.OneOf("HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "http/1.1", ""))),
        Gen.Frequency((8, Gen.Const("Host: localhost\r\n")), (1, Gen.Const(""))),
        Header.Array[0, 3].Select(static headers => string.Concat(headers.Select(static header => header + "\r\n"))),
        Body,
        static (method, target, version, host, headers, body) => $"{method} {target} {version}\r\n{host}Connection: close\r\n{headers}{body}");

    /// <summary>Good but for their parameters.</summary>
    private static readonly Gen<string> Parameterized = Gen.Select(
        Gen.OneOf("GET /v1/keys", "HEAD /v1/keys", "PUT /v1/keys/a", "GET /v1/watch"),
        Parameter.Array[1, 2],
        static (asked, parameters) => $"{asked}?{string.Join('&', parameters)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

    /// <summary>Bits of the protocol in any order. Nothing of it can write; line ends alone do not begin a request, and are idle for as long as one may.</summary>
    private static readonly Gen<string> Noise = Gen.OneOf(
        Gen.OneOf("GET ", "POST ", "/v1/keys/a", "/v1/batch", " HTTP/1.1", " HTTP/1.0", "\r\n", "\r\n", "\r\n\r\n", "\r", "\n", "Host: localhost", "Content-Length: 5", "Transfer-Encoding: chunked", "Content-Type: application/json", ": ", " ", "\t", "5\r\n", "0\r\n", "\x16\x03\x01\x02\x00\x01\x00", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "*1\r\n$4\r\nPING\r\n"),
        Gen.Char['\x00', '\xFF'].Array[1, 6].Select(static bytes => new string(bytes))).Array[1, 12].Select(string.Concat).Where(static noise => noise.Trim('\r', '\n').Length > 0);

    [Fact]
    public async Task Whatever_is_sent_is_answered_in_time_refusals_change_nothing_and_others_are_served()
    {
        var noise = Task.WhenAll(Enumerable.Range(0, Noisy).Select(async _ =>
        {
            var said = Noise.Single();
            return (said, await TalkAsync(said, static _ => true));
        }));

        // One after the other, or nobody could say what changed what was there.
        await Gen.Frequency((4, Request), (1, Parameterized)).Array[1, 20].SampleAsync(
            async requests =>
            {
                var before = await ShownAsync();
                foreach (var request in requests)
                {
                    var status = Check(request, await TalkAsync(request, IsWatch));
                    var after = await ShownAsync();
                    if (status >= 400) Assert.Equal(before, after);
                    before = after;
                }
            },
            threads: 1,
            print: static requests => string.Join("\n", requests.Select(static request => JsonSerializer.Serialize(request.Length > 400 ? request[..400] : request))));

        foreach (var (said, answer) in await noise)
        {
            if (answer.Length > 0) Check(said, answer);
        }

        Assert.Equal("live\n", await one.Http.GetStringAsync("/healthz"));
        Assert.DoesNotMatch("(?m)^(warn|fail|crit): ", one.Output);
    }

    /// <summary>All keys, and the writes that set them, but those that expire: they change by themselves.</summary>
    private async Task<string> ShownAsync()
    {
        using var page = JsonDocument.Parse(await one.Http.GetByteArrayAsync("/v1/keys"));
        return string.Join('\n', page.RootElement.GetProperty("entries").EnumerateArray().Where(static entry => !entry.TryGetProperty("ttl", out _)).Select(static entry => entry.GetRawText()));
    }

    /// <summary>The status of the answer. It is no failure of the server, and a problem of one line where it refuses.</summary>
    private static int Check(string request, string answer)
    {
        if (answer.StartsWith(GoAway, StringComparison.Ordinal) && request.StartsWith("PRI * HTTP/2.0\r\n", StringComparison.Ordinal)) return 505;

        var of = answer.StartsWith("HTTP/1.1 100 ", StringComparison.Ordinal) ? answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : answer;
        Assert.Matches("^HTTP/1\\.1 [1-5][0-9][0-9] ", of);
        var status = int.Parse(of.AsSpan(9, 3), CultureInfo.InvariantCulture);
        Assert.True(status is >= 200 and < 500 or 505, $"{status}: {of}");
        if (status < 400) return status;

        var (head, body) = (of[..of.IndexOf("\r\n\r\n", StringComparison.Ordinal)], of[(of.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        if (head.Contains("\r\nContent-Length: 0", StringComparison.Ordinal))
        {
            Assert.Contains(status, OfTheWebServer);
            return status;
        }

        Assert.Contains("\r\nContent-Type: application/problem+json", head, StringComparison.Ordinal);
        if (request.StartsWith("HEAD", StringComparison.Ordinal)) return status;

        // What was sent after it may have been answered, too.
        var length = int.Parse(head.Split("\r\nContent-Length: ")[1].Split("\r\n")[0], CultureInfo.InvariantCulture);
        var problem = JsonDocument.Parse(Bytes.GetBytes(body[..length])).RootElement;
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith(Problem.Prefix, problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        var detail = problem.GetProperty("detail").GetString()!;
        Assert.EndsWith(".", detail, StringComparison.Ordinal);
        Assert.DoesNotMatch("\\n|Exception|   at |System\\.", detail);
        return status;
    }

    /// <summary>What is told of a watch has no end.</summary>
    private static bool IsWatch(string answer) => answer.Contains("\r\nContent-Type: text/event-stream\r\n", StringComparison.Ordinal);

    /// <summary>Sends bytes, and gives what comes until the connection ends, or it is enough; one of them within its time.</summary>
    private async Task<string> TalkAsync(string request, Func<string, bool> isEnough)
    {
        using var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync(IPAddress.Loopback, one.Port);
        // Ports would be kept back for a minute each.
        connection.LingerState = new(true, 0);
        var sending = SendAsync();
        var (answer, piece) = (new StringBuilder(), new byte[16_384]);
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            while (await connection.GetStream().ReadAsync(piece, limit.Token) is > 0 and var read)
            {
                answer.Append(Bytes.GetString(piece, 0, read));
                if (isEnough(answer.ToString())) break;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"No end after {Longest.TotalSeconds} s: {JsonSerializer.Serialize(request)} got '{answer}'.");
        }
        catch (IOException)
        {
            // Hung up while more was being said.
        }

        connection.Close();
        await sending;
        return answer.ToString();

        async Task SendAsync()
        {
            try
            {
                await connection.GetStream().WriteAsync(Bytes.GetBytes(request));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // It was answered before it was said.
            }
        }
    }
}
