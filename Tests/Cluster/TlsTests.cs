using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmud.App;
using StackExchange.Redis;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>A server that speaks RESP and HTTP over TLS, as clients meet it.</summary>
public sealed class TlsTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly int _http = ServerProcess.FreePort();
    private CertificateSet _set = null!;
    private ServerProcess _server = null!;

    public async Task InitializeAsync()
    {
        _set = Make("set");
        _server = await ServerProcess.Start(ServerProcess.FreePort(), "--http", _http.ToString(CultureInfo.InvariantCulture), "--tls-cert", _set.Server, "--tls-key", _set.ServerKey);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task RESP_and_HTTP_are_spoken_over_TLS_alone_and_a_renewed_certificate_is_shown_to_who_comes_next()
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = Trust(_set) } });
        await using (var redis = await Redis(_set))
        {
            await redis.GetDatabase().StringSetAsync("tls/k", "in secret");
            Assert.Equal("in secret", await http.GetStringAsync(new Uri($"https://localhost:{_http.ToString(CultureInfo.InvariantCulture)}/v1/keys/tls/k")));
        }

        Assert.Equal(0, await SayInTheClear(_server.Port + 1, "*1\r\n$4\r\nPING\r\n"));
        Assert.Equal(0, await SayInTheClear(_http, "GET /v1/keys/tls/k HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        await Assert.ThrowsAsync<RedisConnectionException>(() => Redis(Make("foreign")));

        var renewed = Make("renewed");
        File.Copy(renewed.ServerKey, _set.ServerKey, overwrite: true);
        Assert.Equal(File.ReadAllText(_set.Server).Trim(), await Shown());
        File.Copy(renewed.Server, _set.Server, overwrite: true);
        Assert.Equal(File.ReadAllText(renewed.Server).Trim(), await Shown());
        Assert.Contains("The certificate stays as it was: ", _server.Output, StringComparison.Ordinal);
    }

    [ToolFact("redis-cli", "redis-tools")]
    public async Task The_examples_answer_as_the_docs_say()
    {
        var example = (await DocExample.Read("console", "8443", _http)).Replace("6001", $"{_server.Port + 1}", StringComparison.Ordinal).Replace("certs/ca.pem", _set.Authority, StringComparison.Ordinal);

        foreach (var (command, answer) in DocExample.Conversation(example)) Assert.Equal(answer, await DocExample.Run("sh", "-c", command));
    }

    private CertificateSet Make(string name)
    {
        var set = new CertificateSet(_directory.In(name));
        set.Make(["localhost", "127.0.0.1"], TimeProvider.System.GetUtcNow());
        return set;
    }

    private static X509ChainPolicy Trust(CertificateSet set) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(set.Authority) },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private async Task<ConnectionMultiplexer> Redis(CertificateSet trusted)
    {
        var options = new ConfigurationOptions { EndPoints = { { "127.0.0.1", _server.Port + 1 } }, Ssl = true, SslHost = "localhost", AbortOnConnectFail = true, ConnectRetry = 1 };
        options.TrustIssuer(trusted.Authority);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>The certificate that RESP shows, as PEM.</summary>
    private async Task<string> Shown()
    {
        using var socket = new TcpClient("127.0.0.1", _server.Port + 1);
        await using var tls = new SslStream(socket.GetStream());
        var shown = "";
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls12,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = (certificate as X509Certificate2)?.ExportCertificatePem() ?? "").Length > 0,
        }).WaitAsync(Patience);
        return shown;
    }

    /// <summary>How many bytes come back to who says this without TLS, until the connection ends.</summary>
    private static async Task<int> SayInTheClear(int port, string text)
    {
        using var socket = new TcpClient("127.0.0.1", port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer).WaitAsync(Patience);
        return (int)answer.Length;
    }
}
