using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cmud.Game;

/// <summary>Values of the store: JSON objects with a version, of which unknown fields are ignored and broken ones are skipped.</summary>
internal static class JsonValue
{
    /// <summary>The longest value that is looked at, unless its reader says otherwise: what the game writes is shorter.</summary>
    public const int MaxLength = 16_384;

    // A letter is written as itself: with six characters for each, a page of Russian would be longer than is read.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a value; null where it is blank, broken, too long or of another kind.</summary>
    public static T? Read<T>(string? value, int maxLength = MaxLength) where T : class
    {
        if (value is null or "" || value.Length > maxLength) return null;

        try
        {
            return JsonSerializer.Deserialize<T>(value, Options);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // No JSON, or not even UTF-16.
            return null;
        }
    }

    /// <summary>As it is stored.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);
}
