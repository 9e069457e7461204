namespace Cmud.App.Serve.Telnet;

/// <summary>One option on one side of a connection: whether it is on, and what has been asked about it and not answered (RFC 1143).</summary>
/// <remarks>An answer is never answered, and what is as it is wished is not told again: no two sides can go on about an option for ever.</remarks>
/// <param name="yes">What is said for it: WILL of our own side, DO of the other.</param>
/// <param name="no">What is said against it.</param>
/// <param name="option">The option.</param>
/// <param name="send">Sends bytes.</param>
internal sealed class TelnetSide(byte yes, byte no, byte option, Action<byte[]> send)
{
    private bool _isPending;
    private bool _isAskedOn;

    /// <summary>Whether it is on.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Whether the other side has said anything about it.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether it is to be on; then an offer of the other side is taken.</summary>
    public bool IsWished { get; private set; }

    /// <summary>Has it on or off, as far as the other side agrees.</summary>
    public void Wish(bool isOn)
    {
        IsWished = isOn;
        if (!_isPending && IsOn != isOn) Ask(isOn);
    }

    /// <summary>Would have it, but waits for the other side to offer it.</summary>
    public void Allow() => IsWished = true;

    /// <summary>The other side has said yes or no, to what was asked or by itself.</summary>
    public void Hear(bool isYes)
    {
        IsKnown = true;
        if (_isPending)
        {
            _isPending = false;
            IsOn = isYes && _isAskedOn;

            // Refused is refused. But the wish may have changed meanwhile.
            var isRefused = _isAskedOn && !isYes;
            if (IsOn != IsWished && !isRefused) Ask(IsWished);
            return;
        }

        if (isYes == IsOn) return;

        IsOn = isYes && IsWished;
        send([Telnet.Iac, IsOn ? yes : no, option]);
    }

    private void Ask(bool isOn)
    {
        (_isPending, _isAskedOn) = (true, isOn);
        send([Telnet.Iac, isOn ? yes : no, option]);
    }
}
