using System.Text.Json.Serialization;

namespace Cmud.Silo.Http;

/// <summary>The JSON of the gateway. What it does not know in a request is refused, not passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ListPage))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchReply))]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(WatchText))]
internal sealed partial class HttpJson : JsonSerializerContext;
