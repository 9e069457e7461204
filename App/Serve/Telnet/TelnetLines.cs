using System.Threading.Channels;
using Cmud.App.Play;

namespace Cmud.App.Serve.Telnet;

/// <summary>A client that edits its lines itself: one made for MUDs, or one that speaks no telnet at all.</summary>
internal sealed class TelnetLines : ILineTerminal, ITelnetInput
{
    /// <summary>Lines that wait to be taken, more than a paste; more stay with the client, whose connection is not read meanwhile.</summary>
    private const int MaxLines = 64;

    private readonly TelnetWire _wire;
    private readonly CancellationTokenSource _left = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(MaxLines);
    private readonly Queue<string> _entered = new();
    private readonly LineParser _parser;

    /// <summary>A client at the end of a wire.</summary>
    public TelnetLines(TelnetWire wire)
    {
        _wire = wire;
        _parser = new(_entered.Enqueue);
    }

    /// <inheritdoc/>
    public int Columns => _wire.With(static negotiation => negotiation.Columns);

    /// <inheritdoc/>
    public bool Echoes => true;

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <inheritdoc/>
    public void Write(string text) => _wire.Write(text);

    /// <inheritdoc/>
    public void Hide(bool hides) => _wire.With(negotiation => negotiation.Hide(hides));

    /// <inheritdoc/>
    public void EndPrompt() => _wire.With(static negotiation => negotiation.EndPrompt());

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await _lines.Reader.WaitToReadAsync(cancellationToken) && _lines.Reader.TryRead(out var line) ? line : null;

    /// <inheritdoc/>
    public async ValueTask TakeAsync(TelnetEvent said, CancellationToken cancellationToken)
    {
        switch (said)
        {
            case { Kind: TelnetEventKind.Text }:
                _parser.Take(said.Code);
                break;
            case { Kind: TelnetEventKind.Command, Code: Telnet.Interrupt }:
                await _left.CancelAsync();
                break;
            case { Kind: TelnetEventKind.Command, Code: Telnet.EndOfFile }:
                Hang();
                break;
            case { Kind: TelnetEventKind.Command, Code: Telnet.EraseCharacter }:
                _parser.EraseCharacter();
                break;
            case { Kind: TelnetEventKind.Command, Code: Telnet.EraseLine }:
                _parser.EraseLine();
                break;
        }

        while (_entered.TryDequeue(out var line))
        {
            // Nobody waits while there is room, so that the last words of a client that has hung up are heard.
            while (!_lines.Writer.TryWrite(line) && await _lines.Writer.WaitToWriteAsync(cancellationToken))
            {
                // There may be room again.
            }
        }
    }

    /// <inheritdoc/>
    public void Hang() => _lines.Writer.TryComplete();

    /// <inheritdoc/>
    public void Dispose() => _left.Dispose();
}
