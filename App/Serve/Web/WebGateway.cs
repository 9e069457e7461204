using System.Collections.Concurrent;
using System.Net.WebSockets;
using Cmud.App.Play;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Cmud.App.Serve.Web;

/// <summary>The web port: one page with its script and its style sheet, and the WebSocket over which it plays.</summary>
internal sealed class WebGateway(SessionHost host, Lobby lobby, ServeOptions options)
{
    /// <summary>How long a page may take to say whether it comes anew or comes back.</summary>
    private static readonly TimeSpan HelloTime = TimeSpan.FromSeconds(10);

    /// <summary>A page that is gone without a word is known to be after at most twice this; a proxy that ends what is silent has none to end.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private readonly OriginCheck _origins = new(options);
    private readonly PageFiles _files = new();
    private readonly ConcurrentDictionary<string, WebSession> _sessions = new();

    /// <summary>Has an application answer for the page and its WebSocket, and nothing else.</summary>
    public void Map(WebApplication app)
    {
        app.UseWebSockets(new() { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
        app.Run(AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        PageFiles.Secure(context.Response);
        if (_origins.RefuseHost(context.Request) is { } refusal) await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, refusal);
        else if (context.Request.Path != "/play") await _files.AnswerAsync(context);
        else if (!context.WebSockets.IsWebSocketRequest) await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This is where the page plays, by a WebSocket. The page is at /.");
        else if (_origins.RefuseOrigin(context.Request) is { } stranger) await RefuseAsync(context, StatusCodes.Status403Forbidden, stranger);
        else await PlayAsync(context);
    }

    private static async Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(sentence + "\n");
    }

    private async Task PlayAsync(HttpContext context)
    {
        using var page = await context.WebSockets.AcceptWebSocketAsync();
        var gone = context.RequestAborted;
        try
        {
            if (await HelloAsync(page, gone) is not { } hello) return;

            if (hello.Session is { } id && _sessions.TryGetValue(id, out var known)) await known.ShowAsync(page, hello.Seen, isNew: false, gone);
            else if (lobby.TryEnter(context.Connection.RemoteIpAddress, out var refusal) is { } seat) await Begin(seat).ShowAsync(page, 0, isNew: true, gone);
            else await EndAsync(page, refusal, gone);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // A page may be gone at any moment.
        }
    }

    private async Task<PageWord?> HelloAsync(WebSocket page, CancellationToken gone)
    {
        using var patience = new CancellationTokenSource(HelloTime, host.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, patience.Token, host.Closing);
        return await PageReader.ReadAsync(page, end.Token);
    }

    private static async Task EndAsync(WebSocket page, string sentence, CancellationToken cancellationToken)
    {
        await page.SendAsync(new PageMessage.End(sentence).Write(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        await page.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }

    /// <summary>Begins a session, which goes on whether a page shows it or not.</summary>
    private WebSession Begin(Lobby.Seat seat)
    {
        var session = new WebSession(host.Time);
        _sessions[session.Id] = session;
        session.Begin(PlayAsync);
        return session;

        async Task PlayAsync(IDoor door)
        {
            using (seat)
            using (session)
            {
                try
                {
                    await host.PlayAsync(door, seat, "web", speaks: false);
                }
                finally
                {
                    _sessions.TryRemove(session.Id, out _);
                }
            }
        }
    }
}
