using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>What the peers held as they were first heard and this server did not: until it is here, a server is catching up.</summary>
/// <param name="history">What is held.</param>
internal sealed class CatchUp(History history)
{
    private readonly Dictionary<Origin, IntervalSet> _awaited = [];

    /// <summary>Whether all of it is here.</summary>
    public bool IsDone => _awaited.Count == 0;

    /// <summary>Takes note of what a peer that is new holds.</summary>
    public void Await(Holding holding)
    {
        var lacked = holding.Sequences.Except(history.Log(holding.Origin).Have);
        if (lacked.IsEmpty) return;

        if (!_awaited.TryGetValue(holding.Origin, out var awaited)) _awaited[holding.Origin] = awaited = new();
        awaited.AddAll(lacked);
    }

    /// <summary>Looks at what has come.</summary>
    /// <returns>Whether the last of it has just come.</returns>
    public bool Look()
    {
        if (IsDone) return false;

        foreach (var (origin, awaited) in _awaited)
        {
            awaited.RemoveAll(history.Log(origin).Have);
            if (awaited.IsEmpty) _awaited.Remove(origin);
        }

        return IsDone;
    }
}
