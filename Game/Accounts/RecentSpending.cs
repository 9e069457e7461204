namespace Cmud.Game.Accounts;

/// <summary>What each session spent within <see cref="Ledger.Overlap"/>, as running sums: a forged ledger may have all its entries in one hour.</summary>
internal sealed class RecentSpending
{
    private readonly Queue<(GameTime Time, SessionId Session, Coins Amount)> _entries = new();
    private readonly Dictionary<SessionId, (int Count, Coins Amount)> _bySession = [];
    private Coins _total;

    /// <summary>Whether other sessions wrote shortly before a time, and what they spent.</summary>
    public (bool IsContested, Coins ByOthers) Of(SessionId session, GameTime time)
    {
        while (_entries.TryPeek(out var oldest) && time - oldest.Time > Ledger.Overlap)
        {
            _entries.Dequeue();
            var known = _bySession[oldest.Session];
            _bySession[oldest.Session] = (known.Count - 1, known.Amount - oldest.Amount);
            _total -= oldest.Amount;
        }

        var own = _bySession.GetValueOrDefault(session);
        return (_entries.Count > own.Count, _total - own.Amount);
    }

    /// <summary>Takes an entry in; they come by time.</summary>
    public void Add(SessionId session, GameTime time, Coins amount)
    {
        _entries.Enqueue((time, session, amount));
        var known = _bySession.GetValueOrDefault(session);
        _bySession[session] = (known.Count + 1, known.Amount + amount);
        _total += amount;
    }
}
