namespace Cmud.Silo.Http;

/// <summary>The results of a batch, in its order.</summary>
internal sealed record BatchReply(BatchResult[] Results);
