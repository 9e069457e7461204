namespace Cmud.Client;

/// <summary>The store as its users see it. A port, so that a program can be tested without a server.</summary>
/// <remarks>Safe for many threads and many calls at once. A failed call throws one <see cref="CmudException"/>.</remarks>
public interface ICmudClient : IAsyncDisposable
{
    /// <summary>The value of a key, or null where it is absent.</summary>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Sets a key; completes when the store has committed the write.</summary>
    ValueTask<PutReceipt> PutAsync(string key, string value, CancellationToken cancellationToken = default);

    /// <summary>Sets a key for a time; completes when the store has committed the write.</summary>
    /// <remarks>
    /// The server that accepts it adds the time to its own clock, and every server hides the value when its own clock has passed the sum: where clocks
    /// differ, by so much earlier or later. Whatever is written to the key afterwards has a time of its own, or none.
    /// </remarks>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeToLive">How long the value is shown, in whole milliseconds: 1 ms to 3,650 days; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<PutReceipt> PutAsync(string key, string value, TimeSpan? timeToLive, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key, absent or not; completes when the store has committed the write.</summary>
    /// <remarks>A delete is a write like any other: it removes what was written before it, on every server, and a later Put brings the key back.</remarks>
    ValueTask<PutReceipt> DeleteAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>All keys that start with a prefix (the empty one: all), with their values, in the order of their UTF-8 bytes.</summary>
    IAsyncEnumerable<KeyValuePair<string, string>> ListAsync(string prefix = "", CancellationToken cancellationToken = default);
}
