using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Cmud.Client;

namespace Cmud.Tests.Play;

/// <summary>A client that remembers what was listed through it, and whose watches can be cut.</summary>
internal sealed class ListeningClient(ICmudClient inner) : ICmudClient
{
    private readonly ConcurrentQueue<string> _listed = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly CancellationTokenSource _cut = new();

    /// <summary>Whether a watch of keys with a prefix has told all that there is.</summary>
    public bool IsTold(string prefix) => _told.Any(told => told.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>How many Lists of keys with a prefix.</summary>
    public int Lists(string prefix) => _listed.Count(listed => listed.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Breaks all watches, those to come as well.</summary>
    public Task CutAsync() => _cut.CancelAsync();

    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default) => inner.GetAsync(key, cancellationToken);

    public ValueTask<Reading> ReadAsync(string key, CancellationToken cancellationToken = default) => inner.ReadAsync(key, cancellationToken);

    public ValueTask<PutReceipt> PutAsync(string key, string value, CancellationToken cancellationToken = default) => inner.PutAsync(key, value, cancellationToken);

    public ValueTask<PutReceipt> PutAsync(string key, string value, TimeSpan? timeToLive, CancellationToken cancellationToken = default) => inner.PutAsync(key, value, timeToLive, cancellationToken);

    public ValueTask<PutReceipt> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);

    public IAsyncEnumerable<KeyValuePair<string, string>> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
    {
        _listed.Enqueue(prefix);
        return inner.ListAsync(prefix, cancellationToken);
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(string prefix = "", string? from = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token, cancellationToken);
        await using var events = inner.WatchAsync(prefix, from, end.Token).GetAsyncEnumerator(end.Token);
        while (await MoveAsync())
        {
            yield return events.Current;
            if (events.Current.Kind == WatchEventKind.Current) _told.Enqueue(prefix);
        }

        async ValueTask<bool> MoveAsync()
        {
            try
            {
                return await events.MoveNextAsync();
            }
            catch (OperationCanceledException) when (_cut.IsCancellationRequested)
            {
                throw new CmudException(CmudFailure.Unreachable, "The watch was cut.");
            }
        }
    }

    public ValueTask WaitVisibleAsync(PutReceipt receipt, Visibility where, TimeSpan timeout, CancellationToken cancellationToken = default) => inner.WaitVisibleAsync(receipt, where, timeout, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        _cut.Dispose();
    }
}
