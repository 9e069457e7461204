using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>All that is folded to one player's account, as a reader found it in the store.</summary>
/// <param name="Player">Whose.</param>
/// <param name="Entries">The ledger.</param>
/// <param name="Payments">Payments to the player, each checked by its payer's debit.</param>
/// <param name="From">Where the fold begins; null for the beginning.</param>
internal sealed record LedgerReading(PlayerId Player, IReadOnlyCollection<PostedEntry> Entries, IReadOnlyCollection<IncomingPayment> Payments, Checkpoint? From)
{
    /// <summary>Most payments looked at: each costs a Get.</summary>
    public const int MaxPayments = 5_000;

    /// <summary>Reads anybody's ledger.</summary>
    /// <remarks>The checkpoint is read last: it settled before anything was blanked, so whoever has seen a blank sees the checkpoint too.</remarks>
    public static async Task<LedgerReading> OfAsync(IWorldStore store, PlayerId player, Rulebook rules, CancellationToken cancellationToken)
    {
        var entries = new List<PostedEntry>();
        await foreach (var pair in store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (PostedEntry.Read(player, pair) is { } entry) entries.Add(entry);
            if (entries.Count > Ledger.MaxEntries) break;
        }

        var found = new List<IncomingPayment>();
        await foreach (var pair in store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (IncomingPayment.Read(player, pair) is { } payment) found.Add(payment);
            if (found.Count == MaxPayments) break;
        }

        var from = Checkpoint.Read(player, await store.Get(PlayerKeys.Checkpoint(player), cancellationToken) ?? "", rules.Economy);
        if (from is not null && rules.Signatures.Of(player, entries) is { } security && !rules.Signatures.IsOwn(security, from)) from = null;
        var payments = new List<IncomingPayment>();
        foreach (var payment in found.Where(payment => from?.Taken.Contains(payment.Key) != true))
            payments.Add(payment.CheckedBy(await store.Get(payment.Key.Debit.ToString(), cancellationToken)));
        return new(player, entries, payments, from);
    }

    /// <summary>Whether there is a ledger at all.</summary>
    public static async Task<bool> IsThereAsync(IWorldStore store, PlayerId player, CancellationToken cancellationToken)
    {
        await foreach (var pair in store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (PostedEntry.Read(player, pair) is not null) return true;
        }

        return false;
    }

    /// <summary>Since when the ledger is signed, and how many entries somebody else put into it; null where it is not signed.</summary>
    public (GameTime Since, int Foreign)? Signed(Rulebook rules) =>
        rules.Signatures.Of(Player, Entries) is { } security ? (security.Since, Entries.Count(entry => From?.Covers(entry.Key) != true && !rules.Signatures.IsOwn(security, entry))) : null;

    /// <summary>The account at a reader's time.</summary>
    public Account Fold(Rulebook rules, GameTime now) => new Ledger(rules).Fold(Player, Entries, Payments, now, From);

    /// <summary>The steps of the fold, oldest first.</summary>
    public IEnumerable<LedgerStep> Steps(Rulebook rules, GameTime now) => new Ledger(rules).Steps(Player, Entries, Payments, now, From);
}
