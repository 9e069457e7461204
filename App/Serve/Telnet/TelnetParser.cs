using System.Buffers;

namespace Cmud.App.Serve.Telnet;

/// <summary>Parts a telnet stream into text and commands. It takes a byte at a time, so that no cut of the stream can make a difference.</summary>
internal sealed class TelnetParser
{
    /// <summary>The most that an option may say, in bytes; a name of a terminal has 40. What is longer is left out as a whole.</summary>
    public const int MaxContent = 512;

    private readonly ArrayBufferWriter<byte> _content = new(64);
    private State _state;
    private byte _code;
    private bool _isTooLong;

    private enum State
    {
        Text,
        Command,
        Option,
        ContentOption,
        Content,
        ContentCommand,
    }

    /// <summary>Takes the next byte; gives what is complete with it, or null.</summary>
    public TelnetEvent? Take(byte next)
    {
        switch (_state)
        {
            case State.Text when next == Telnet.Iac:
                _state = State.Command;
                return null;
            case State.Text:
                return new(TelnetEventKind.Text, next);
            case State.Command:
                return Command(next);
            case State.Option:
                _state = State.Text;
                return new(TelnetEventKind.Negotiation, _code, next);
            case State.ContentOption:
                (_code, _isTooLong, _state) = (next, false, State.Content);
                _content.ResetWrittenCount();
                return null;
            case State.Content when next == Telnet.Iac:
                _state = State.ContentCommand;
                return null;
            case State.Content:
                Add(next);
                return null;
            default:
                return ContentCommand(next);
        }
    }

    private TelnetEvent? Command(byte next)
    {
        _state = next switch
        {
            Telnet.Will or Telnet.Wont or Telnet.Do or Telnet.Dont => State.Option,
            Telnet.Subnegotiation => State.ContentOption,
            _ => State.Text,
        };
        _code = next;
        if (_state != State.Text) return null;

        return new(next == Telnet.Iac ? TelnetEventKind.Text : TelnetEventKind.Command, next);
    }

    private TelnetEvent? ContentCommand(byte next)
    {
        if (next == Telnet.Iac)
        {
            _state = State.Content;
            Add(next);
            return null;
        }

        // Without its end it says nothing, and the command that stands in it is one.
        if (next != Telnet.SubnegotiationEnd) return Command(next);

        _state = State.Text;
        return _isTooLong ? null : new(TelnetEventKind.Subnegotiation, 0, _code, _content.WrittenSpan.ToArray());
    }

    private void Add(byte next)
    {
        _isTooLong |= _content.WrittenCount == MaxContent;
        if (_isTooLong) return;

        _content.GetSpan(1)[0] = next;
        _content.Advance(1);
    }
}
