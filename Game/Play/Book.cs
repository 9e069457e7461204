using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A player's own ledger as this session keeps it: what is in the store, folded, and what the session adds.</summary>
/// <remarks>
/// The account is never stored. It is the fold over write-once entries, so that a client that dies between any two writes loses nothing,
/// and two that write at once lose nothing of each other's. A payment is two writes, the debit and then the credit; who dies
/// between them makes up for it at the next login, under the same key. A server that dies right after it took an entry may take it
/// along, and a ledger with a gap is not believed: so each is written twice, now and once it has settled.
/// </remarks>
internal sealed class Book(Surroundings surroundings, PlayerId player, SessionId session, Sessions sessions)
{
    /// <summary>An online client writes at least so often, far within the time that a rig mines unattended.</summary>
    public static readonly TimeSpan TickEvery = TimeSpan.FromHours(1);

    /// <summary>How often the store is asked for what others paid.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly Rulebook _rules = new(surroundings.Economy);
    private readonly Dictionary<string, PostedEntry> _entries = [];
    private readonly Dictionary<PaymentKey, IncomingPayment> _payments = [];
    private readonly HashSet<PaymentKey> _announced = [];
    private readonly Queue<(LedgerKey Key, LedgerEntry Entry)> _unsettled = new();
    private Account? _folded;
    private GameTime _foldedUntil;
    private GameTime _lastLook;
    private int _seq;

    /// <summary>What is done with money and problems.</summary>
    public Rulebook Rules => _rules;

    /// <summary>The account now.</summary>
    public Account Account => Folded().At(surroundings.Clock.Now, surroundings.Economy);

    /// <summary>The account as it was at a time after the latest entry; earlier ones are the account at that entry.</summary>
    public Account AccountAt(GameTime time) => Folded().At(time, surroundings.Economy);

    /// <summary>Payments that came but have not settled.</summary>
    public Coins Pending => Ledger.Pending(_payments.Values, surroundings.Clock.Now);

    /// <summary>The steps of the fold, oldest first.</summary>
    public IEnumerable<LedgerStep> Steps => new Ledger(_rules).Steps(player, [.. _entries.Values], [.. _payments.Values], surroundings.Clock.Now);

    /// <summary>Reads the ledger, gives birth where there is none, and makes up for credits that a former session did not come to.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        if (Folded().Born is null) await WriteAsync(new(surroundings.Clock.Issue(), EntryKind.Born), cancellationToken);
        await CountAsync(cancellationToken);
    }

    /// <summary>Writes again what has settled since the last time; the same value under the same key changes nothing.</summary>
    public async Task AffirmAsync(CancellationToken cancellationToken)
    {
        while (_unsettled.TryPeek(out var written) && Settle.IsOver(written.Entry.Time, surroundings.Clock.Now))
        {
            await surroundings.Store.Put(written.Key.ToString(), written.Entry.Write(), cancellationToken);
            if (written.Entry.Kind == EntryKind.Pay) await CreditAsync(written.Key, written.Entry, cancellationToken);
            _unsettled.Dequeue();
        }
    }

    /// <summary>Asks the rules, and writes where they allow it. What takes coins waits until this session may spend.</summary>
    /// <param name="kind">What is done.</param>
    /// <param name="fill">The particulars.</param>
    /// <param name="cancellationToken">Given up with the session.</param>
    public async Task<Ruling> DoAsync(EntryKind kind, Func<LedgerEntry, LedgerEntry> fill, CancellationToken cancellationToken)
    {
        if (Preview(kind, fill) is { IsAllowed: false } refused) return refused;

        if (Takes(kind))
        {
            if (sessions.UntilSpending is { Ticks: > 0 } wait && !sessions.IsElsewhere)
            {
                surroundings.Show("You have only just come in; the cashier counts twice, in case you are elsewhere too.", Tone.Hint);
                await Task.Delay(wait, surroundings.Time, cancellationToken);
            }

            await sessions.LookAsync(cancellationToken);
            if (sessions.IsElsewhere) return new(Account, Fault.Unmet, "You are elsewhere: your newer session has the purse.");

            await LookAsync(cancellationToken);
        }

        var entry = fill(new(surroundings.Clock.Issue(), kind));
        var ruling = _rules.Judge(Folded(), entry);
        if (!ruling.IsAllowed) return ruling;

        var key = await WriteAsync(entry, cancellationToken);
        if (kind == EntryKind.Pay) await CreditAsync(key, entry, cancellationToken);
        if (kind is EntryKind.Solve or EntryKind.Fund) await CountAsync(cancellationToken);
        return ruling;
    }

    /// <summary>What the rules would say now; nothing is written.</summary>
    public Ruling Preview(EntryKind kind, Func<LedgerEntry, LedgerEntry> fill) => _rules.Judge(Folded(), fill(new(surroundings.Clock.Now, kind)));

    /// <summary>Looks for payments, and ticks. Gives those that settled since the last look.</summary>
    public async Task<IReadOnlyList<IncomingPayment>> PollAsync(CancellationToken cancellationToken)
    {
        var now = surroundings.Clock.Now;
        if (now - _lastLook >= LookEvery) await LookAsync(cancellationToken);
        if (now - Folded().Last >= TickEvery && !sessions.IsElsewhere) await WriteAsync(new(surroundings.Clock.Issue(), EntryKind.Tick), cancellationToken);

        var settled = _payments.Values.Where(payment => payment.IsConfirmed && Settle.IsOver(payment.Time, now) && _announced.Add(payment.Key)).ToArray();
        if (settled.Length > 0) _folded = null;
        return settled;
    }

    /// <summary>Reads anybody's ledger, for boards and audits.</summary>
    public static async Task<(IReadOnlyCollection<PostedEntry> Entries, IReadOnlyCollection<IncomingPayment> Payments)> ReadAsync(
        IWorldStore store, PlayerId player, CancellationToken cancellationToken)
    {
        var entries = new List<PostedEntry>();
        await foreach (var pair in store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (PostedEntry.Read(player, pair) is { } entry) entries.Add(entry);
            if (entries.Count > Ledger.MaxEntries) break;
        }

        var payments = new List<IncomingPayment>();
        await foreach (var pair in store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (payments.Count == Ledger.MaxEntries) break;
            if (IncomingPayment.Read(player, pair) is { } payment) payments.Add(payment.CheckedBy(await store.Get(payment.Key.Debit.ToString(), cancellationToken)));
        }

        return (entries, payments);
    }

    private static bool Takes(EntryKind kind) => kind is EntryKind.Buy or EntryKind.Sell or EntryKind.Pay or EntryKind.Fund or EntryKind.Promote or EntryKind.Prestige;

    /// <summary>The fold, up to the latest entry or settled payment. Kept until something new comes.</summary>
    private Account Folded()
    {
        var now = surroundings.Clock.Now;
        if (_folded is { } known && !_payments.Values.Any(payment => payment.IsConfirmed && Settle.IsOver(payment.Time, now) && !Settle.IsOver(payment.Time, _foldedUntil))) return known;

        _foldedUntil = now;
        return _folded = new Ledger(_rules).Steps(player, [.. _entries.Values], [.. _payments.Values], now).LastOrDefault()?.After ?? _rules.Unborn(player);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        _lastLook = surroundings.Clock.Now;
        await foreach (var pair in surroundings.Store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (_entries.ContainsKey(pair.Key) || PostedEntry.Read(player, pair) is not { } entry) continue;

            _entries[pair.Key] = entry;
            _folded = null;
            if (entry.Entry is not { } read) continue;

            // Of a session that may have died before it came to the credit, and whose entry may come late from another server.
            surroundings.Clock.Observe(read.Time);
            if (read.Kind == EntryKind.Pay) await CreditAsync(entry.Key, read, cancellationToken);
        }

        await foreach (var pair in surroundings.Store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (IncomingPayment.Read(player, pair) is not { } payment || (_payments.TryGetValue(payment.Key, out var known) && known.IsConfirmed)) continue;

            surroundings.Clock.Observe(payment.Time);
            var isFirst = !_payments.ContainsKey(payment.Key);
            var read = _payments[payment.Key] = payment.CheckedBy(await surroundings.Store.Get(payment.Key.Debit.ToString(), cancellationToken));
            if (read.IsConfirmed) _folded = null;

            // What had settled before this session began is no news.
            if (isFirst && read.IsConfirmed && Settle.IsOver(read.Time, surroundings.Clock.Now)) _announced.Add(read.Key);
        }
    }

    private async Task<LedgerKey> WriteAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        var key = new LedgerKey(player, session, _seq + 1);
        await surroundings.Store.Put(key.ToString(), entry.Write(), cancellationToken);
        _seq++;
        _entries[key.ToString()] = new(key, entry);
        _unsettled.Enqueue((key, entry));
        _folded = null;
        return key;
    }

    private async Task CreditAsync(LedgerKey debit, LedgerEntry entry, CancellationToken cancellationToken) =>
        await surroundings.Store.Put(PaymentKey.Of(debit, entry.To).ToString(), IncomingPayment.Of(debit, entry).Write(), cancellationToken);

    /// <summary>Own counters are written whole from the ledger: a lost or doubled write changes nothing.</summary>
    private async Task CountAsync(CancellationToken cancellationToken)
    {
        var account = Folded();
        await surroundings.Store.Put(SharedKeys.Counter(SharedKeys.Counters("cluster"), player), Department.Write(account.Funded.Milli), cancellationToken);
        for (var rank = 0; rank < account.Wear.Length; rank++)
        {
            if (account.Wear[rank] > 0) await surroundings.Store.Put(SharedKeys.Counter(SharedKeys.ProblemCounters(rank), player), Department.Write(account.Wear[rank]), cancellationToken);
        }
    }
}
