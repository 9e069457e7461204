using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>The ledgers that a session has read: what was read, checked and folded once is not again.</summary>
/// <remarks>
/// A payment counts where its payer's ledger holds the debit. To ask for each debit by itself took a board of thirty players with hundreds of
/// payments each thousands of calls, one after another, with each look. So a debit that was found stays found, one that has not come
/// is asked for more and more seldom (<see cref="Doubt"/>), several of one payer are read with that payer's ledger, and a fold is kept until something new comes.
/// <para>
/// Anyone can put payments without debits, and entries into ledgers that are signed, by the thousand. So what counts is decided first, and the
/// bounds are on that: a bound on what is merely there would let who fills it take away what is honest.
/// </para>
/// </remarks>
internal sealed class LedgerShelf(IWorldStore store, Func<GameTime> now, Rulebook rules)
{
    /// <summary>Most keys looked at under one prefix: a hundred times what a player writes in a year, and what a client can hold.</summary>
    public const int MaxKeys = 1_000_000;

    /// <summary>Debits asked for at the same time: one after another they would take a round trip each.</summary>
    public const int AtOnce = 64;

    /// <summary>So many payments of one payer are worth reading the payer's ledger for.</summary>
    private const int Several = 4;

    /// <summary>Most ledgers kept; beyond, all are read anew.</summary>
    private const int MaxLedgers = 1_000;

    private readonly Dictionary<PlayerId, Ledger> _ledgers = [];

    /// <summary>Reads a ledger: from the store what is new, the rest from the shelf.</summary>
    public async Task<LedgerReading> ReadAsync(PlayerId player, CancellationToken cancellationToken)
    {
        var ledger = LedgerOf(player);
        await ListAsync(player, ledger, cancellationToken);
        var unsure = new List<IncomingPayment>();
        var left = MaxKeys;
        await foreach (var pair in store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (--left == 0) break;
            if (!PaymentKey.TryParse(pair.Key, out var key) || ledger.Payments.ContainsKey(key)) continue;
            var isKnown = ledger.Doubted.TryGetValue(key, out var doubt) && doubt.IsOf(pair.Value);
            if ((isKnown && !doubt!.IsDue(now())) || IncomingPayment.Read(player, pair) is not { } payment) continue;

            if (!isKnown) ledger.Doubted[key] = new(pair.Value, ledger.Doubted.Count);
            unsure.Add(payment);
        }

        // Last: it settled before anything was blanked, so whoever has seen a blank sees the checkpoint too.
        var stored = await store.Get(PlayerKeys.Checkpoint(player), cancellationToken) ?? "";
        var from = Checkpoint.Read(player, stored, rules.Economy);
        var entries = ledger.Entries.Values.Select(entry => entry.Posted).ToArray();
        if (from is not null && rules.Signatures.Of(player, entries) is { } security && !rules.Signatures.IsOwn(security, from)) from = null;
        if (stored != ledger.Checkpoint) (ledger.Checkpoint, ledger.Folded) = (stored, null);
        await ConfirmAsync(ledger, unsure.Where(payment => from?.Taken.Contains(payment.Key) != true), cancellationToken);
        ledger.ReadAt = now();
        return new(player, entries, [.. ledger.Payments.Values], from);
    }

    /// <summary>The account that a ledger folds to.</summary>
    /// <param name="player">Whose.</param>
    /// <param name="oldest">How old a reading may be to be good enough.</param>
    /// <param name="cancellationToken">Given up with the session.</param>
    public async Task<Account> FoldAsync(PlayerId player, TimeSpan oldest, CancellationToken cancellationToken)
    {
        var ledger = LedgerOf(player);
        if (ledger.Folded is { } recent && now() - ledger.ReadAt < oldest) return recent.At(now(), rules.Economy);

        var reading = await ReadAsync(player, cancellationToken);
        if (ledger.Folded is { } same) return same.At(now(), rules.Economy);

        var account = reading.Steps(rules, now()).Last().After;
        var latest = reading.Entries.Select(entry => entry.Entry?.Time ?? default).Concat(reading.Payments.Select(payment => payment.Time)).DefaultIfEmpty().Max();

        // What has not settled may fold to something else in a moment.
        if (Settle.IsOver(latest, now())) ledger.Folded = account;
        return account.At(now(), rules.Economy);
    }

    private Ledger LedgerOf(PlayerId player)
    {
        if (_ledgers.TryGetValue(player, out var known)) return known;
        if (_ledgers.Count >= MaxLedgers) _ledgers.Clear();

        return _ledgers[player] = new();
    }

    private async Task ListAsync(PlayerId player, Ledger ledger, CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, (string Value, PostedEntry Posted)>(ledger.Entries.Count);
        var isNew = false;
        await foreach (var pair in store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (ledger.Entries.TryGetValue(pair.Key, out var known) && known.Value == pair.Value) entries[pair.Key] = known;
            else if (PostedEntry.Read(player, pair) is { } entry) (entries[pair.Key], isNew) = ((pair.Value, entry), true);
            if (entries.Count == MaxKeys) break;
        }

        if (isNew || entries.Count != ledger.Entries.Count) ledger.Folded = null;
        ledger.Entries = entries;
    }

    /// <summary>Takes in the payments whose debits stand in their payers' ledgers.</summary>
    private async Task ConfirmAsync(Ledger ledger, IEnumerable<IncomingPayment> unsure, CancellationToken cancellationToken)
    {
        var listed = new Dictionary<PlayerId, Dictionary<string, string>>();
        foreach (var payer in unsure.GroupBy(payment => payment.Key.From).Where(payments => payments.Skip(Several - 1).Any()))
        {
            var debits = listed[payer.Key] = [];
            await foreach (var (key, value) in store.List(LedgerKey.Prefix(payer.Key), cancellationToken)) debits[key] = value;
        }

        foreach (var some in unsure.Chunk(AtOnce))
        {
            var debits = await Task.WhenAll(some.Select(async payment => listed.TryGetValue(payment.Key.From, out var known)
                ? known.GetValueOrDefault(payment.Key.Debit.ToString())
                : await store.Get(payment.Key.Debit.ToString(), cancellationToken)));
            foreach (var (payment, debit) in some.Zip(debits))
            {
                ledger.Doubted[payment.Key].Ask(now());
                if (payment.CheckedBy(debit) is not { IsConfirmed: true } confirmed || ledger.Payments.Count >= LedgerReading.MaxPayments) continue;

                ledger.Payments[payment.Key] = confirmed;
                ledger.Doubted.Remove(payment.Key);
                ledger.Folded = null;
            }
        }
    }

    /// <summary>One ledger as it was read last.</summary>
    private sealed class Ledger
    {
        public Dictionary<string, (string Value, PostedEntry Posted)> Entries { get; set; } = [];

        public Dictionary<PaymentKey, IncomingPayment> Payments { get; } = [];

        /// <summary>Payments without a debit.</summary>
        public Dictionary<PaymentKey, Doubt> Doubted { get; } = [];

        /// <summary>As it is stored.</summary>
        public string Checkpoint { get; set; } = "";

        /// <summary>The fold up to the latest entry, where nothing came since.</summary>
        public Account? Folded { get; set; }

        public GameTime ReadAt { get; set; }
    }
}
