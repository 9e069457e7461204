using System.Runtime.CompilerServices;

namespace Cmud.Game;

/// <summary>A store that is waited for: a call that finds no server, or loses it, is made again until it is answered.</summary>
/// <remarks>
/// Safe because nothing the game writes depends on how often it is written: each key has one writer and one value, or is written whole from the
/// writer's own state. The Fence, which anyone overwrites, may be painted over by a repetition; that is its tradition.
/// </remarks>
/// <param name="inner">The store.</param>
/// <param name="time">For the pause between two attempts.</param>
/// <param name="tell">Told once that the store was lost, with true, and once that it is back, with false.</param>
internal sealed class PatientStore(IWorldStore inner, TimeProvider time, Action<bool> tell) : IWorldStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>1 while it is lost. Several calls may wait at once; one of them tells.</summary>
    private int _isLost;

    /// <inheritdoc/>
    public async ValueTask<string?> Get(string key, CancellationToken cancellationToken) =>
        await PersistAsync(async () => await inner.Get(key, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask Put(string key, string value, CancellationToken cancellationToken) => await PersistAsync(
        async () =>
        {
            await inner.Put(key, value, cancellationToken);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Whole, before the first is given: a list that breaks off is read again from its beginning.
        var listed = await PersistAsync(
            async () =>
            {
                var pairs = new List<KeyValuePair<string, string>>();
                await foreach (var pair in inner.List(prefix, cancellationToken)) pairs.Add(pair);
                return pairs;
            },
            cancellationToken);
        foreach (var pair in listed) yield return pair;
    }

    private async Task<T> PersistAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var result = await call();
                if (Interlocked.Exchange(ref _isLost, 0) == 1) tell(false);
                return result;
            }
            catch (StoreLostException)
            {
                if (Interlocked.Exchange(ref _isLost, 1) == 0) tell(true);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
