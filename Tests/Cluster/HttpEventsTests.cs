using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Watches over HTTP, at two servers in processes of their own.</summary>
public sealed class HttpEventsTests(HttpEventsTests.TwoServers servers) : IClassFixture<HttpEventsTests.TwoServers>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Events_tell_what_there_is_and_then_each_change_and_go_on_at_another_server()
    {
        await servers.PutAsync(0, "sse/1", "a lamp");
        string? position;
        using (var events = await servers.EventsAsync(0, "prefix=sse/"))
        {
            Assert.Equal("text/event-stream", events.MediaType);
            Assert.Equal("reset", (await events.NextAsync()).Name);
            var put = await events.NextAsync();
            Assert.Equal(("put", "sse/1", "a lamp"), (put.Name, put.Data.GetProperty("key").GetString(), put.Data.GetProperty("value").GetString()));
            Assert.StartsWith("\"", put.Data.GetProperty("etag").GetString(), StringComparison.Ordinal);
            Assert.Equal("current", (await events.NextAsync()).Name);

            await servers.PutAsync(0, "other/1", "not watched");
            await servers.PutAsync(1, "sse/2", "two\nlines \"quoted\"");
            put = await events.NextAsync();
            Assert.Equal(("put", "two\nlines \"quoted\""), (put.Name, put.Data.GetProperty("value").GetString()));
            position = put.Id;
        }

        await servers.DeleteAsync(0, "sse/1");
        await servers.PutAsync(0, "sse/3", "meanwhile");
        var known = new SortedSet<string>(StringComparer.Ordinal) { "sse/1", "sse/2" };
        using var others = await servers.EventsAsync(1, "prefix=sse/", position);
        while (!known.SetEquals(["sse/2", "sse/3"]))
        {
            var (name, data, _) = await others.NextAsync();
            if (name == "reset") known.Clear();
            else if (name == "put") known.Add(data.GetProperty("key").GetString()!);
            else if (name == "delete") known.Remove(data.GetProperty("key").GetString()!);
        }
    }

    [Fact]
    public async Task A_web_socket_tells_the_same_and_a_page_of_another_site_gets_none()
    {
        await servers.PutAsync(0, "ws/1", "there");
        using var limit = new CancellationTokenSource(Patience);
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(servers.Socket(0, "prefix=ws/"), limit.Token);
            Assert.Equal("reset", (await NextAsync(socket)).GetProperty("event").GetString());
            Assert.Equal("there", (await NextAsync(socket)).GetProperty("value").GetString());
            var current = await NextAsync(socket);
            Assert.Equal("current", current.GetProperty("event").GetString());
            Assert.NotEmpty(current.GetProperty("position").GetString()!);
            await servers.PutAsync(0, "ws/2", "new");
            var put = await NextAsync(socket);
            Assert.Equal(("put", "ws/2", "new"), (put.GetProperty("event").GetString(), put.GetProperty("key").GetString(), put.GetProperty("value").GetString()));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", limit.Token);
        }

        using var foreign = new ClientWebSocket();
        foreign.Options.SetRequestHeader("Origin", "https://elsewhere.example");
        foreign.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => foreign.ConnectAsync(servers.Socket(0, "prefix=ws/"), limit.Token));
        Assert.Equal(HttpStatusCode.Forbidden, foreign.HttpStatusCode);

        async Task<JsonElement> NextAsync(ClientWebSocket socket)
        {
            var bytes = new byte[4_096];
            var got = await socket.ReceiveAsync(bytes, limit.Token);
            return JsonDocument.Parse(bytes.AsMemory(0, got.Count)).RootElement;
        }
    }

    [Theory]
    [InlineData("from=nonsense!")]
    [InlineData("from=bm9uc2Vuc2U")]
    [InlineData("prefix=%01token/")]
    [InlineData("prefx=a")]
    public async Task What_is_no_watch_is_a_problem(string query)
    {
        using var response = await servers.Http.GetAsync(servers.Url(0, $"/v1/watch?{query}"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    /// <summary>Two servers with HTTP.</summary>
    public sealed class TwoServers : IAsyncLifetime
    {
        private readonly int[] _ports = [ServerProcess.FreePort(), ServerProcess.FreePort()];
        private ServerProcess[] _servers = [];

        public HttpClient Http { get; } = new() { Timeout = Patience };

        public async Task InitializeAsync()
        {
            var first = await ServerProcess.Start(ServerProcess.FreePort(), "--http", Text(_ports[0]));
            _servers = [first, await ServerProcess.Start(ServerProcess.FreePort(), "--http", Text(_ports[1]), "--join", first.Address)];
        }

        public async Task DisposeAsync()
        {
            Http.Dispose();
            foreach (var server in _servers) await server.DisposeAsync();
        }

        public Uri Url(int server, string path) => new($"http://127.0.0.1:{Text(_ports[server])}{path}");

        public Uri Socket(int server, string query) => new($"ws://127.0.0.1:{Text(_ports[server])}/v1/watch?{query}");

        public async Task PutAsync(int server, string key, string value)
        {
            using var content = new StringContent(value);
            using var response = await Http.PutAsync(Url(server, $"/v1/keys/{key}"), content);
            response.EnsureSuccessStatusCode();
        }

        public async Task DeleteAsync(int server, string key)
        {
            using var response = await Http.DeleteAsync(Url(server, $"/v1/keys/{key}"));
            response.EnsureSuccessStatusCode();
        }

        internal async Task<Events> EventsAsync(int server, string query, string? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Url(server, $"/v1/watch?{query}"));
            if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
            var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            return new(response, new(await response.Content.ReadAsStreamAsync()));
        }

        private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Server-sent events, read as browsers do.</summary>
    internal sealed class Events(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public string? MediaType => response.Content.Headers.ContentType?.MediaType;

        public async Task<(string Name, JsonElement Data, string? Id)> NextAsync()
        {
            var (name, data, id) = ("", new StringBuilder(), (string?)null);
            using var limit = new CancellationTokenSource(Patience);
            while (true)
            {
                var line = await reader.ReadLineAsync(limit.Token) ?? throw new IOException("The server ended the events.");
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal)) data.Append(line[6..]);
                else if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
                else if (line.Length == 0 && name.Length > 0) return (name, JsonDocument.Parse(data.ToString()).RootElement, id);
            }
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
