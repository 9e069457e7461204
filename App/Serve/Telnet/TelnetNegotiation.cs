using System.Globalization;
using System.Text;

namespace Cmud.App.Serve.Telnet;

/// <summary>What server and client agree on, and what the client is. It sends by a delegate, knows no socket, and is for one thread at a time.</summary>
/// <remarks>
/// Two kinds of clients come. Those made for MUDs edit a line themselves and want to know where a prompt ends. Plain telnet at a terminal
/// edits one as well, but an event that comes meanwhile tears it on the screen: there the server echoes each character, and its own editor draws.
/// They tell themselves apart by what they agree to: the first kind says what it can (MTTS) or takes end-of-record marks, the second only names its terminal and tells its size.
/// </remarks>
internal sealed class TelnetNegotiation
{
    /// <summary>The longest name of a terminal that is kept, in characters.</summary>
    private const int MaxName = 40;

    /// <summary>The greatest size of a window that is believed; wider lines nobody reads.</summary>
    private const int MaxSize = 500;

    private const string AbilitiesMark = "MTTS ";
    private const byte Is = 0;
    private const byte Send = 1;
    private const byte CharsetRequest = 1;
    private const byte CharsetAccepted = 2;
    private const byte CharsetRejected = 3;
    private const int AnsiAbility = 1;
    private const int Utf8Ability = 4;
    private const int ScreenReaderAbility = 64;

    private readonly Action<byte[]> _send;
    private readonly Func<IEnumerable<KeyValuePair<string, string>>> _status;

    /// <summary>What we do.</summary>
    private readonly Dictionary<byte, TelnetSide> _own = [];

    /// <summary>What the client does.</summary>
    private readonly Dictionary<byte, TelnetSide> _theirs = [];

    private string? _name;
    private bool _hasNamedAll;
    private int? _abilities;
    private bool? _takesUtf8;

    /// <summary>A negotiation that begins.</summary>
    /// <param name="send">Sends bytes as they are.</param>
    /// <param name="status">What listings of MUDs are told, when they ask.</param>
    public TelnetNegotiation(Action<byte[]> send, Func<IEnumerable<KeyValuePair<string, string>>> status)
    {
        (_send, _status) = (send, status);
        foreach (var option in (byte[])[Telnet.Echo, Telnet.SuppressGoAhead, Telnet.EndOfRecordOption, Telnet.Charset, Telnet.ServerStatus])
            _own[option] = new(Telnet.Will, Telnet.Wont, option, send);
        foreach (var option in (byte[])[Telnet.TerminalType, Telnet.WindowSize, Telnet.Charset, Telnet.SuppressGoAhead])
            _theirs[option] = new(Telnet.Do, Telnet.Dont, option, send);
    }

    /// <summary>Columns of the client's window; 0 where it does not tell.</summary>
    public int Columns { get; private set; }

    /// <summary>Rows of it; 0 where it does not tell.</summary>
    public int Rows { get; private set; }

    /// <summary>Whether the client speaks telnet at all.</summary>
    public bool SpeaksTelnet { get; private set; }

    /// <summary>Whether all is known that decides how to play.</summary>
    public bool IsSettled => Their(Telnet.TerminalType) is { IsKnown: true } named && (!named.IsOn || _hasNamedAll)
        && Their(Telnet.WindowSize) is { IsKnown: true } sized && (!sized.IsOn || Columns > 0)
        && Own(Telnet.EndOfRecordOption).IsKnown;

    /// <summary>Whether it is plain telnet at a terminal, which the server is to edit for.</summary>
    public bool IsBareTerminal => Their(Telnet.TerminalType).IsOn && Columns > 0 && _abilities is null && !Own(Telnet.EndOfRecordOption).IsOn && !IsDumb;

    /// <summary>Whether it shows colours.</summary>
    public bool ShowsColor => _abilities is { } abilities ? (abilities & AnsiAbility) != 0 : _name is not null && !IsDumb;

    /// <summary>Whether its user listens instead of looking.</summary>
    public bool IsSpoken => (_abilities & ScreenReaderAbility) is > 0;

    /// <summary>Whether it shows UTF-8; what says nothing does.</summary>
    public bool TakesUtf8 => _takesUtf8 ?? (_abilities is not { } abilities || (abilities & Utf8Ability) != 0);

    private bool IsDumb => string.Equals(_name, "dumb", StringComparison.OrdinalIgnoreCase) || string.Equals(_name, "unknown", StringComparison.OrdinalIgnoreCase);

    /// <summary>Asks what there is to be known, and offers what there is.</summary>
    public void Begin()
    {
        Their(Telnet.TerminalType).Wish(true);
        Their(Telnet.WindowSize).Wish(true);
        Own(Telnet.EndOfRecordOption).Wish(true);
        Own(Telnet.Charset).Wish(true);
        Own(Telnet.ServerStatus).Wish(true);
        Their(Telnet.Charset).Allow();
    }

    /// <summary>Takes over echoing and editing: from now on each character comes as it is typed.</summary>
    public void TakeCharacters()
    {
        Own(Telnet.Echo).Wish(true);
        Own(Telnet.SuppressGoAhead).Wish(true);
        Their(Telnet.SuppressGoAhead).Allow();
    }

    /// <summary>Has a client that edits its lines itself show them or not.</summary>
    public void Hide(bool hides)
    {
        if (SpeaksTelnet) Own(Telnet.Echo).Wish(hides);
    }

    /// <summary>Marks that a prompt ends here: a client for MUDs may else wait for the rest of the line.</summary>
    public void EndPrompt()
    {
        if (SpeaksTelnet) _send([Telnet.Iac, Own(Telnet.EndOfRecordOption).IsOn ? Telnet.EndOfRecord : Telnet.GoAhead]);
    }

    /// <summary>Takes what is no text.</summary>
    public void Take(TelnetEvent said)
    {
        SpeaksTelnet = true;
        if (said.Kind == TelnetEventKind.Negotiation) Negotiate(said.Code, said.Option);
        else if (said.Kind == TelnetEventKind.Subnegotiation) Listen(said.Option, said.Content.Span);
        else if (said.Code == Telnet.AreYouThere) _send("\r\n[Yes]\r\n"u8.ToArray());
    }

    private void Negotiate(byte verb, byte option)
    {
        if (option == Telnet.TimingMark)
        {
            // All before it has been taken: that is what it asks.
            if (verb == Telnet.Do) _send([Telnet.Iac, Telnet.Will, option]);
            return;
        }

        var isOwn = verb is Telnet.Do or Telnet.Dont;
        var isYes = verb is Telnet.Do or Telnet.Will;
        if ((isOwn ? _own : _theirs).GetValueOrDefault(option) is not { } side)
        {
            // What we do not know is off, and stays so.
            if (isYes) _send([Telnet.Iac, isOwn ? Telnet.Wont : Telnet.Dont, option]);
            return;
        }

        var wasOn = side.IsOn;
        side.Hear(isYes);
        if (side.IsOn && !wasOn) Begun(isOwn, option);
    }

    /// <summary>An option has come on: what is said about it first.</summary>
    private void Begun(bool isOwn, byte option)
    {
        switch (option)
        {
            case Telnet.TerminalType:
                Say(option, [Send]);
                break;
            case Telnet.Charset when isOwn:
                Say(option, [CharsetRequest, .. ";UTF-8"u8]);
                break;
            case Telnet.ServerStatus:
                const byte variable = 1, value = 2;
                Say(option, [.. _status().SelectMany(static pair => (byte[])[variable, .. Encoding.ASCII.GetBytes(pair.Key), value, .. Encoding.ASCII.GetBytes(pair.Value)])]);
                break;
        }
    }

    private void Listen(byte option, ReadOnlySpan<byte> content)
    {
        switch (option)
        {
            case Telnet.TerminalType when content is [Is, .. var name] && !_hasNamedAll:
                Name(Encoding.ASCII.GetString(name[..Math.Min(name.Length, MaxName)]));
                break;
            case Telnet.WindowSize when content is [var wide, var wider, var high, var higher]:
                Columns = Math.Min((wide << 8) + wider, MaxSize);
                Rows = Math.Min((high << 8) + higher, MaxSize);
                break;
            case Telnet.Charset when content is [CharsetRequest, .. var offer]:
                var hasUtf8 = Encoding.ASCII.GetString(offer).Contains("UTF-8", StringComparison.OrdinalIgnoreCase);
                if (hasUtf8) _takesUtf8 = true;
                Say(option, hasUtf8 ? [CharsetAccepted, .. "UTF-8"u8] : [CharsetRejected]);
                break;
            case Telnet.Charset when content is [CharsetAccepted, ..]:
                _takesUtf8 = true;
                break;
        }
    }

    /// <summary>A client tells one name after another, and at its end the last one again; one for MUDs tells what it can as the third.</summary>
    private void Name(string name)
    {
        _hasNamedAll = name == _name || _abilities is not null;
        if (_abilities is null && name.StartsWith(AbilitiesMark, StringComparison.Ordinal) && int.TryParse(name.AsSpan(AbilitiesMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var abilities))
            (_abilities, _hasNamedAll) = (abilities, true);
        else _name = name;
        if (!_hasNamedAll) Say(Telnet.TerminalType, [Send]);
    }

    private void Say(byte option, byte[] content)
    {
        // None of what is said here holds the byte that would have to be doubled.
        _send([Telnet.Iac, Telnet.Subnegotiation, option, .. content, Telnet.Iac, Telnet.SubnegotiationEnd]);
    }

    private TelnetSide Own(byte option) => _own[option];

    private TelnetSide Their(byte option) => _theirs[option];
}
