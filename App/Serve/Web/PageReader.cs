using System.Net.WebSockets;

namespace Cmud.App.Serve.Web;

/// <summary>Reads what a page says, within bounds.</summary>
internal static class PageReader
{
    /// <summary>The next message; null where the page has closed, or is told to close for what it said.</summary>
    public static async Task<PageWord?> ReadAsync(WebSocket page, CancellationToken cancellationToken)
    {
        var buffer = new byte[PageWord.MaxBytes];
        var length = 0;
        while (true)
        {
            var read = await page.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close) return null;

            length += read.Count;
            if (!read.EndOfMessage && length < buffer.Length) continue;

            var (status, why) = !read.EndOfMessage ? (WebSocketCloseStatus.MessageTooBig, $"A message may have {PageWord.MaxBytes} bytes.") : (WebSocketCloseStatus.InvalidPayloadData, "A message is JSON: {\"line\": \"look\"}.");
            if (read.EndOfMessage && PageWord.Read(buffer.AsSpan(0, length)) is { } word) return word;

            await page.CloseOutputAsync(status, why, cancellationToken);
            return null;
        }
    }
}
