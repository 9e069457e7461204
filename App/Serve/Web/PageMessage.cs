using System.Text.Json;
using System.Text.Json.Serialization;
using Cmud.Game.Play;

namespace Cmud.App.Serve.Web;

/// <summary>What the page is told: JSON, of which the page makes text and never markup.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Session), "session")]
[JsonDerivedType(typeof(Line), "line")]
[JsonDerivedType(typeof(Block), "block")]
[JsonDerivedType(typeof(Table), "table")]
[JsonDerivedType(typeof(Bar), "bar")]
[JsonDerivedType(typeof(Entered), "entered")]
[JsonDerivedType(typeof(Clear), "clear")]
[JsonDerivedType(typeof(Prompt), "prompt")]
[JsonDerivedType(typeof(End), "end")]
internal abstract record PageMessage
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter<Tone>(JsonNamingPolicy.CamelCase) } };

    /// <summary>The first message: which session this is, to come back to it by.</summary>
    /// <param name="Id">A secret of this page and the host.</param>
    /// <param name="IsNew">Whether it has just begun.</param>
    public sealed record Session(string Id, bool IsNew) : PageMessage;

    /// <summary>A line, in a tone that is a class of the style sheet.</summary>
    public sealed record Line(string Text, Tone Tone) : PageMessage;

    /// <summary>Lines that stand as they are.</summary>
    public sealed record Block(string Text) : PageMessage;

    /// <summary>Rows under headers.</summary>
    public sealed record Table(string? Title, IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows) : PageMessage;

    /// <summary>How far something has come, from 0 to 1, and in words.</summary>
    public sealed record Bar(string Label, double Fraction, string Text) : PageMessage;

    /// <summary>What the player entered, after which prompt; of a secret, the prompt alone.</summary>
    public sealed record Entered(string After, string Text) : PageMessage;

    /// <summary>An empty screen.</summary>
    public sealed record Clear : PageMessage;

    /// <summary>What stands before the next line.</summary>
    /// <param name="Text">The prompt.</param>
    /// <param name="IsSecret">Whether that line is not to be shown.</param>
    /// <param name="Remembers">Whether it belongs into a history.</param>
    public sealed record Prompt(string Text, bool IsSecret, bool Remembers) : PageMessage;

    /// <summary>The session is over, or there is none to be had; why.</summary>
    public sealed record End(string Text) : PageMessage;

    /// <summary>The message as JSON in UTF-8.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Options);

    /// <summary>The same with its place in the session's log, by which a page that comes back says what it has.</summary>
    public byte[] Write(long number)
    {
        var json = JsonSerializer.SerializeToNode(this, Options)!;
        json["number"] = number;
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }
}
