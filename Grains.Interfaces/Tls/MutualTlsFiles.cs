namespace Cmud.Grains.Interfaces.Tls;

/// <summary>What one side of a link between servers, or between a client and a server, trusts and shows: PEM files.</summary>
/// <param name="Authority">Path of the certificate of the private CA that both sides must have theirs from.</param>
/// <param name="Certificate">Path of one's own certificate; those between it and the CA may follow it in the file.</param>
/// <param name="Key">Path of its private key, without a passphrase.</param>
public sealed record MutualTlsFiles(string Authority, string Certificate, string Key);
