using System.Text;

namespace Cmud.App.Serve.Telnet;

/// <summary>A telnet connection as it is written to: text, prompts, and what is negotiated. Safe for any thread.</summary>
internal sealed class TelnetWire
{
    private readonly Lock _lock = new();
    private readonly Outbox _outbox;
    private readonly TelnetNegotiation _negotiation;

    /// <summary>A wire.</summary>
    /// <param name="outbox">Where all goes.</param>
    /// <param name="status">What listings of MUDs are told.</param>
    public TelnetWire(Outbox outbox, Func<IEnumerable<KeyValuePair<string, string>>> status)
    {
        _outbox = outbox;
        _negotiation = new(bytes => outbox.Write(bytes), status);
    }

    /// <summary>Does or asks something of the negotiation.</summary>
    public T With<T>(Func<TelnetNegotiation, T> what)
    {
        lock (_lock) return what(_negotiation);
    }

    /// <inheritdoc cref="With{T}"/>
    public void With(Action<TelnetNegotiation> what)
    {
        lock (_lock) what(_negotiation);
    }

    /// <summary>Writes text: its lines as telnet ends them, in a character set that the client has.</summary>
    public void Write(string text)
    {
        var ended = text.Replace("\r", "\r\0", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        lock (_lock)
        {
            // In UTF-8 no byte is the one that begins a command.
            if (_negotiation.TakesUtf8) _outbox.Write(Encoding.UTF8.GetBytes(ended));
            else _outbox.Write([.. Encoding.Latin1.GetBytes(ended).SelectMany(static b => b == Telnet.Iac ? (byte[])[b, b] : [b])]);
        }
    }
}
