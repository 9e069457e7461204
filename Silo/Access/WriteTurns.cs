using System.IO.Hashing;
using Cmud.Grains.Interfaces;

namespace Cmud.Silo.Access;

/// <summary>Writes of a server's clients that are allowed only as things are: those of one place take turns, each looked at and written before the next one is looked at.</summary>
/// <remarks>What the other query grains of the server took is shown by them at once and by this one within half a second, so all are asked. Of other servers nothing is known.</remarks>
internal sealed class WriteTurns(IGrainFactory grains, int count)
{
    private const int Stripes = 64;

    /// <summary>How long a write waits for its turn: as long as a call of a grain may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>All query grains of the server.</summary>
    public IEnumerable<IQueryGrain> Grains => Enumerable.Range(0, count).Select(index => grains.GetGrain<IQueryGrain>(index));

    /// <summary>Waits until nobody else is at one of the places; throws <see cref="TimeoutException"/> where that takes half a minute.</summary>
    /// <param name="places">Keys, and prefixes that stand for all keys that begin so.</param>
    public async ValueTask<Turn> Take(IEnumerable<byte[]> places)
    {
        // In one order, so that no two wait for each other.
        var turn = new Turn();
        foreach (var stripe in places.Select(static place => (int)(XxHash3.HashToUInt64(place) % Stripes)).Distinct().Order())
        {
            if (await _stripes[stripe].WaitAsync(Patience))
            {
                turn.Add(_stripes[stripe]);
                continue;
            }

            turn.Dispose();
            throw new TimeoutException();
        }

        return turn;
    }

    /// <summary>A turn that is taken; disposed of, it is the next one's.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly List<SemaphoreSlim> _held = [];

        /// <summary>Adds what is held.</summary>
        public void Add(SemaphoreSlim stripe) => _held.Add(stripe);

        /// <inheritdoc/>
        public void Dispose() => _held.ForEach(static stripe => stripe.Release());
    }
}
