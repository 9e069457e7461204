using System.Text.Json.Serialization;

namespace Cmud.Silo.Http;

/// <summary>One operation of a batch, as clients write it.</summary>
/// <param name="Op">get, put, delete or list.</param>
/// <param name="Key">Of all but a list.</param>
/// <param name="Value">Of a put.</param>
/// <param name="Ttl">Of a put: seconds, or a text such as "5m"; for ever where it is left out.</param>
/// <param name="Prefix">Of a list; all keys where it is left out.</param>
/// <param name="After">Of a list: only keys above this one.</param>
/// <param name="Limit">Of a list: most entries.</param>
internal sealed record BatchOperation(string? Op, string? Key, string? Value, [property: JsonConverter(typeof(TtlConverter))] string? Ttl, string? Prefix, string? After, int? Limit);
