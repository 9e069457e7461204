namespace Cmud.Client;

/// <summary>The store as its users see it. A port, so that a program can be tested without a server.</summary>
/// <remarks>Safe for many threads and many calls at once. A failed call throws one <see cref="CmudException"/>.</remarks>
public interface ICmudClient : IAsyncDisposable
{
    /// <summary>The value of a key, or null where it is absent.</summary>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>The value of a key, with how far the replica that answered may be behind each other server.</summary>
    ValueTask<Reading> ReadAsync(string key, CancellationToken cancellationToken = default);

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

    /// <summary>All that there is under a prefix (the empty one: all), and from then on what changes there, newest per key, until the reader ends it.</summary>
    /// <remarks>
    /// <para>Nothing is missed: where the server fails, another one goes on from where this one was; where it cannot, since deletes were forgotten meanwhile, it begins with
    /// <see cref="WatchEventKind.Reset"/> and tells all again. What was told may be told twice. A key that is written faster than its reader reads
    /// shows the newest value only: the reader's pace is the pace, and nothing waits for it anywhere.</para>
    /// <para>A value that expires is told of as deleted once the servers have forgotten it, some seconds after its time (<see cref="WatchEvent.TimeLeft"/>), or later while one of them is away.</para>
    /// </remarks>
    /// <param name="prefix">What the keys start with.</param>
    /// <param name="from">The <see cref="WatchEvent.Position"/> of the last event that was read, of this client or any other, to go on after it; <see cref="WatchEvent.Now"/> for
    /// only what changes from now on; null for all that there is, first.</param>
    /// <param name="cancellationToken">Ends it, with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="CmudException">No server can be reached for as long as calls may take; or the prefix or position is refused.</exception>
    IAsyncEnumerable<WatchEvent> WatchAsync(string prefix = "", string? from = null, CancellationToken cancellationToken = default);

    /// <summary>Completes when a write is shown, it or a later one of its key, by every query grain of some servers.</summary>
    /// <remarks>
    /// Each grain is asked itself, so the answer is exact; but a server that joins meanwhile is not waited for, and where a member is down or cut off,
    /// everywhere waits for it in vain.
    /// </remarks>
    /// <param name="receipt">What a Put or Delete gave, by this client or another.</param>
    /// <param name="where">On which servers.</param>
    /// <param name="timeout">How long to wait: more than 0, at most a day. After that it fails, and names who does not show the write yet.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask WaitVisibleAsync(PutReceipt receipt, Visibility where, TimeSpan timeout, CancellationToken cancellationToken = default);
}
