namespace Cmud.Grains.Interfaces.Tls;

/// <summary>A certificate that cannot be used; the message is one sentence that says what to do.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
