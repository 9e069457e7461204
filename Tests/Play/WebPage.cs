using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>What a page does, without a browser: a WebSocket, and all that it was told.</summary>
internal sealed class WebPage : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly Lock _lock = new();
    private readonly List<JsonNode> _told = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    /// <summary>All that it was told, in order.</summary>
    public IReadOnlyList<JsonNode> Told
    {
        get
        {
            lock (_lock) return [.. _told];
        }
    }

    /// <summary>What to come back by.</summary>
    public string Session => Told.First(static told => Is(told, "session"))["id"]!.GetValue<string>();

    /// <summary>The number of the last message.</summary>
    public long Seen => Told.Select(static told => told["number"]?.GetValue<long>() ?? 0).DefaultIfEmpty().Max();

    /// <summary>The texts of lines, in order.</summary>
    public IEnumerable<string> Lines => Told.Where(static told => Is(told, "line")).Select(static told => told["text"]!.GetValue<string>());

    /// <summary>Why the server has closed.</summary>
    public string? Closed => _socket.CloseStatusDescription;

    /// <summary>Ends when the server has closed.</summary>
    public Task Ended => _reading;

    /// <summary>Connects as the page of a host does.</summary>
    public static async Task<WebPage> ConnectAsync(int port, string? session = null, long seen = 0, string? origin = null, string? hello = null)
    {
        var page = new WebPage();
        page._socket.Options.SetRequestHeader("Origin", origin ?? $"http://127.0.0.1:{port}");
        await page._socket.ConnectAsync(new($"ws://127.0.0.1:{port}/play"), CancellationToken.None);
        await page.SayAsync(hello ?? new JsonObject { ["session"] = session, ["seen"] = seen }.ToJsonString());
        page._reading = page.ReadAsync();
        return page;
    }

    /// <summary>Enters a line.</summary>
    public Task EnterAsync(string line) => SayAsync(new JsonObject { ["line"] = line }.ToJsonString());

    /// <summary>Sends a message as it is.</summary>
    public Task SayAsync(string json) => _socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>Waits for the line with a text, and gives it.</summary>
    public async Task<string> SeeAsync(string text) =>
        (await UntilAsync(told => Is(told, "line") && told["text"]!.GetValue<string>().Contains(text, StringComparison.Ordinal), $"'{text}'"))["text"]!.GetValue<string>();

    /// <summary>Waits for a message, and gives the first.</summary>
    public async Task<JsonNode> UntilAsync(Func<JsonNode, bool> isIt, string what)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_told.Find(told => isIt(told)) is { } found) return found;
                more = _more.Task;
            }

            if (await Task.WhenAny(more, Task.Delay(Within.Patience, TimeProvider.System), _reading) != more && !more.IsCompleted)
                Assert.Fail($"{what} did not come; the last messages: {string.Join('\n', Told.TakeLast(5).Select(static told => told.ToJsonString()))}");
        }
    }

    /// <summary>Whether a message is of a type.</summary>
    public static bool Is(JsonNode told, string type) => told["type"]!.GetValue<string>() == type;

    /// <summary>Is gone without a word, as a phone in a tunnel.</summary>
    public void Drop() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.WaitAsync(Within.Patience);
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var (buffer, length) = (new byte[1 << 20], 0);
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return;
                }

                length += read.Count;
                if (!read.EndOfMessage) continue;

                lock (_lock)
                {
                    _told.Add(JsonNode.Parse(buffer.AsSpan(0, length))!);
                    _more.TrySetResult();
                    _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                length = 0;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The test has hung up, or the server has cut the line.
        }
    }
}
