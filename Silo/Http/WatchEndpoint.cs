using System.Buffers.Text;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Access;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>/v1/watch: all that is under a prefix and then each change, as server-sent events or over a WebSocket.</summary>
/// <remarks>
/// Where the client is it says itself, by from or, as browsers do when they connect again, Last-Event-ID. A client that reads slowly is not asked for until it has read what was sent; the server keeps
/// nothing for it.
/// </remarks>
internal sealed class WatchEndpoint(QueryGrains grains, StoreServer server)
{
    /// <summary>In the place of a position: from now on.</summary>
    private const string Now = "now";

    /// <summary>How long nothing may be sent: half of what proxies commonly allow.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may take to answer that a WebSocket ends.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    /// <summary>GET, or the beginning of a WebSocket.</summary>
    public async Task Get(HttpContext context)
    {
        if ((Read(context.Request, out var request) ?? RefuseOrigin(context)) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        // The first answer is waited for before anything is said: what is refused is refused as by any path.
        var grain = grains.For(context);
        var first = await grain.Watch(request with { Wait = TimeSpan.Zero });
        if (context.WebSockets.IsWebSocketRequest) await Speak(context, grain, request, first);
        else await Stream(context, grain, request, first);
    }

    private async Task Stream(HttpContext context, IQueryGrain grain, WatchRequest request, WatchReply first)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        await Tell(grain, request, first, async events =>
        {
            if (events.Count == 0) await response.Body.WriteAsync(Comment, context.RequestAborted);
            foreach (var one in events) await response.Body.WriteAsync(Encoding.UTF8.GetBytes(Line(one)), context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
        }, context.RequestAborted);
    }

    private async Task Speak(HttpContext context, IQueryGrain grain, WatchRequest request, WatchReply first)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Silence, KeepAliveTimeout = Silence });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var listening = ListenAsync(socket, end);
        try
        {
            await Tell(grain, request, first, async events =>
            {
                foreach (var one in events) await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(one, Json.Types.WatchText), WebSocketMessageType.Text, endOfMessage: true, end.Token);
            }, end.Token);
        }
        finally
        {
            await CloseAsync(socket);
            await end.CancelAsync();
            await listening;
        }
    }

    /// <summary>Tells what there is and what comes, until the client leaves, the server stops, or the token counts for nothing more.</summary>
    private async Task Tell(IQueryGrain grain, WatchRequest request, WatchReply reply, Func<IReadOnlyList<WatchText>, Task> send, CancellationToken cancellationToken)
    {
        var isCurrent = false;
        try
        {
            while (true)
            {
                await send(WatchText.Of(reply, Base64Url.EncodeToString(reply.Position), isCurrent));
                isCurrent = reply.IsCurrent || (isCurrent && !reply.IsReset);
                // A call that nobody waits for any more ends by itself, after its time.
                reply = await grain.Watch(request with { Position = reply.Position, Wait = Silence }).AsTask().WaitAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or StoppingException or AccessDeniedException or WebSocketException or IOException || (e is OrleansException && server.IsStopping))
        {
            // The client goes on elsewhere, from the last position that it read.
        }
    }

    /// <summary>A client has nothing to say but that it leaves.</summary>
    private static async Task ListenAsync(WebSocket socket, CancellationTokenSource end)
    {
        var ignored = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(ignored, end.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // It has left without saying so.
        }

        await end.CancelAsync();
    }

    private static async Task CloseAsync(WebSocket socket)
    {
        using var limit = new CancellationTokenSource(Farewell);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "connect again, here or elsewhere, from the last position", limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // It is gone.
        }
    }

    /// <summary>As browsers read it: the name of the event, its position as their id, and the rest as JSON on one line.</summary>
    private static string Line(WatchText one)
    {
        var id = one.Position is { } position ? $"id: {position}\n" : "";
        return $"event: {one.Event}\n{id}data: {JsonSerializer.Serialize(one with { Event = null, Position = null }, Json.Types.WatchText)}\n\n";
    }

    private static Problem? Read(HttpRequest request, out WatchRequest watch)
    {
        watch = default;
        if (Parameters.Read(request.QueryString, out var parameters, "prefix", "from") is { } problem) return problem;

        var from = request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : parameters.Text("from");
        byte[]? position = null;
        if (from is not (null or Now))
        {
            try
            {
                position = Base64Url.DecodeFromChars(from);
            }
            catch (FormatException)
            {
                return Problems.BadRequest($"The watch is to go on from {Door.Show(from)}, but that is no position that a watch gave; leave it out to begin with all that there is, or write from=now.");
            }
        }

        watch = new(parameters["prefix"] ?? [], position, from == Now, Limit: 0, TimeSpan.Zero);
        return Problems.RefusePrefix(watch.Prefix);
    }

    /// <summary>Browsers let any page open a WebSocket to anywhere, and say only by this header which page it was.</summary>
    private static Problem? RefuseOrigin(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest || context.Request.Headers.Origin is not [{ } origin]) return null;

        return Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == context.Request.Host.Value
            ? null
            : new(StatusCodes.Status403Forbidden, "origin", "Not for this page", $"A page of {Door.Show(origin)} may not watch this server; use server-sent events by way of a server of its own.");
    }
}
