using System.Globalization;
using System.Net;
using System.Text.Json;
using Cmud.Client;
using Cmud.Grains.Interfaces.Access;
using StackExchange.Redis;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Row 35: who has no token, a wrong one, or one for something else gets nothing, on two servers that ask for tokens.</summary>
public sealed class TokenTests(TokenTests.TwoServers servers) : IClassFixture<TokenTests.TwoServers>
{
    /// <summary>Of a revocation, on every server that can be reached.</summary>
    private static readonly TimeSpan Revoked = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Without_a_token_nothing_is_answered_and_with_a_wrong_one_nobody_gets_in()
    {
        await servers.First.PutAsync("secret", "told to nobody");
        var token = await servers.TokenAsync("all:");

        Assert.Equal("NOAUTH Authentication required: send AUTH and the token that you were given.", await servers.SayAsync(0, null, "GET", "secret"));
        Assert.StartsWith("WRONGPASS", await servers.SayAsync(0, "nobody.knows", "GET", "secret"), StringComparison.Ordinal);
        Assert.StartsWith("WRONGPASS", await servers.SayAsync(0, token + "x", "GET", "secret"), StringComparison.Ordinal);
        Assert.StartsWith("WRONGPASS", await servers.SayAsync(0, token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..], "GET", "secret"), StringComparison.Ordinal);
        Assert.Equal("told to nobody", await servers.SayAsync(0, token, "GET", "secret"));
    }

    [Fact]
    public async Task A_token_may_do_what_its_scopes_say_and_nothing_else()
    {
        var token = await servers.TokenAsync("get,list,put:players/{sub}/", "get:news/", "create:claims/", "append:log/");
        await servers.First.PutAsync("news/today", "rain");
        await servers.First.PutAsync("log/5", "taken");

        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "players/zoe/name", "Zoe"));
        Assert.Equal("Zoe", await servers.SayAsync(0, token, "GET", "players/zoe/name"));
        Assert.Equal("rain", await servers.SayAsync(0, token, "GET", "news/today"));
        Assert.Equal("players/zoe/name Zoe", await servers.SayAsync(0, token, "CMUD.LIST", "players/zoe/"));
        foreach (var denied in (string[][])[["SET", "players/adam/name", "x"], ["SET", "players/zoe2/name", "x"], ["SET", "news/today", "x"], ["DEL", "players/zoe/name"], ["GET", "players/adam/name"], ["CMUD.LIST", ""], ["CMUD.LIST", "players/"], ["KEYS", "*"], ["DBSIZE"], ["EXPIRE", "news/today", "5"]])
            Assert.StartsWith("NOPERM The token", await servers.SayAsync(0, token, denied), StringComparison.Ordinal);

        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "claims/zoe", "mine"));
        Assert.StartsWith("NOPERM The key 'claims/zoe' is there already", await servers.SayAsync(0, token, "SET", "claims/zoe", "mine again"), StringComparison.Ordinal);
        Assert.StartsWith("NOPERM The key 'claims/two' is there already", await servers.SayAsync(0, token, "MSET", "claims/two", "1", "claims/two", "2"), StringComparison.Ordinal);
        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "log/6", "appended"));
        Assert.StartsWith("NOPERM The key 'log/4' lies below 'log/5'", await servers.SayAsync(0, token, "SET", "log/4", "late"), StringComparison.Ordinal);
        Assert.StartsWith("NOPERM The key 'log/6' is there already", await servers.SayAsync(0, token, "SET", "log/6", "again"), StringComparison.Ordinal);
        Assert.StartsWith("NOPERM The key 'log/7' lies below 'log/8'", await servers.SayAsync(0, token, "MSET", "log/8", "after", "log/7", "before"), StringComparison.Ordinal);
        Assert.Equal("OK", await servers.SayAsync(0, token, "MSET", "log/7", "before", "log/8", "after"));
    }

    [Fact]
    public async Task Of_many_who_create_a_key_at_once_on_one_server_one_does()
    {
        var token = await servers.TokenAsync("create:race/", "append:tail/");
        var clients = (await Task.WhenAll(Enumerable.Range(0, 24).Select(client => servers.OpenAsync(0, grain: client % 2, token)))).ToList();
        try
        {
            foreach (var key in Enumerable.Range(1, 20).Select(static round => round % 2 == 0 ? $"race/{round}" : $"tail/{round:d2}"))
            {
                foreach (var client in clients) await client.SendAsync("SET", key, "mine");
                var answers = clients.ConvertAll(static client => client.Read());

                Assert.Equal(1, answers.Count(static answer => answer == "OK"));
                Assert.All(answers.Where(static answer => answer != "OK"), static answer => Assert.StartsWith("NOPERM", answer, StringComparison.Ordinal));
            }
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
    }

    [Fact]
    public async Task Tenants_see_their_own_keys_under_the_names_that_they_gave_them()
    {
        var (acme, other, plain) = (await servers.TenantAsync("acme"), await servers.TenantAsync("other"), await servers.TokenAsync("all:tenants/"));

        Assert.Equal("OK", await servers.SayAsync(0, acme, "SET", "tenants/k", "of acme"));
        Assert.Equal("OK", await servers.SayAsync(0, other, "SET", "tenants/k", "of other"));
        Assert.Equal("OK", await servers.SayAsync(0, plain, "SET", "tenants/k", "of nobody"));

        Assert.Equal("of acme", await servers.SayAsync(0, acme, "GET", "tenants/k"));
        Assert.Equal("tenants/k of other", await servers.SayAsync(0, other, "CMUD.LIST", ""));
        Assert.Equal("tenants/k of nobody", await servers.SayAsync(0, plain, "CMUD.LIST", "tenants/"));
        Assert.StartsWith("ERR", await servers.SayAsync(0, plain, "GET", "\u0002acme\u0002tenants/k"), StringComparison.Ordinal);
        Assert.StartsWith("ERR", await servers.SayAsync(0, acme, "GET", "\u0002other\u0002tenants/k"), StringComparison.Ordinal);
        Assert.StartsWith("ERR", await servers.SayAsync(0, acme, "CMUD.LIST", "\u0001token/"), StringComparison.Ordinal);
        await foreach (var (key, value) in servers.First.ListAsync("tenants/")) Assert.Equal(("tenants/k", "of nobody"), (key, value));
    }

    [Fact]
    public async Task A_tenant_has_no_more_keys_and_bytes_than_it_may()
    {
        var token = await servers.TenantAsync("small");
        var value = new string('v', 60_000);

        for (var i = 0; i < TwoServers.NamespaceKeys; i++) Assert.Equal("OK", await servers.SayAsync(0, token, "SET", $"k{i}", "v"));
        Assert.StartsWith("OOM The namespace would have 6 keys, but may have at most 5;", await servers.SayAsync(0, token, "SET", "one too many", "v"), StringComparison.Ordinal);
        Assert.StartsWith("OOM", await servers.SayAsync(0, token, "MSET", "k1", "w", "one too many", "v"), StringComparison.Ordinal);
        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "k1", "changed"));
        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "k1", value));
        Assert.StartsWith("OOM The namespace would have", await servers.SayAsync(0, token, "SET", "k2", value), StringComparison.Ordinal);
        Assert.Equal("1", await servers.SayAsync(0, token, "DEL", "k1"));
        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "k2", value));

        // HTTP asks another query grain, which hears of it a moment later.
        var put = TimeProvider.System.GetTimestamp();
        while (await StatusAsync("k2") != HttpStatusCode.OK) Assert.True(TimeProvider.System.GetElapsedTime(put) < TimeSpan.FromSeconds(10), "k2 is not seen.");
        using var request = Request(HttpMethod.Put, "k3");
        request.Content = new StringContent(value);
        using var response = await servers.Http.SendAsync(request);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((HttpStatusCode.InsufficientStorage, "namespace-bytes", TwoServers.NamespaceBytes), (response.StatusCode, problem.GetProperty("limit").GetString(), problem.GetProperty("max").GetInt64()));

        async Task<HttpStatusCode> StatusAsync(string key)
        {
            using var get = Request(HttpMethod.Get, key);
            using var got = await servers.Http.SendAsync(get);
            return got.StatusCode;
        }

        HttpRequestMessage Request(HttpMethod method, string key) => new(method, servers.Url($"/v1/keys/{key}")) { Headers = { Authorization = new("Bearer", token) } };
    }

    [Fact]
    public async Task A_revoked_token_counts_for_nothing_on_all_servers_within_2_seconds_also_on_connections_that_it_opened()
    {
        var token = await servers.TokenAsync("all:revoked/");
        await using var open = await servers.ConnectAsync(1, token);
        await open.GetDatabase().StringSetAsync("revoked/k", "v");

        await servers.Operator.RevokeTokenAsync(token[..token.LastIndexOf('.')]);
        var revoked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var age = TimeProvider.System.GetElapsedTime(revoked);
            if (await Record.ExceptionAsync(() => open.GetDatabase().StringGetAsync("revoked/k")) is RedisServerException { Message: var said } && said.StartsWith("NOAUTH", StringComparison.Ordinal)) break;
            Assert.True(age < Revoked, $"The token was still good {age} after it was revoked.");
        }

        Assert.StartsWith("WRONGPASS", await servers.SayAsync(0, token, "GET", "revoked/k"), StringComparison.Ordinal);
        Assert.StartsWith("WRONGPASS", await servers.SayAsync(1, token, "GET", "revoked/k"), StringComparison.Ordinal);
        var gone = await Assert.ThrowsAsync<CmudException>(() => servers.Operator.RevokeTokenAsync(token[..token.LastIndexOf('.')]));
        Assert.Equal(CmudFailure.Refused, gone.Failure);
    }

    [Fact]
    public async Task A_token_that_has_expired_counts_for_nothing()
    {
        var token = await servers.TokenAsync(TimeSpan.FromSeconds(3), "all:");
        Assert.Equal("OK", await servers.SayAsync(0, token, "SET", "expired/k", "v"));
        await using var open = await servers.ConnectAsync(0, token);

        var limit = TimeProvider.System.GetTimestamp();
        while (await Record.ExceptionAsync(() => open.GetDatabase().StringGetAsync("expired/k")) is not { } refused || refused.Message.StartsWith("BUSY", StringComparison.Ordinal)) Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(10));
        Assert.StartsWith("WRONGPASS", await servers.SayAsync(0, token, "GET", "expired/k"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_refused_and_what_operators_did_is_written_down_without_values_and_secrets()
    {
        var token = await servers.TokenAsync("get:audited/");
        var id = token[..token.LastIndexOf('.')];
        await servers.SayAsync(0, token, "SET", "audited/k", "a value of nobody's business");
        await servers.SayAsync(0, "wrong.secretsecret", "GET", "audited/k");
        await servers.SayAsync(0, token: null, "GET", "audited/k");

        JsonElement[] lines;
        var limit = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(10), "The audit file lacks lines.");
            lines = [.. servers.AuditLines().Select(static line => JsonDocument.Parse(line).RootElement)];
        }
        while (!lines.Any(IsDenied) || !lines.Any(static line => Is(line, "enter")) || !lines.Any(static line => line.TryGetProperty("reason", out var reason) && reason.GetString() == "No token was sent."));

        Assert.Contains(lines, line => Is(line, "token.create") && line.GetProperty("target").GetString() == id && !line.GetProperty("refused").GetBoolean());
        Assert.DoesNotContain(servers.AuditLines(), static line => line.Contains("nobody's business", StringComparison.Ordinal) || line.Contains("secretsecret", StringComparison.Ordinal));

        bool IsDenied(JsonElement line) => Is(line, "ask") && line.GetProperty("token").GetString() == id && line.GetProperty("subject").GetString() == "zoe" && line.GetProperty("client").GetString()!.Contains(':', StringComparison.Ordinal);

        static bool Is(JsonElement line, string action) => line.GetProperty("action").GetString() == action;
    }

    [Fact]
    public async Task Over_HTTP_it_is_the_same()
    {
        var (token, tenant) = (await servers.TokenAsync("all:http/{sub}/"), await servers.TenantAsync("acme"));

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(HttpMethod.Get, "/v1/keys/http/zoe/k", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(HttpMethod.Get, "/v1/keys/http/zoe/k", token + "x"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(HttpMethod.Post, "/v1/batch", null));
        Assert.Equal(HttpStatusCode.NoContent, await AskAsync(HttpMethod.Put, "/v1/keys/http/zoe/k", token));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(HttpMethod.Get, "/v1/keys/http/zoe/k", token));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(HttpMethod.Get, "/v1/keys?prefix=http/zoe/", token));
        foreach (var denied in (string[])["/v1/keys/http/adam/k", "/v1/keys?prefix=http/", "/v1/keys", "/v1/watch?prefix=http/", "/metrics", "/metrics/", "/METRICS", "//metrics", "/no/such/path"])
            Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(HttpMethod.Get, denied, token));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(HttpMethod.Get, "/v1/keys/http/zoe/k", tenant));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(HttpMethod.Get, "/healthz", null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(HttpMethod.Get, "/readyz", null));

        async Task<HttpStatusCode> AskAsync(HttpMethod method, string path, string? token)
        {
            using var request = new HttpRequestMessage(method, servers.Url(path));
            if (method != HttpMethod.Get) request.Content = new StringContent("v");
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            using var response = await servers.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(response.StatusCode == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count == 1);
            return response.StatusCode;
        }
    }

    /// <summary>Two servers, of two query grains each, that ask for tokens.</summary>
    public sealed class TwoServers : IAsyncLifetime, IDisposable
    {
        public const int NamespaceKeys = 5;
        public const long NamespaceBytes = 100_000;

        private readonly TemporaryDirectory _directory = new();
        private readonly int _http = ServerProcess.FreePort();
        private ServerProcess[] _servers = [];

        public HttpClient Http { get; } = new();

        public CmudClient First { get; private set; } = null!;

        public CmudOperator Operator { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var first = await ServerProcess.Start(ServerProcess.FreePort(), "--data", _directory.In("data"), "--auth", "tokens", "--audit", _directory.In("audit"), "--http", $"{_http}", "--namespace-keys", $"{NamespaceKeys}", "--namespace-bytes", $"{NamespaceBytes}");
            var second = await ServerProcess.Start(ServerProcess.FreePort(), "--auth", "tokens", "--join", first.Address);
            _servers = [first, second];
            First = await CmudClient.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(first.Address), Router = new FixedRouter(0, 0) });
            Operator = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(first.Address) });
        }

        public async Task DisposeAsync()
        {
            await Operator.DisposeAsync();
            await First.DisposeAsync();
            foreach (var server in _servers) await server.DisposeAsync();
        }

        public void Dispose()
        {
            Http.Dispose();
            _directory.Dispose();
        }

        public Uri Url(string path) => new($"http://127.0.0.1:{_http.ToString(CultureInfo.InvariantCulture)}{path}");

        public Task<string> TokenAsync(params string[] scopes) => TokenAsync("", lifetime: null, scopes);

        public Task<string> TenantAsync(string inNamespace) => TokenAsync(inNamespace, lifetime: null, "all:");

        public Task<string> TokenAsync(TimeSpan lifetime, params string[] scopes) => TokenAsync("", lifetime, scopes);

        public string[] AuditLines()
        {
            using var reader = new StreamReader(new FileStream(_directory.In("audit"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd().Split('\n')[..^1];
        }

        /// <summary>A connection to the first query grain of a server.</summary>
        public async Task<ConnectionMultiplexer> ConnectAsync(int server, string token) => await ConnectionMultiplexer.ConnectAsync(
            new ConfigurationOptions { EndPoints = { { "127.0.0.1", _servers[server].Port + 1 } }, Password = token, AbortOnConnectFail = true, ConnectRetry = 5 });

        /// <summary>A connection to a query grain of a server, which has taken the token.</summary>
        internal async Task<RespSocket> OpenAsync(int server, int grain, string token)
        {
            var talk = await RespSocket.OpenAsync(_servers[server].Port + 1 + grain);
            Assert.Equal("OK", await talk.SayAsync("AUTH", token));
            return talk;
        }

        /// <summary>Says one command on a connection of its own; gives the reply as text, or the error.</summary>
        public async Task<string> SayAsync(int server, string? token, params string[] command)
        {
            using var talk = await RespSocket.OpenAsync(_servers[server].Port + 1);
            if (token is not null && await talk.SayAsync("AUTH", token) is var reply and not "OK") return reply;

            var began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                // Where the machine is busy a server says so, and wants to be asked again.
                var said = await talk.SayAsync(command);
                if (!said.StartsWith("BUSY The server has more", StringComparison.Ordinal) || TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(10)) return said;
            }
        }

        private async Task<string> TokenAsync(string inNamespace, TimeSpan? lifetime, params string[] scopes)
        {
            var (kept, text) = await Operator.CreateTokenAsync("zoe", inNamespace, [.. scopes.Select(static scope => Scope.TryParse(scope, out var one, out var refusal) ? one : throw new ArgumentException(refusal))], lifetime);
            // It is good as soon as it is told to the gateway: a moment later.
            var limit = TimeProvider.System.GetTimestamp();
            foreach (var server in Enumerable.Range(0, _servers.Length))
            {
                // A token that counts for nothing yet counts for 100 operations.
                for (; await SayAsync(server, text, "PING") != "PONG"; await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System))
                    Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(10), $"{kept.Id} is not known.");
            }

            return text;
        }
    }
}
