namespace Cmud.App.Serve.Telnet;

/// <summary>What a piece of a telnet stream is.</summary>
internal enum TelnetEventKind
{
    /// <summary>A byte of the text.</summary>
    Text,

    /// <summary>A command of one byte, such as "interrupt".</summary>
    Command,

    /// <summary>WILL, WONT, DO or DONT, and the option.</summary>
    Negotiation,

    /// <summary>What an option has to say.</summary>
    Subnegotiation,
}

/// <summary>A piece of a telnet stream.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Code">The byte of a text or command; the verb of a negotiation.</param>
/// <param name="Option">The option, where there is one.</param>
/// <param name="Content">What it says; empty but for a subnegotiation.</param>
internal readonly record struct TelnetEvent(TelnetEventKind Kind, byte Code, byte Option = 0, ReadOnlyMemory<byte> Content = default);
