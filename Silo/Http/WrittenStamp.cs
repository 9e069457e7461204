namespace Cmud.Silo.Http;

/// <summary>The result of a put or delete in a batch.</summary>
/// <param name="Etag">The stamp of the write.</param>
internal sealed record WrittenStamp(string Etag) : BatchResult;
