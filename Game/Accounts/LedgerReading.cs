namespace Cmud.Game.Accounts;

/// <summary>All that is folded to one player's account, as a reader found it in the store.</summary>
/// <param name="Player">Whose.</param>
/// <param name="Entries">The ledger.</param>
/// <param name="Payments">Payments to the player, each checked by its payer's debit.</param>
/// <param name="From">Where the fold begins; null for the beginning.</param>
internal sealed record LedgerReading(PlayerId Player, IReadOnlyCollection<PostedEntry> Entries, IReadOnlyCollection<IncomingPayment> Payments, Checkpoint? From)
{
    /// <summary>Most payments counted: a payment a minute for a month between two checkpoints. Each was found in its payer's ledger.</summary>
    public const int MaxPayments = 50_000;

    /// <summary>Reads anybody's ledger, once; who reads on keeps a <see cref="LedgerShelf"/>.</summary>
    public static Task<LedgerReading> OfAsync(IWorldStore store, PlayerId player, Rulebook rules, CancellationToken cancellationToken) =>
        new LedgerShelf(store, static () => default, rules).ReadAsync(player, cancellationToken);

    /// <summary>Since when the ledger is signed, and how many entries somebody else put into it; null where it is not signed.</summary>
    public (GameTime Since, int Foreign)? Signed(Rulebook rules) =>
        rules.Signatures.Of(Player, Entries) is { } security ? (security.Since, Entries.Count(entry => From?.Covers(entry.Key) != true && !rules.Signatures.IsOwn(security, entry))) : null;

    /// <summary>The account at a reader's time.</summary>
    public Account Fold(Rulebook rules, GameTime now) => new Ledger(rules).Fold(Player, Entries, Payments, now, From);

    /// <summary>The steps of the fold, oldest first.</summary>
    public IEnumerable<LedgerStep> Steps(Rulebook rules, GameTime now) => new Ledger(rules).Steps(Player, Entries, Payments, now, From);
}
