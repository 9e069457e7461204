using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Cmud.App;
using Cmud.Client;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Tls;
using Cmud.Silo;
using Cmud.Tests.Acceptance.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>Servers that ask each other and .NET clients for certificates, and what comes of strangers.</summary>
public sealed class MutualTlsClusterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] Reasons = ["it speaks no TLS", "it shows no certificate", "its certificate is from another CA", "its certificate has expired", "it broke the handshake off"];

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Strangers know the address, and are cut off before a byte of theirs is taken for Orleans; the log and the audit tell.</summary>
    [Fact]
    public async Task Row_38_Whoever_shows_no_certificate_of_the_CA_is_refused_and_nothing_changes()
    {
        var (set, foreign) = (Make("set"), Make("foreign"));
        await using var first = await ServerProcess.Start(ServerProcess.FreePort(), "--peer-ca", set.Authority, "--peer-cert", set.Server, "--peer-key", set.ServerKey, "--audit", _directory.In("audit"));
        await using var second = await Join(first, set);
        await using var one = await Client(AddressOf(first), set);
        await using var other = await Client(AddressOf(second), set);
        await one.PutAsync("mutual/k", "told among friends");
        await Eventually.NothingIsMissing(async () => await other.GetAsync("mutual/k") == "told among friends" ? null : "The second server lacks the value.");
        await using var alien = await Join(first, foreign);
        await using var plain = await Join(first, null);
        foreach (var stranger in (WebApplication[])[alien, plain])
        {
            using var talk = await RespSocket.OpenAsync(AddressOf(stranger).Port + 1);
            Assert.Equal("OK", await talk.SayAsync("SET", "mutual/k", "of a stranger"));
        }

        Assert.Equal(0, await Knock(first.Port, null));
        Assert.Equal(0, await Knock(first.Port, Load(foreign.Client, foreign.ClientKey)));
        Assert.Equal(0, await Knock(first.Port, Expired(set)));
        await Assert.ThrowsAsync<CmudException>(() => Client(AddressOf(first), null));
        Assert.Contains("its certificate is from another CA", (await Assert.ThrowsAsync<CmudException>(() => Client(AddressOf(first), foreign))).Message, StringComparison.Ordinal);
        await Eventually.NothingIsMissing(() => Task.FromResult(Array.Find(Reasons, reason => !Audited().Any(line => line.Contains(reason, StringComparison.Ordinal)))));
        Assert.Contains(" was cut off: ", first.Output, StringComparison.Ordinal);
        Assert.Equal("told among friends", await one.GetAsync("mutual/k"));
        await using var servers = await CmudOperator.ConnectAsync(Options(AddressOf(first), set));
        Assert.Equal([.. ((string[])[first.Address, $"{AddressOf(second)}"]).Order(StringComparer.Ordinal)], (await servers.MembersAsync())[0].Members.Select(static member => member.Address).Order(StringComparer.Ordinal));
    }

    public void Dispose() => _directory.Dispose();

    private CertificateSet Make(string name)
    {
        var set = new CertificateSet(_directory.In(name));
        set.Make(["127.0.0.1"], TimeProvider.System.GetUtcNow());
        return set;
    }

    /// <summary>A server in this process that joins another.</summary>
    private static async Task<WebApplication> Join(ServerProcess server, CertificateSet? set)
    {
        var options = new ServerOptions
        {
            Port = ServerProcess.FreePort(),
            QueryGrains = 1,
            Join = ServerList.Parse(server.Address),
            MutualTls = set is null ? null : new(set.Authority, set.Server, set.ServerKey),
        };
        var host = ServerHost.Build(options, static silo => silo.Services.AddSingleton<IFatalErrorHandler>(new FatalErrors()));
        await host.StartAsync().WaitAsync(Patience);
        return host;
    }

    private static ServerAddress AddressOf(ServerProcess server) => ServerList.Parse(server.Address)[0];

    private static ServerAddress AddressOf(WebApplication server) => ServerList.Parse(server.Services.GetRequiredService<StoreServer>().Options.Advertise!)[0];

    private static CmudClientOptions Options(ServerAddress server, CertificateSet? set) => new()
    {
        Servers = [server],
        Tls = set is null ? null : new MutualTlsFiles(set.Authority, set.Client, set.ClientKey),
        CallTimeout = Patience,
        SilenceTimeout = Patience / 3,
    };

    private static Task<CmudClient> Client(ServerAddress server, CertificateSet? set) => CmudClient.ConnectAsync(Options(server, set));

    private string[] Audited()
    {
        using var reader = new StreamReader(new FileStream(_directory.In("audit"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n')[..^1].Select(static line => JsonDocument.Parse(line).RootElement).Where(static line => line.GetProperty("action").GetString() == "connect").Select(static line => line.GetProperty("reason").GetString()!)];
    }

    private static X509Certificate2 Load(string certificate, string key) => X509Certificate2.CreateFromPemFile(certificate, key);

    /// <summary>A certificate of the CA that was good a minute ago.</summary>
    private static X509Certificate2 Expired(CertificateSet set)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = Load(set.Authority, set.AuthorityKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=late", key, HashAlgorithmName.SHA256).Create(authority, now.AddMinutes(-3), now.AddMinutes(-1), [1, 2, 3]);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>How many bytes come back to who shakes hands with this certificate, and says something, until the connection ends.</summary>
    private static async Task<int> Knock(int port, X509Certificate2? shown)
    {
        using var certificate = shown;
        using var socket = new TcpClient("127.0.0.1", port);
        await using var tls = new SslStream(socket.GetStream());
        using var answer = new MemoryStream();
        await Record.ExceptionAsync(async () =>
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                RemoteCertificateValidationCallback = static (_, server, _, _) => server is not null,
            });
            await tls.WriteAsync(new byte[64]);
            await tls.CopyToAsync(answer);
        }).WaitAsync(Patience);
        return (int)answer.Length;
    }
}
