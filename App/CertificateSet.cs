using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmud.Client;

namespace Cmud.App;

/// <summary>Makes a CA of one's own with a certificate for servers and one for clients, as PEM files of one directory.</summary>
/// <param name="directory">Where the files go.</param>
internal sealed class CertificateSet(string directory)
{
    /// <summary>How long all three are good.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>They begin a little before now: clocks of other machines may be behind.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    /// <summary>In RFC 5280 at most 20 bytes; 16 that are drawn will not come twice.</summary>
    private const int SerialBytes = 16;

    /// <summary>What a certificate may be shown for, as X.509 numbers it.</summary>
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <inheritdoc cref="ServerUse"/>
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>The certificate of the CA.</summary>
    public string Authority { get; } = Path.Combine(directory, "ca.pem");

    /// <summary>The key of the CA: whoever has it makes certificates that count.</summary>
    public string AuthorityKey { get; } = Path.Combine(directory, "ca-key.pem");

    /// <summary>The certificate of servers, to clients and to one another.</summary>
    public string Server { get; } = Path.Combine(directory, "server.pem");

    /// <summary>The key of servers.</summary>
    public string ServerKey { get; } = Path.Combine(directory, "server-key.pem");

    /// <summary>The certificate of clients; no server may show it.</summary>
    public string Client { get; } = Path.Combine(directory, "client.pem");

    /// <summary>The key of clients.</summary>
    public string ClientKey { get; } = Path.Combine(directory, "client-key.pem");

    /// <summary>Makes them.</summary>
    /// <param name="hosts">Names and IP addresses under which servers are dialled.</param>
    /// <param name="now">The time.</param>
    /// <returns>Until when they are good.</returns>
    /// <exception cref="CmudException">Files are there already, or cannot be written; none of them was overwritten.</exception>
    public DateTimeOffset Make(IEnumerable<string> hosts, DateTimeOffset now)
    {
        var (from, until) = (now - Leeway, now + Lifetime);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = SelfSigned(authorityKey, from, until);
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Issue(authority, serverKey, "CmudOrleans server", hosts, [new(ServerUse), new(ClientUse)], from, until);
        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = Issue(authority, clientKey, "CmudOrleans client", [], [new(ClientUse)], from, until);
        Write(
            (AuthorityKey, authorityKey.ExportPkcs8PrivateKeyPem(), IsSecret: true),
            (Authority, authority.ExportCertificatePem(), IsSecret: false),
            (ServerKey, serverKey.ExportPkcs8PrivateKeyPem(), IsSecret: true),
            (Server, server.ExportCertificatePem(), IsSecret: false),
            (ClientKey, clientKey.ExportPkcs8PrivateKeyPem(), IsSecret: true),
            (Client, client.ExportCertificatePem(), IsSecret: false));
        return until;
    }

    private static X509Certificate2 SelfSigned(ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest("CN=CmudOrleans CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(from, until);
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, ECDsa key, string name, IEnumerable<string> hosts, OidCollection uses, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var (names, isNamed) = (new SubjectAlternativeNameBuilder(), false);
        foreach (var host in hosts)
        {
            isNamed = true;
            if (IPAddress.TryParse(host, out var ip)) names.AddIpAddress(ip);
            else names.AddDnsName(host);
        }

        if (isNamed) request.CertificateExtensions.Add(names.Build());
        return request.Create(authority, from, until, RandomNumberGenerator.GetBytes(SerialBytes));
    }

    private void Write(params (string Path, string Text, bool IsSecret)[] files)
    {
        if (Array.Find(files, static file => Path.Exists(file.Path)).Path is { } there)
            throw new CmudException(CmudFailure.Refused, $"{there} is there already, and what trusts it would not trust another; name a new directory, or delete the old certificates yourself.");

        try
        {
            Directory.CreateDirectory(directory);
            foreach (var (path, text, isSecret) in files)
            {
                var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (isSecret && !OperatingSystem.IsWindows()) how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                using var writer = new StreamWriter(path, how);
                writer.WriteLine(text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CmudException(CmudFailure.Refused, $"The certificates were not made in '{directory}' ({e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')}); name a directory that you may write to.", e);
        }
    }
}
