using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Cmud.Silo.Http;

/// <summary>Reads bodies, within their bounds of size and time.</summary>
internal sealed class Body(TimeProvider time)
{
    /// <summary>The whole body, or why there is none.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="most">Most bytes. One that announces more is not read at all; memory is taken as it comes, not as it was announced.</param>
    /// <param name="tooLarge">The problem of one that is larger, by how many bytes there are, where that was announced.</param>
    public async ValueTask<(byte[] Bytes, Problem? Problem)> Read(HttpContext context, int most, Func<long?, Problem> tooLarge)
    {
        var request = context.Request;
        if (RefuseEncoding(request) is { } refusal) return ([], refusal);
        if (request.ContentLength > most) return ([], tooLarge(request.ContentLength));

        using var timeout = new CancellationTokenSource(HttpBounds.BodyTime, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted);
        try
        {
            return await Read(request.BodyReader, most, end.Token) is { } bytes ? (bytes, null) : ([], tooLarge(null));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return ([], Problems.BodyTimeout());
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return ([], tooLarge(null));
        }
    }

    /// <summary>All that comes; null where it is more than <paramref name="most"/>.</summary>
    /// <remarks>Kestrel's own bound counts the lengths of chunks, too: it would refuse a value that is just as long as it may be.</remarks>
    private static async ValueTask<byte[]?> Read(PipeReader reader, int most, CancellationToken end)
    {
        using var bytes = new MemoryStream();
        while (true)
        {
            var read = await reader.ReadAsync(end);
            foreach (var piece in read.Buffer) bytes.Write(piece.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (bytes.Length > most) return null;
            if (read.IsCompleted) return bytes.ToArray();
        }
    }

    /// <summary>Null where the bytes of the body are what is meant, else what is to be sent instead.</summary>
    private static Problem? RefuseEncoding(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is [{ } encoding, ..] && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return Problems.MediaType("The body has a Content-Encoding, and would be stored as it came; send it as it is.");

        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset is { Length: > 0 } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)
            ? Problems.MediaType("The body is of another charset than UTF-8; send it as UTF-8.")
            : null;
    }
}
