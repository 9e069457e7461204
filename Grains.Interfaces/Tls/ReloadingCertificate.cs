using System.Net.Security;

namespace Cmud.Grains.Interfaces.Tls;

/// <summary>A certificate that is read again when its files change.</summary>
/// <remarks>
/// The files are read at every handshake, and compared: some 50 µs beside the milliseconds that a handshake takes. A watcher would
/// have to know of links and of renames, by which tools for certificates and Kubernetes put new files in place.
/// </remarks>
internal sealed class ReloadingCertificate
{
    private readonly Lock _lock = new();
    private readonly CertificateFiles _files;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private (string Certificate, string Key) _texts;
    private SslStreamCertificateContext _current;
    private string? _complaint;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Where it is.</param>
    /// <param name="time">The clock, for what has expired.</param>
    /// <param name="warn">Told, once, why new files are not used.</param>
    /// <exception cref="CertificateException">They cannot be used.</exception>
    public ReloadingCertificate(CertificateFiles files, TimeProvider time, Action<string> warn)
    {
        (_files, _time, _warn) = (files, time, warn);
        _texts = Read();
        _current = Load(_texts);
    }

    /// <summary>The certificate that the files hold, or held last when they were good.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                try
                {
                    var texts = Read();
                    if (texts != _texts) (_current, _texts) = (Load(texts), texts);
                    _complaint = null;
                }
                catch (CertificateException e)
                {
                    if (_complaint != e.Message) _warn($"The certificate stays as it was: {e.Message}");
                    _complaint = e.Message;
                }

                return _current;
            }
        }
    }

    private (string Certificate, string Key) Read() => (PemFile.Read(_files.Certificate), PemFile.Read(_files.Key));

    private SslStreamCertificateContext Load((string Certificate, string Key) texts) => PemFile.Certificate(_files, texts.Certificate, texts.Key, _time.GetUtcNow());
}
