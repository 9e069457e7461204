using System.Text.Json.Serialization;

namespace Cmud.Silo.Http;

/// <summary>The result of a get in a batch.</summary>
/// <param name="Value">Null where the key is absent.</param>
/// <param name="Etag">As a GET of the key has it.</param>
/// <param name="Ttl">Seconds until it expires; null where it never does.</param>
internal sealed record FoundValue([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Value, string? Etag, decimal? Ttl) : BatchResult;
