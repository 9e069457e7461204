namespace Cmud.App.Serve.Telnet;

/// <summary>The numbers of the telnet protocol that are used here (RFC 854 and those of each option).</summary>
internal static class Telnet
{
    public const byte EndOfFile = 236;
    public const byte EndOfRecord = 239;
    public const byte SubnegotiationEnd = 240;
    public const byte Interrupt = 244;
    public const byte AreYouThere = 246;
    public const byte EraseCharacter = 247;
    public const byte EraseLine = 248;
    public const byte GoAhead = 249;
    public const byte Subnegotiation = 250;
    public const byte Will = 251;
    public const byte Wont = 252;
    public const byte Do = 253;
    public const byte Dont = 254;

    /// <summary>Begins every command; doubled, it is a byte of the text.</summary>
    public const byte Iac = 255;

    /// <summary>RFC 857. The server echoes: to a client for MUDs, that what is typed is not shown.</summary>
    public const byte Echo = 1;

    /// <summary>RFC 858. With <see cref="Echo"/>: a character at a time.</summary>
    public const byte SuppressGoAhead = 3;

    /// <summary>RFC 860. Asked after an interrupt, and waited for.</summary>
    public const byte TimingMark = 6;

    /// <summary>RFC 1091; the third answer of clients for MUDs is what they can (MTTS).</summary>
    public const byte TerminalType = 24;

    /// <summary>RFC 885. Marks where a prompt ends.</summary>
    public const byte EndOfRecordOption = 25;

    /// <summary>RFC 1073.</summary>
    public const byte WindowSize = 31;

    /// <summary>RFC 2066.</summary>
    public const byte Charset = 42;

    /// <summary>The Mud Server Status Protocol: what listings of MUDs ask.</summary>
    public const byte ServerStatus = 70;
}
