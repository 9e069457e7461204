namespace Cmud.Client;

/// <summary>The store as its users see it. A port, so that a program can be tested without a server.</summary>
/// <remarks>Safe for many threads and many calls at once. A failed call throws one <see cref="CmudException"/>.</remarks>
public interface ICmudClient : IAsyncDisposable
{
    /// <summary>The value of a key, or null where it is absent.</summary>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Sets a key; completes when the store has committed the write.</summary>
    ValueTask<PutReceipt> PutAsync(string key, string value, CancellationToken cancellationToken = default);

    /// <summary>All keys that start with a prefix (the empty one: all), with their values, in the order of their UTF-8 bytes.</summary>
    IAsyncEnumerable<KeyValuePair<string, string>> ListAsync(string prefix = "", CancellationToken cancellationToken = default);
}
