using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>/openapi/v1.json: what there is, for programs that make clients.</summary>
/// <remarks>
/// Written by hand: what the framework can derive from handlers knows neither keys with slashes nor the headers, problems and bounds that matter here. Tests hold it against the
/// paths that are mapped and the JSON that is read and written.
/// </remarks>
internal static class OpenApi
{
    private static readonly byte[] Document = Read();

    /// <summary>GET and HEAD.</summary>
    public static async Task Get(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Document.Length;
        await context.Response.Body.WriteAsync(Document, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var document = typeof(OpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[document.Length];
        document.ReadExactly(bytes);
        return bytes;
    }
}
