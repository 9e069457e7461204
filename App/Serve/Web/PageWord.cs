using System.Text.Json;

namespace Cmud.App.Serve.Web;

/// <summary>What the page says.</summary>
/// <param name="Session">In the first message: the session to come back to; null for a new one.</param>
/// <param name="Seen">With it: the number of the last message that the page has shown.</param>
/// <param name="Line">A line that was entered.</param>
internal sealed record PageWord(string? Session = null, long Seen = 0, string? Line = null)
{
    /// <summary>The most that a message may have, in bytes: a line of the most characters, each of them escaped, and what stands around it.</summary>
    public const int MaxBytes = 8 * 1024;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a message; null where it is none.</summary>
    public static PageWord? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<PageWord>(json, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
