using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>All that is folded to one player's account, as a reader found it in the store.</summary>
/// <remarks>
/// Anyone can put anything under these prefixes, so a bound on what is looked at would be a stranger's to fill. All keys are listed, and what is bounded is
/// what has proved to be the player's: entries that the key of a signed ledger signed, payments whose debit stands. The work is what the store lists
/// and one Get for each payment put, so whoever wants to make a reader work has to write as much.
/// </remarks>
/// <param name="Player">Whose.</param>
/// <param name="Entries">The ledger; where it is signed, only what is the player's own.</param>
/// <param name="Payments">Payments to the player whose debits stand.</param>
/// <param name="From">Where the fold begins; null for the beginning.</param>
internal sealed record LedgerReading(PlayerId Player, IReadOnlyCollection<PostedEntry> Entries, IReadOnlyCollection<IncomingPayment> Payments, Checkpoint? From)
{
    /// <summary>Most confirmed payments folded; of more the smallest are left out.</summary>
    /// <remarks>Two a minute for a week. Who wants to crowd a payment out must make so many, each of more coins, and they all count for the receiver.</remarks>
    public const int MaxPayments = 20_160;

    /// <summary>Debits asked for at once: with 1 ms each way 5,000 payments take a third of a second.</summary>
    private const int AtOnce = 32;

    /// <summary>How many entries somebody else put into a signed ledger.</summary>
    private int Foreign { get; init; }

    /// <summary>Reads anybody's ledger.</summary>
    /// <remarks>The checkpoint is read last: it settled before anything was blanked, so whoever has seen a blank sees the checkpoint too.</remarks>
    public static async Task<LedgerReading> OfAsync(IWorldStore store, PlayerId player, Rulebook rules, CancellationToken cancellationToken)
    {
        var (entries, foreign) = await EntriesAsync(store, player, rules.Signatures, ImmutableDictionary<string, PostedEntry>.Empty, cancellationToken);
        var found = new List<IncomingPayment>();
        await foreach (var pair in store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (IncomingPayment.Read(player, pair) is { } payment) found.Add(payment);
        }

        var from = Checkpoint.Read(player, await store.Get(PlayerKeys.Checkpoint(player), cancellationToken) ?? "", rules.Economy);
        var security = rules.Signatures.Of(player, entries);
        if (from is not null && security is not null && !rules.Signatures.IsOwn(security, from)) from = null;

        var payments = (await CheckAsync(store, found.Where(payment => from?.Taken.Contains(payment.Key) != true), cancellationToken)).Where(payment => payment.IsConfirmed).ToList();
        if (payments.Count > MaxPayments) payments = [.. payments.OrderByDescending(payment => payment.Amount.Milli).Take(MaxPayments)];
        return new(player, entries, payments, from) { Foreign = foreign.Count(key => from?.Covers(key) != true) };
    }

    /// <summary>The entries of a ledger that count as its player's, as far as they are not known, and where others stand.</summary>
    /// <remarks>
    /// What secures a ledger is found first, wherever it stands: until then nobody can say whose an entry is. Where that is needed the prefix is listed a second
    /// time, so that what others put there is never kept. A ledger without a key takes anybody's entries, and one more than the most says that it is not believed.
    /// </remarks>
    public static async Task<(List<PostedEntry> Own, List<LedgerKey> Foreign)> EntriesAsync(
        IWorldStore store, PlayerId player, Signatures signatures, IReadOnlyDictionary<string, PostedEntry> known, CancellationToken cancellationToken)
    {
        var (first, secures, isCut) = (new List<PostedEntry>(), new List<PostedEntry>(), false);
        await foreach (var entry in ListAsync(store, player, known, cancellationToken))
        {
            isCut |= known.Count + first.Count > Ledger.MaxEntries;
            if (!isCut) first.Add(entry);
            else if (entry.Entry?.Kind == EntryKind.Secure && signatures.Of(player, [entry]) is not null) secures.Add(entry);
        }

        if (signatures.Of(player, known.Values.Concat(first).Concat(secures)) is not { } security) return (first, []);

        var (own, foreign) = (new List<PostedEntry>(), new List<LedgerKey>());
        if (!isCut) first.ForEach(Sort);
        else await foreach (var entry in ListAsync(store, player, known, cancellationToken)) Sort(entry);
        return (own, foreign);

        void Sort(PostedEntry entry)
        {
            if (!signatures.IsOwn(security, entry)) foreign.Add(entry.Key);
            else if (known.Count + own.Count <= Ledger.MaxEntries) own.Add(entry);
        }
    }

    private static async IAsyncEnumerable<PostedEntry> ListAsync(
        IWorldStore store, PlayerId player, IReadOnlyDictionary<string, PostedEntry> known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var pair in store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (!known.ContainsKey(pair.Key) && PostedEntry.Read(player, pair) is { } entry) yield return entry;
        }
    }

    /// <summary>Looks for the debit of each payment.</summary>
    public static async Task<List<IncomingPayment>> CheckAsync(IWorldStore store, IEnumerable<IncomingPayment> payments, CancellationToken cancellationToken)
    {
        var read = new List<IncomingPayment>();
        foreach (var some in payments.Chunk(AtOnce))
        {
            var debits = await Task.WhenAll(some.Select(payment => store.Get(payment.Key.Debit.ToString(), cancellationToken).AsTask()));
            read.AddRange(some.Zip(debits, static (payment, debit) => payment.CheckedBy(debit)));
        }

        return read;
    }

    /// <summary>Since when the ledger is signed, and how many entries somebody else put into it; null where it is not signed.</summary>
    public (GameTime Since, int Foreign)? Signed(Rulebook rules) => rules.Signatures.Of(Player, Entries) is { } security ? (security.Since, Foreign) : null;

    /// <summary>The account at a reader's time.</summary>
    public Account Fold(Rulebook rules, GameTime now) => new Ledger(rules).Fold(Player, Entries, Payments, now, From);

    /// <summary>The steps of the fold, oldest first.</summary>
    public IEnumerable<LedgerStep> Steps(Rulebook rules, GameTime now) => new Ledger(rules).Steps(Player, Entries, Payments, now, From);
}
