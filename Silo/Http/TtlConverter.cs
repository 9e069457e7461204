using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cmud.Silo.Http;

/// <summary>Reads a ttl, a number or a text, as the text that it is. Text that is none is refused here, where it is said in which place it stands.</summary>
internal sealed class TtlConverter : JsonConverter<string>
{
    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.ASCII.GetString(reader.ValueSpan),
        _ => throw new JsonException(),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
