using System.Net.Security;
using System.Security.Authentication;
using Cmud.Grains.Interfaces.Tls;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Cmud.Silo.Tls;

/// <summary>TLS on the ports that speak RESP and HTTP.</summary>
internal sealed class GatewayTls(CertificateFiles files, TimeProvider time, ILogger<GatewayTls> logger)
{
    /// <summary>How long a client may take for its handshake: four round trips of a poor line.</summary>
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);

    private readonly ReloadingCertificate _certificate = new(files, time, sentence => logger.LogWarning("{Sentence}", sentence));

    /// <summary>Puts TLS over a port.</summary>
    public void Secure(ListenOptions port) => port.UseHttps(new TlsHandshakeCallbackOptions
    {
        HandshakeTimeout = HandshakeTime,
        OnConnection = _ => new(new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ServerCertificateContext = _certificate.Current,
        }),
    });
}
