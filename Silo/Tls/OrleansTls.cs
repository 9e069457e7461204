using Cmud.Grains;
using Cmud.Grains.Interfaces.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Cmud.Silo.Tls;

/// <summary>Mutual TLS on the Orleans gateway: who shows no certificate of the CA is cut off, logged and audited.</summary>
internal sealed class OrleansTls(MutualTlsFiles files, TimeProvider time, IAuditTrail audit, ILogger<OrleansTls> logger)
{
    /// <summary>Between two lines of the log: who is cut off may come again at once, as often as it likes.</summary>
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _lastLine;
    private int _untold;

    /// <summary>What this server shows and trusts.</summary>
    public MutualTls Tls { get; } = new(files, time, sentence => logger.LogWarning("{Sentence}", sentence));

    /// <summary>A layer over the connections of the gateway.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => Tls.Serve(next, Refused);

    private void Refused(ConnectionContext connection, string reason)
    {
        var client = $"{connection.RemoteEndPoint}";
        audit.Add(new("connect", IsRefused: true) { Client = client, Reason = $"Mutual TLS: {reason}." });
        int untold;
        lock (_lock)
        {
            if (_lastLine is { } last && time.GetElapsedTime(last) < BetweenLines)
            {
                _untold++;
                return;
            }

            (untold, _untold, _lastLine) = (_untold, 0, time.GetTimestamp());
        }

        var others = untold == 0 ? "" : FormattableString.Invariant($" (and {untold} more since the last such line)");
        logger.LogWarning("Whoever connects from {Client} was cut off: {Reason}{Others}", client, reason, others);
    }
}
