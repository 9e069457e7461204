using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace Cmud.Grains.Interfaces.Tls;

/// <summary>TLS over Orleans connections whose two sides show each other a certificate of one private CA.</summary>
/// <remarks>
/// Orleans has a package for TLS, but it tells nobody who was cut off and why. Nothing is revoked, and sessions are not resumed: each connection
/// asks for certificates that are valid then. One's own certificate is read again when its files change, the CA's is not.
/// </remarks>
public sealed class MutualTls
{
    /// <summary>How long the other side may take for its handshake: four round trips of a poor line.</summary>
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);

    /// <summary>What is read at once: the greatest piece that TLS makes.</summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>What a connection over TLS begins with.</summary>
    private const byte Handshake = 22;

    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly X509Certificate2Collection _authorities;
    private readonly ReloadingCertificate _own;
    private readonly TimeProvider _time;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Where they are.</param>
    /// <param name="time">The clock of handshakes, and for what has expired.</param>
    /// <param name="warn">Told why new files are not used; null where nobody cares.</param>
    /// <exception cref="CertificateException">They cannot be used.</exception>
    public MutualTls(MutualTlsFiles files, TimeProvider time, Action<string>? warn = null)
    {
        _time = time;
        _authorities = PemFile.Authorities(files.Authority, PemFile.Read(files.Authority), time.GetUtcNow());
        _own = new(new(files.Certificate, files.Key), time, warn ?? (static _ => { }));
        if (Trust() is var trust && Refuse(trust, _own.Current.TargetCertificate) is { } reason)
            throw new CertificateException($"The certificate in '{files.Certificate}' is not one of the CA in '{files.Authority}' ({reason}); give files that belong together, such as cmud cert init makes.");
    }

    /// <summary>The layer of the side that is dialled. Whoever shows no certificate of the CA is cut off before anything of Orleans is read.</summary>
    /// <param name="next">What speaks Orleans.</param>
    /// <param name="refused">Told of each that was cut off, and why, in words that follow its address.</param>
    public ConnectionDelegate Serve(ConnectionDelegate next, Action<ConnectionContext, string> refused) => async context =>
    {
        if (await FirstByte(context).ConfigureAwait(false) is not { } first) return;
        if (first != Handshake)
        {
            refused(context, "it speaks no TLS");
            return;
        }

        await using var tls = new SslStream(new DuplexPipeStream(context.Transport));
        string? doubt = null;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _own.Current,
            ClientCertificateRequired = true,
            EnabledSslProtocols = Protocols,
            AllowTlsResume = false,
            CertificateChainPolicy = Trust(),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => (doubt = Doubt(chain, errors)) is null,
        };
        if (await Shake(context, end => tls.AuthenticateAsServerAsync(options, end), () => doubt).ConfigureAwait(false) is { } reason)
        {
            refused(context, reason);
            return;
        }

        await Speak(context, tls, next).ConfigureAwait(false);
    };

    /// <summary>The layer of the side that dials.</summary>
    /// <param name="host">The name or address that was dialled, which the other side's certificate must be for.</param>
    /// <param name="next">What speaks Orleans.</param>
    /// <param name="refused">Told why the other side is not spoken with, in words that follow its address.</param>
    public ConnectionDelegate Dial(string host, ConnectionDelegate next, Action<string> refused) => async context =>
    {
        await using var tls = new SslStream(new DuplexPipeStream(context.Transport));
        string? doubt = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = _own.Current,
            EnabledSslProtocols = Protocols,
            AllowTlsResume = false,
            CertificateChainPolicy = Trust(),
            RemoteCertificateValidationCallback = (_, _, chain, errors) => (doubt = Doubt(chain, errors)) is null,
        };
        if (await Shake(context, end => tls.AuthenticateAsClientAsync(options, end), () => doubt).ConfigureAwait(false) is { } reason)
        {
            refused(reason);
            throw new AuthenticationException(reason);
        }

        await Speak(context, tls, next).ConfigureAwait(false);
    };

    /// <summary>What a connection begins with, unread; null where it ends without a byte: it was only to see whether anybody listens.</summary>
    private async Task<byte?> FirstByte(ConnectionContext context)
    {
        using var limit = new CancellationTokenSource(HandshakeTime, _time);
        try
        {
            var input = context.Transport.Input;
            var first = (await input.ReadAsync(limit.Token).ConfigureAwait(false)).Buffer;
            byte? begins = first.IsEmpty ? null : first.FirstSpan[0];
            input.AdvanceTo(first.Start);
            return begins;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Null after a handshake, else why there was none.</summary>
    private async Task<string?> Shake(ConnectionContext context, Func<CancellationToken, Task> shake, Func<string?> doubt)
    {
        using var limit = new CancellationTokenSource(HandshakeTime, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.ConnectionClosed);
        try
        {
            await shake(end.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception) when (doubt() is { } reason)
        {
            return reason;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return FormattableString.Invariant($"it did not end its handshake within {HandshakeTime.TotalSeconds} s");
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            return "it broke the handshake off: it may not trust what this side shows, or want something else";
        }
    }

    /// <summary>Puts TLS between a connection and what speaks on it.</summary>
    private static async Task Speak(ConnectionContext context, SslStream tls, ConnectionDelegate next)
    {
        var plain = context.Transport;
        var secured = new Pipes(
            PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: PieceBytes, leaveOpen: true)),
            PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: PieceBytes, leaveOpen: true)));
        context.Transport = secured;
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            context.Transport = plain;
            await secured.Input.CompleteAsync().ConfigureAwait(false);
            // Orleans has flushed what it wanted sent; this gives buffers back.
            await secured.Output.CompleteAsync(new IOException("The connection has ended.")).ConfigureAwait(false);
        }
    }

    private X509ChainPolicy Trust()
    {
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // Who shows a certificate could else have this side fetch what it names.
            DisableCertificateDownloads = true,
        };
        trust.CustomTrustStore.AddRange(_authorities);
        return trust;
    }

    private string? Refuse(X509ChainPolicy trust, X509Certificate2 certificate)
    {
        foreach (var between in _own.Current.IntermediateCertificates) trust.ExtraStore.Add(between);
        using var chain = new X509Chain { ChainPolicy = trust };
        return chain.Build(certificate) ? null : Doubt(chain, SslPolicyErrors.RemoteCertificateChainErrors);
    }

    /// <summary>Why a certificate does not do; null where it does.</summary>
    private static string? Doubt(X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return null;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "it shows no certificate";

        var status = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
        if (status.HasFlag(X509ChainStatusFlags.UntrustedRoot) || status.HasFlag(X509ChainStatusFlags.PartialChain) || status.HasFlag(X509ChainStatusFlags.NotSignatureValid)) return "its certificate is from another CA";
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid)) return "its certificate has expired, or is not valid yet";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return "its certificate is not for the name or address that was dialled";
        return status.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "its certificate is not for this side of a connection" : $"its certificate does not hold ({status})";
    }

    /// <summary>Both directions.</summary>
    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
