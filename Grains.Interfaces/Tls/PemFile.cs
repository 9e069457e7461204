using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmud.Grains.Interfaces.Tls;

/// <summary>Reads certificates as PEM.</summary>
internal static class PemFile
{
    /// <summary>Longest file: a chain of certificates has some KB.</summary>
    private const int MaxBytes = 1 << 20;

    private const string Remedy = "give files in PEM form, such as cmud cert init makes";

    /// <summary>The text of a file.</summary>
    /// <exception cref="CertificateException">It cannot be read.</exception>
    public static string Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxBytes) throw new CertificateException($"'{path}' has {file.Length.ToString(CultureInfo.InvariantCulture)} bytes, but certificates and keys have at most {MaxBytes.ToString(CultureInfo.InvariantCulture)}; {Remedy}.");
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CertificateException($"'{path}' cannot be read ({e.Message.TrimEnd('.')}); {Remedy}.", e);
        }
    }

    /// <summary>A certificate to show, with its key.</summary>
    /// <param name="files">Where the texts are from.</param>
    /// <param name="certificate">The certificate, and those between it and its CA.</param>
    /// <param name="key">The key.</param>
    /// <param name="now">When it is to be good.</param>
    /// <exception cref="CertificateException">It is none, its key is another's, or it is not valid now.</exception>
    public static SslStreamCertificateContext Certificate(CertificateFiles files, string certificate, string key, DateTimeOffset now)
    {
        var chain = Certificates(files.Certificate, certificate);
        try
        {
            using var own = X509Certificate2.CreateFromPem(certificate, key);
            // Windows takes no key that was never stored.
            var stored = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
            RefuseExpired(files.Certificate, stored, now);
            return SslStreamCertificateContext.Create(stored, [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"'{files.Key}' is not the private key of the certificate '{files.Certificate}', without a passphrase ({e.Message.TrimEnd('.')}); {Remedy}.", e);
        }
    }

    /// <summary>The certificates of a CA.</summary>
    /// <exception cref="CertificateException">There is none, or none is valid now.</exception>
    public static X509Certificate2Collection Authorities(string path, string text, DateTimeOffset now)
    {
        var authorities = Certificates(path, text);
        foreach (var authority in authorities) RefuseExpired(path, authority, now);
        return authorities;
    }

    private static X509Certificate2Collection Certificates(string path, string text)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new CertificateException($"'{path}' holds a broken certificate ({e.Message.TrimEnd('.')}); {Remedy}.", e);
        }

        return found.Count > 0 ? found : throw new CertificateException($"'{path}' holds no certificate; {Remedy}.");
    }

    private static void RefuseExpired(string path, X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (now.UtcDateTime < from || now.UtcDateTime > until)
            throw new CertificateException($"The certificate in '{path}' is valid from {Text(from)} until {Text(until)}, and it is {Text(now.UtcDateTime)}; renew it, or set the clock.");
    }

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
