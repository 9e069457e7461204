namespace Cmud.Silo.Http;

/// <summary>Many operations in one request, in order.</summary>
internal sealed record BatchRequest(BatchOperation[]? Operations);
