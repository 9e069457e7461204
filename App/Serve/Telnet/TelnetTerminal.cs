using System.Threading.Channels;
using Cmud.App.Play;

namespace Cmud.App.Serve.Telnet;

/// <summary>Plain telnet at a terminal, a character at a time: the editor of the console, at the far end of a wire.</summary>
internal sealed class TelnetTerminal : ITerminal, ITelnetInput
{
    /// <summary>Keys that wait to be taken; more stay with the client, whose connection is not read meanwhile.</summary>
    private const int MaxKeys = 4096;

    /// <summary>What a terminal has that does not say, or no longer.</summary>
    private const int UsualColumns = 80, UsualRows = 24;

    private readonly TelnetWire _wire;
    private readonly Channel<Key> _keys = Channel.CreateBounded<Key>(MaxKeys);
    private readonly Queue<Key> _pressed = new();
    private readonly KeyParser _parser;

    /// <summary>Takes the terminal over.</summary>
    public TelnetTerminal(TelnetWire wire)
    {
        _wire = wire;
        _parser = new(_pressed.Enqueue);
        wire.With(static negotiation => negotiation.TakeCharacters());
    }

    /// <inheritdoc/>
    public int Columns => _wire.With(static negotiation => negotiation.Columns) is > 0 and var columns ? columns : UsualColumns;

    /// <inheritdoc/>
    public int Rows => _wire.With(static negotiation => negotiation.Rows) is > 0 and var rows ? rows : UsualRows;

    /// <inheritdoc/>
    public ChannelReader<Key> Keys => _keys.Reader;

    /// <inheritdoc/>
    public void Write(string text) => _wire.Write(text);

    /// <inheritdoc/>
    public async ValueTask TakeAsync(TelnetEvent said, CancellationToken cancellationToken)
    {
        if (said.Kind == TelnetEventKind.Text) _parser.Take(said.Code);
        else if (KindOf(said) is { } kind) _pressed.Enqueue(new(kind));
        while (_pressed.TryDequeue(out var key))
        {
            if (!_keys.Writer.TryWrite(key)) await _keys.Writer.WriteAsync(key, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Hang() => _keys.Writer.TryComplete();

    /// <inheritdoc/>
    public void Dispose() => Hang();

    private static KeyKind? KindOf(TelnetEvent said) => said switch
    {
        { Kind: TelnetEventKind.Subnegotiation, Option: Telnet.WindowSize } => KeyKind.Redraw,
        { Kind: TelnetEventKind.Command, Code: Telnet.Interrupt } => KeyKind.Interrupt,
        { Kind: TelnetEventKind.Command, Code: Telnet.EndOfFile } => KeyKind.EndOfInput,
        { Kind: TelnetEventKind.Command, Code: Telnet.EraseCharacter } => KeyKind.Backspace,
        { Kind: TelnetEventKind.Command, Code: Telnet.EraseLine } => KeyKind.CutToStart,
        _ => null,
    };
}
