namespace Cmud.Game.Accounts;

/// <summary>A payment whose debit was not found when it was asked for.</summary>
/// <remarks>
/// A debit is written before its credit, so it is there at once, or comes within Settle. It may come later after all: from a server that was cut off, or
/// from a payer whose server died with it and who writes it again. So it is asked for again, each time after as long as was waited until then: a
/// dozen times in an hour. The doubt is about what was stored, not about its place: where each payment of a session will stand is known to all, and who put
/// something there before would else have the true one doubted.
/// </remarks>
/// <param name="value">As it was stored.</param>
/// <param name="number">The how many-th it was.</param>
internal sealed class Doubt(string value, int number)
{
    /// <summary>The shortest time between two questions.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    private GameTime? _since;
    private GameTime _next;

    public int Number => number;

    public bool IsAsked => _since is not null;

    /// <summary>Whether it is about what is stored there now.</summary>
    public bool IsOf(string stored) => stored == value;

    /// <summary>Whether to ask again.</summary>
    public bool IsDue(GameTime now) => now >= _next;

    /// <summary>It was asked for in vain.</summary>
    public void Ask(GameTime now)
    {
        _since ??= now;
        var waited = now - _since.Value;
        _next = now + (waited > Least ? waited : Least);
    }
}
