using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Cmud.Silo.Http;

/// <summary>Writes documents.</summary>
internal static class Json
{
    /// <summary>Text stays readable and short: it is JSON, and never part of a page.</summary>
    public static readonly HttpJson Types = new(new JsonSerializerOptions(HttpJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Answers with a document.</summary>
    public static async Task Write<T>(HttpResponse response, T document, JsonTypeInfo<T> type, string mediaType = "application/json")
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, type);
        response.ContentType = mediaType;
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, response.HttpContext.RequestAborted);
    }
}
