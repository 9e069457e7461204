namespace Cmud.Grains.Interfaces.Tls;

/// <summary>A certificate and its private key, in PEM files.</summary>
/// <param name="Certificate">Path of the certificate; those between it and its CA may follow it in the file.</param>
/// <param name="Key">Path of its private key, without a passphrase.</param>
public sealed record CertificateFiles(string Certificate, string Key);
