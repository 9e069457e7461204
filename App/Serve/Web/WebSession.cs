using System.Net.WebSockets;
using System.Security.Cryptography;
using Cmud.App.Play;

namespace Cmud.App.Serve.Web;

/// <summary>One session of the game, and the connection of the page that shows it now: none while the page has lost its network.</summary>
internal sealed class WebSession : IDisposable
{
    /// <summary>How long a page may be gone and still come back to its session. Others see its player meanwhile; longer is for those who said goodbye by closing the page.</summary>
    public static readonly TimeSpan Absence = TimeSpan.FromMinutes(2);

    /// <summary>How long a page may take nothing at all of what is sent to it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long a page that was told to close may take to say that it has heard.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly ITimer _absence;
    private CancellationTokenSource? _connection;
    private bool _isOver;

    /// <summary>A session without a page yet.</summary>
    public WebSession(TimeProvider time)
    {
        _time = time;
        _absence = time.CreateTimer(_ => Leave(), null, Absence, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the page comes back by: nobody guesses it, and no other player is told.</summary>
    public string Id { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Where it is played.</summary>
    public WebDoor Door { get; } = new();

    /// <summary>Ends with the game.</summary>
    public Task Play { get; private set; } = Task.CompletedTask;

    /// <summary>Begins to play.</summary>
    public void Begin(Func<IDoor, Task> play) => Play = play(Door);

    /// <summary>Shows the session on a page, until that is gone, another connection of it has come, or the session is over.</summary>
    /// <param name="page">The page.</param>
    /// <param name="seen">The last message that it has.</param>
    /// <param name="isNew">Whether the session has just begun.</param>
    /// <param name="cancellationToken">Cancelled when the connection is gone.</param>
    public async Task ShowAsync(WebSocket page, long seen, bool isNew, CancellationToken cancellationToken)
    {
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Attach(connection);
        var listening = Task.CompletedTask;
        try
        {
            await SendAsync(page, new PageMessage.Session(Id, isNew).Write(), connection.Token);
            listening = ListenAsync(page, connection);
            await SendAllAsync(page, seen, connection.Token);
            await page.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, connection.Token);
            await listening.WaitAsync(ClosingTime, _time, connection.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or TimeoutException or IOException)
        {
            // The page is gone, or does not read. It may come back.
        }
        finally
        {
            Detach(connection);
            await connection.CancelAsync();
            await listening;
        }

        if (page.State == WebSocketState.CloseReceived) await page.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock) _isOver = true;
        _absence.Dispose();
    }

    /// <summary>The newer connection has the page: the older one is dead, though nobody has noticed yet.</summary>
    private void Attach(CancellationTokenSource connection)
    {
        lock (_lock)
        {
            // It is there until it has left under this lock; what it does then need not be waited for.
            _ = _connection?.CancelAsync();
            _connection = connection;
            if (!_isOver) _absence.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Detach(CancellationTokenSource connection)
    {
        lock (_lock)
        {
            if (_connection != connection) return;

            _connection = null;
            if (!_isOver) _absence.Change(Absence, Timeout.InfiniteTimeSpan);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (!_isOver && _connection is null) Door.Leave();
        }
    }

    private async Task SendAllAsync(WebSocket page, long seen, CancellationToken cancellationToken)
    {
        var at = new PageLog.Mark(seen, 0);
        while (true)
        {
            var isLast = Play.IsCompleted;
            var messages = Door.Log.After(at, out at, out var missed, out var more);
            if (missed) await SendAsync(page, new PageMessage.Line("(What was said meanwhile is more than is kept; some of it is left out.)", Game.Play.Tone.Hint).Write(), cancellationToken);
            foreach (var message in messages) await SendAsync(page, message, cancellationToken);
            if (isLast)
            {
                await SendAsync(page, new PageMessage.End("The session is over.").Write(), cancellationToken);
                return;
            }

            await Task.WhenAny(more, Play).WaitAsync(cancellationToken);
        }
    }

    private async Task SendAsync(WebSocket page, byte[] message, CancellationToken cancellationToken) =>
        await page.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken).WaitAsync(Patience, _time, cancellationToken);

    /// <summary>Takes lines from the page until it is gone; then nothing more is sent to it either.</summary>
    private async Task ListenAsync(WebSocket page, CancellationTokenSource connection)
    {
        try
        {
            while (await PageReader.ReadAsync(page, connection.Token) is { } word)
            {
                if (word.Line is { } line) await Door.EnterAsync(line, connection.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // Gone.
        }
        finally
        {
            await connection.CancelAsync();
        }
    }
}
