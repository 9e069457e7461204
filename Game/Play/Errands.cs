namespace Cmud.Game.Play;

/// <summary>What this session still waits for on the player's behalf: somebody else's answer, the end of a race. It ends with the session.</summary>
internal sealed class Errands(Func<GameTime> now)
{
    /// <summary>Most at a time; the oldest is given up for a further one.</summary>
    private const int Max = 16;

    private readonly List<Errand> _errands = [];

    /// <summary>Asks again and again until it is done or too late.</summary>
    /// <param name="every">How long between two attempts, and before the first.</param>
    /// <param name="within">When it is given up.</param>
    /// <param name="tryAsync">One attempt; true when it is done.</param>
    /// <param name="late">Said when it was given up.</param>
    public void Add(TimeSpan every, TimeSpan within, Func<CancellationToken, Task<bool>> tryAsync, Action? late = null)
    {
        if (_errands.Count >= Max) _errands.RemoveAt(0);
        _errands.Add(new(every, now() + within, tryAsync, late) { Next = now() + every });
    }

    /// <summary>Runs what is due.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        foreach (var errand in _errands.ToArray())
        {
            if (now() < errand.Next) continue;

            errand.Next = now() + errand.Every;
            var isDone = await errand.TryAsync(cancellationToken);
            if (!isDone && now() < errand.Until) continue;

            _errands.Remove(errand);
            if (!isDone) errand.Late?.Invoke();
        }
    }

    private sealed record Errand(TimeSpan Every, GameTime Until, Func<CancellationToken, Task<bool>> TryAsync, Action? Late)
    {
        public GameTime Next { get; set; }
    }
}
