namespace Cmud.Grains;

/// <summary>Measures the promise of at most 10 messages in any sliding second, where messages really leave.</summary>
/// <remarks>It knows nothing of the pacing that is to keep the promise.</remarks>
internal sealed class RateMeter
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly Queue<TimeSpan> _lastSecond = new();

    public int Busiest { get; private set; }

    public void Sent(TimeSpan now)
    {
        while (_lastSecond.TryPeek(out var first) && now - first >= Second) _lastSecond.Dequeue();
        _lastSecond.Enqueue(now);
        Busiest = Math.Max(Busiest, _lastSecond.Count);
    }
}
