using System.Text.Encodings.Web;
using System.Text.Json;
using Cmud.Client;

namespace Cmud.App;

/// <summary>What commands print with --json: one object on one line.</summary>
internal static class JsonLine
{
    /// <summary>Text as it is, but for what JSON and terminals cannot take: nobody puts this into a web page.</summary>
    private static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A key and its value; null where absent.</summary>
    public static string Of(string key, string? value) => JsonSerializer.Serialize(new { key, value }, Plain);

    /// <summary>A receipt; expires is null where nothing does. Numbers of 64 bits are text, since most readers of JSON keep only 53.</summary>
    public static string Of(PutReceipt receipt) => JsonSerializer.Serialize(
        new
        {
            key = receipt.Key,
            time = receipt.Stamp.Time.Wall,
            stamp = receipt.Stamp.ToString(),
            origin = receipt.Origin.ToString(),
            grain = receipt.Stamp.Grain,
            sequence = receipt.Sequence,
            server = receipt.Server.ToString(),
            expires = receipt.ExpiresAt,
        },
        Plain);
}
