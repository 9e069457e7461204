using System.Threading.Channels;
using Cmud.App.Play;
using Cmud.Game.Play;

namespace Cmud.App.Serve.Web;

/// <summary>A play in a browser: the page edits the line, and makes of each thing that is shown an element of its own.</summary>
/// <remarks>It outlives the connection of the page, so that one which loses its network comes back to the same session.</remarks>
internal sealed class WebDoor : IDoor
{
    /// <summary>Lines that wait to be taken; the page is not read while there are more.</summary>
    private const int MaxLines = 64;

    /// <summary>For what is to be heard, whatever the page shows otherwise: lists for tables, words for drawings.</summary>
    private static readonly Renderer Spoken = new(new(PlayMode.Script, Color: false, Spoken: true));

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(MaxLines);
    private readonly CancellationTokenSource _left = new();
    private bool _remembers = true;
    private PageMessage.Prompt _prompt = new("", IsSecret: false, Remembers: false);

    /// <summary>What the page is to show.</summary>
    public PageLog Log { get; } = new();

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <summary>Takes a line from the page. Waits where too many wait already.</summary>
    public async ValueTask EnterAsync(string line, CancellationToken cancellationToken)
    {
        while (!_lines.Writer.TryWrite(line) && await _lines.Writer.WaitToWriteAsync(cancellationToken))
        {
            // There may be room again.
        }
    }

    /// <summary>The page will not come back: the play ends at once.</summary>
    public void Leave() => _left.Cancel();

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete)
    {
        // Tab leaves the input, as on every page.
    }

    /// <inheritdoc/>
    public void Show(Output output)
    {
        foreach (var message in MessagesOf(output)) Log.Add(message);
    }

    /// <inheritdoc/>
    public void Remember(bool remembers) => _remembers = remembers;

    /// <inheritdoc/>
    public void Prompt(string prompt, bool hidesInput, bool isTurn)
    {
        var next = new PageMessage.Prompt(Renderer.Clean(prompt), hidesInput, _remembers);
        if (next == _prompt) return;

        _prompt = next;
        Log.Prompt(next);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        if (!await _lines.Reader.WaitToReadAsync(cancellationToken) || !_lines.Reader.TryRead(out var line)) return null;

        Log.Add(new PageMessage.Entered(_prompt.Text, _prompt.IsSecret ? "" : Renderer.Clean(line)));
        return line;
    }

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        return default;
    }

    private static IEnumerable<PageMessage> MessagesOf(Output output) => output switch
    {
        Output.Line line => [new PageMessage.Line(Renderer.Clean(line.Text), line.Tone)],
        Output.Block block => [new PageMessage.Block(string.Join('\n', block.Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(Renderer.Clean)))],
        Output.Table table => [new PageMessage.Table(
            table.Title is { } title ? Renderer.Clean(title) : null, [.. table.Headers.Select(Renderer.Clean)], [.. table.Rows.Select(static IReadOnlyList<string> (row) => [.. row.Select(Renderer.Clean)])])],
        Output.Bar bar => [new PageMessage.Bar(Renderer.Clean(bar.Label), double.IsFinite(bar.Fraction) ? Math.Clamp(bar.Fraction, 0, 1) : 0, Renderer.Clean(bar.Text))],
        Output.Clear => [new PageMessage.Clear()],
        Output.Aloud { What: Output.Line line } => MessagesOf(line),
        Output.Aloud aloud => Spoken.Render(aloud.What, columns: 0).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static text => new PageMessage.Line(text, Tone.Plain)),
        _ => [],
    };
}
