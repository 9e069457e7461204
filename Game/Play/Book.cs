using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A player's own ledger as this session keeps it: what is in the store, folded, and what the session adds.</summary>
/// <remarks>
/// The account is never stored. It is the fold over write-once entries, so that a client that dies between any two writes loses nothing,
/// and two that write at once lose nothing of each other's. A payment is two writes, the debit and then the credit; who dies
/// between them makes up for it at the next login, under the same key. A server that dies right after it took an entry may take it
/// along, and a ledger with a gap is not believed: so each is written again before the next one, and once it has settled.
/// <para>
/// So that a ledger does not grow without bound, what is older than a week is folded into a checkpoint, and blanked once the checkpoint has
/// settled; both only by the session that may spend. One that dies between the two has changed nothing: the next one goes on.
/// </para>
/// </remarks>
/// <param name="surroundings">Store, clock and rules.</param>
/// <param name="player">Whose.</param>
/// <param name="session">Who adds to it.</param>
/// <param name="sessions">Who may spend.</param>
/// <param name="pass">Lets time pass until the session may spend; what others do meanwhile may be shown.</param>
internal sealed class Book(Surroundings surroundings, PlayerId player, SessionId session, Sessions sessions, Func<TimeSpan, CancellationToken, Task> pass)
{
    /// <summary>An online client writes at least so often, far within the time that a rig mines unattended.</summary>
    public static readonly TimeSpan TickEvery = TimeSpan.FromHours(1);

    /// <summary>How long entries are kept as they were written.</summary>
    public static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    /// <summary>How often the store is asked for what others paid.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>How often the whole ledger is listed where nothing is spent: own other sessions seldom write. Right after the beginning it is listed with each look: what the last session wrote may still be on its way here.</summary>
    private static readonly TimeSpan ListEvery = TimeSpan.FromSeconds(30);

    /// <summary>How often it is asked whether a checkpoint is due, and how often old entries are blanked.</summary>
    private static readonly TimeSpan CloseEvery = TimeSpan.FromHours(1);

    /// <inheritdoc cref="CloseEvery"/>
    private static readonly TimeSpan TidyEvery = TimeSpan.FromSeconds(10);

    /// <summary>A checkpoint is written for no fewer old entries, or each hour of play would write one.</summary>
    private const int MinClosed = 100;

    /// <summary>Most entries written again before the next: more than anyone does within the time in which servers agree.</summary>
    private const int MaxRepeated = 16;

    /// <summary>Most gaps closed at a login; the next one goes on.</summary>
    private const int MaxGaps = 100;

    /// <summary>Most entries blanked at a time: 18,000 in an hour, far more than an hour writes.</summary>
    private const int BlankAtOnce = 50;

    private const string Locked = "Your ledger was secured by another session of yours: leave, and come back with the passphrase. (quit)";

    /// <summary>Most debits asked for in one look: who puts a hundred thousand payments without one shall not keep their receiver's client busy with them. The rest is asked for with the next looks.</summary>
    private const int MaxChecks = 500;

    /// <summary>The same as the book is opened, before anything can be spent: with 64 at once 20,000 take a second or two.</summary>
    private const int MaxChecksAtFirst = 20_000;

    private readonly Rulebook _rules = new(surroundings.Economy);
    private readonly WatchedStore _incoming = surroundings.Watch(PaymentKey.Prefix(player));
    private readonly Dictionary<string, PostedEntry> _entries = [];
    private readonly Dictionary<PaymentKey, IncomingPayment> _payments = [];
    private readonly HashSet<PaymentKey> _announced = [];
    private readonly Dictionary<PaymentKey, Doubt> _doubted = [];
    private int _doubts;
    private Checkpoint? _from;
    private GameTime _fromSince;
    private GameTime? _written;
    private readonly Queue<(LedgerKey Key, LedgerEntry Entry)> _unsettled = new();
    private Account? _folded;
    private GameTime _foldedUntil;
    private GameTime _lastLook;
    private GameTime _lastList;
    private GameTime _lastTidy;
    private GameTime _lastClose;
    private int _seq;
    private GameTime _opened;
    private bool _isOpen;
    private SigningKey? _key;

    /// <summary>Whether this session signs what it writes.</summary>
    public bool Signs => _key is not null;

    /// <summary>Whether a passphrase secures the ledger.</summary>
    public bool IsSecured => Security is not null;

    /// <summary>Whether that passphrase is this one.</summary>
    public bool OpensBy(string passphrase) => Security is { } security && SigningKey.Open(security.Seal, passphrase)?.Public == security.Public;

    /// <summary>What secures the ledger, or null.</summary>
    private Security? Security => _rules.Signatures.Of(player, _entries.Values);

    /// <summary>Whether this session may add to the ledger: one that is signed takes nothing from who does not have its key.</summary>
    private bool MayWrite => _key is not null || Security is null;

    /// <summary>What is done with money and problems.</summary>
    public Rulebook Rules => _rules;

    /// <summary>The account now.</summary>
    public Account Account => Folded().At(surroundings.Clock.Now, surroundings.Economy);

    /// <summary>The account as it was at a time after the latest entry; earlier ones are the account at that entry.</summary>
    public Account AccountAt(GameTime time) => Folded().At(time, surroundings.Economy);

    /// <summary>Payments that came but have not settled.</summary>
    public Coins Pending => Ledger.Pending(_payments.Values, surroundings.Clock.Now);

    /// <summary>The steps of the fold, oldest first.</summary>
    public IEnumerable<LedgerStep> Steps => new Ledger(_rules).Steps(player, [.. _entries.Values], [.. _payments.Values], surroundings.Clock.Now, _from);

    /// <summary>Reads the ledger, gives birth where there is none, and makes up for credits that a former session did not come to.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await ListAsync(cancellationToken);

        // An arrival that broke off and is tried again has written already.
        _seq = _entries.Values.Where(entry => entry.Key.Session == session).Select(entry => entry.Key.Seq).DefaultIfEmpty().Max();
        var payments = await PaymentsAsync(surroundings.Store, cancellationToken);

        // Last: whoever has seen a blank sees the checkpoint that it is in.
        await LoadAsync(cancellationToken);
        await CheckAsync(payments, MaxChecksAtFirst, cancellationToken);
        (_isOpen, _opened) = (true, surroundings.Clock.Now);
        if (Folded().Born is null) await WriteAsync(new(surroundings.Clock.Issue(), EntryKind.Born), cancellationToken);
        await MakeUpAsync(_rules.Signatures.Own(player, _entries.Values).Where(entry => _from?.Covers(entry.Key) != true), cancellationToken);
        if (MayWrite) await CloseGapsAsync(cancellationToken);
        await CountAsync(cancellationToken);
    }

    /// <summary>Signs from now on: the player has opened the key that the ledger names.</summary>
    public void Unlock(SigningKey key) => (_key, sessions.Key) = (key, key);

    /// <summary>Secures the ledger by a passphrase, or changes the passphrase; nothing, where this session has no key. Gives a refusal in one sentence, or null.</summary>
    /// <param name="passphrase">As typed.</param>
    /// <param name="key">The key that the player's id was made from, where the ledger does not name it yet.</param>
    /// <param name="cancellationToken">Given up with the session.</param>
    public async Task<string?> SecureAsync(string passphrase, SigningKey? key, CancellationToken cancellationToken)
    {
        await ListAsync(cancellationToken);
        if (!MayWrite) return Locked;
        if ((_key ?? key) is not { } own) return null;

        if (Signatures.Secure(new(surroundings.Clock.Issue(), EntryKind.Secure), own, own.Seal(passphrase), _entries.Values.Where(entry => _from?.Covers(entry.Key) != true)) is not { } entry)
            return "Your ledger has more old sessions than can be secured at once; most are folded after a week of play. (secure)";

        // A checkpoint that is not signed would count no more, and what it folded is blank: the signed one must be everywhere first.
        if (_key is null && _from is not null)
        {
            await PutCheckpointAsync(_from, own, cancellationToken);
            await pass(Settle.Time, cancellationToken);
            await LoadAsync(cancellationToken);
        }

        (_key, sessions.Key) = (own, own);
        await WriteAsync(entry with { Time = surroundings.Clock.Issue() }, cancellationToken);
        return null;
    }

    /// <summary>Writes again what has settled since the last time; the same value under the same key changes nothing.</summary>
    /// <param name="isLast">Whether all is written again, settled or not: nobody does it later, and a server that died may have taken it along.</param>
    /// <param name="cancellationToken">Given up with the session.</param>
    public async Task AffirmAsync(bool isLast, CancellationToken cancellationToken)
    {
        while (_unsettled.TryPeek(out var written) && (isLast || Settle.IsOver(written.Entry.Time, surroundings.Clock.Now)))
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
        if (!MayWrite) return new(Account, Fault.Unmet, Locked);

        if (Takes(kind))
        {
            if (sessions.UntilSpending is { Ticks: > 0 } wait && !sessions.IsElsewhere)
            {
                surroundings.Show("You have only just come in; the cashier counts twice, in case you are elsewhere too.", Tone.Hint);
                await pass(wait, cancellationToken);
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
        if (now - _lastList >= (Settle.IsOver(_opened, now) ? ListEvery : LookEvery)) await ListAsync(cancellationToken);
        if (now - _lastLook >= LookEvery) await CheckAsync(await PaymentsAsync(_incoming, cancellationToken), MaxChecks, cancellationToken);
        if (now - Folded().Last >= TickEvery && !sessions.IsElsewhere && MayWrite) await WriteAsync(new(surroundings.Clock.Issue(), EntryKind.Tick), cancellationToken);
        await TidyAsync(cancellationToken);

        var settled = _payments.Values.Where(payment => payment.IsConfirmed && Settle.IsOver(payment.Time, now) && _announced.Add(payment.Key)).ToArray();
        if (settled.Length > 0) _folded = null;
        return settled;
    }

    private static bool Takes(EntryKind kind) => kind is EntryKind.Buy or EntryKind.Sell or EntryKind.Pay or EntryKind.Fund or EntryKind.Promote or EntryKind.Prestige;

    /// <summary>The fold, up to the latest entry or settled payment. Kept until something new comes.</summary>
    private Account Folded()
    {
        var now = surroundings.Clock.Now;
        if (_folded is { } known && !_payments.Values.Any(payment => payment.IsConfirmed && Settle.IsOver(payment.Time, now) && !Settle.IsOver(payment.Time, _foldedUntil))) return known;

        _foldedUntil = now;
        return _folded = new Ledger(_rules).Steps(player, [.. _entries.Values], [.. _payments.Values], now, _from).LastOrDefault()?.After ?? _rules.Unborn(player);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await ListAsync(cancellationToken);
        await CheckAsync(await PaymentsAsync(surroundings.Store, cancellationToken), MaxChecks, cancellationToken);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        _lastList = surroundings.Clock.Now;
        var fresh = new List<PostedEntry>();
        await foreach (var pair in surroundings.Store.List(LedgerKey.Prefix(player), cancellationToken))
        {
            if (_entries.Count >= LedgerShelf.MaxKeys) break;
            if (_entries.ContainsKey(pair.Key) || PostedEntry.Read(player, pair) is not { } entry) continue;

            _entries[pair.Key] = entry;
            _folded = null;
            fresh.Add(entry);
        }

        // Of a session that may have died before it came to the credit, and whose entry may come late from another server.
        var security = Security;
        foreach (var entry in fresh.Where(entry => entry.Entry is not null && (security is null || _rules.Signatures.IsOwn(security, entry))))
        {
            surroundings.Clock.Observe(entry.Entry!.Time);
            if (_isOpen && entry.Entry.Kind == EntryKind.Pay) await CreditAsync(entry.Key, entry.Entry, cancellationToken);
        }
    }

    /// <summary>Payments that are listed and not known to be good, in the order in which they are to be asked for.</summary>
    private async Task<IReadOnlyList<IncomingPayment>> PaymentsAsync(IWorldStore store, CancellationToken cancellationToken)
    {
        _lastLook = surroundings.Clock.Now;
        var found = new List<(IncomingPayment Payment, Doubt Doubt)>();
        await foreach (var pair in store.List(PaymentKey.Prefix(player), cancellationToken))
        {
            if (!PaymentKey.TryParse(pair.Key, out var key) || _payments.ContainsKey(key)) continue;

            var doubt = _doubted.TryGetValue(key, out var known) && known.IsOf(pair.Value) ? known : null;
            if (doubt?.IsDue(_lastLook) == false || IncomingPayment.Read(player, pair) is not { } payment) continue;

            if (doubt is null) _doubted[key] = doubt = new(pair.Value, ++_doubts);
            found.Add((payment, doubt));
            if (found.Count >= LedgerShelf.MaxKeys) break;
        }

        return [.. found.OrderBy(listed => listed.Doubt.IsAsked).ThenBy(listed => listed.Doubt.Number).Select(listed => listed.Payment)];
    }

    /// <summary>Takes in the payments whose debit stands in the payer's ledger.</summary>
    private async Task CheckAsync(IReadOnlyList<IncomingPayment> found, int most, CancellationToken cancellationToken)
    {
        foreach (var some in found.Where(payment => _from?.Taken.Contains(payment.Key) != true).Take(most).Chunk(LedgerShelf.AtOnce))
        {
            var debits = await Task.WhenAll(some.Select(async payment => await surroundings.Store.Get(payment.Key.Debit.ToString(), cancellationToken)));
            foreach (var (payment, debit) in some.Zip(debits)) Take(payment.CheckedBy(debit));
        }

        void Take(IncomingPayment read)
        {
            if (!read.IsConfirmed || _payments.Count >= LedgerReading.MaxPayments)
            {
                _doubted[read.Key].Ask(surroundings.Clock.Now);
                return;
            }

            _payments[read.Key] = read;
            _doubted.Remove(read.Key);
            _folded = null;

            // What had settled before this session began is no news; what comes late, from a payer who died at it, is.
            if (!_isOpen && Settle.IsOver(read.Time, surroundings.Clock.Now)) _announced.Add(read.Key);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (Checkpoint.Read(player, await surroundings.Store.Get(PlayerKeys.Checkpoint(player), cancellationToken) ?? "", surroundings.Economy) is not { } from) return;
        if (Security is { } security && !_rules.Signatures.IsOwn(security, from)) return;

        (_from, _fromSince, _folded) = (from, surroundings.Clock.Now, null);
    }

    /// <summary>Folds what is old, and later blanks it: a little at a time, and only while this session may spend.</summary>
    private async Task TidyAsync(CancellationToken cancellationToken)
    {
        var now = surroundings.Clock.Now;
        if (now - _lastTidy < TidyEvery || sessions.UntilSpending > TimeSpan.Zero) return;

        _lastTidy = now;
        await sessions.LookAsync(cancellationToken);
        if (sessions.IsElsewhere || !MayWrite) return;

        if (_written is { } written)
        {
            if (!Settle.IsOver(written, now)) return;

            // What stands there now is what counts, whoever wrote it.
            await LoadAsync(cancellationToken);
            _written = null;
        }
        else if (now - _lastClose >= CloseEvery)
        {
            _lastClose = now;
            await CloseAsync(now + -Keep, cancellationToken);
        }
        else if (_from is not null && Settle.IsOver(_fromSince, now)) await BlankAsync(cancellationToken);
    }

    private async Task CloseAsync(GameTime upTo, CancellationToken cancellationToken)
    {
        var old = _entries.Values.Where(entry => entry.Entry?.Time <= upTo && _from?.Covers(entry.Key) != true).ToArray();
        if (old.Length < MinClosed) return;

        await LookAsync(cancellationToken);
        await LoadAsync(cancellationToken);
        if (new Ledger(_rules).Close(player, [.. _entries.Values], [.. _payments.Values], upTo, _from) is not { } closed) return;

        // Nobody looks at these debits again, so their credits must stand.
        await MakeUpAsync(old, cancellationToken);
        await PutCheckpointAsync(closed, _key, cancellationToken);
        _written = surroundings.Clock.Now;
    }

    private async Task PutCheckpointAsync(Checkpoint checkpoint, SigningKey? key, CancellationToken cancellationToken) => await surroundings.Store.Put(
        PlayerKeys.Checkpoint(player), (checkpoint with { Signature = key?.Sign(Signatures.TextOf(checkpoint)) }).Write(), cancellationToken);

    /// <summary>Blanks entries that are in the checkpoint; never a payment, for its receiver's readers look for it, nor what names the key.</summary>
    private async Task BlankAsync(CancellationToken cancellationToken)
    {
        foreach (var entry in _entries.Values.Where(entry => entry.Entry is { Kind: not (EntryKind.Pay or EntryKind.Secure) } && _from!.Covers(entry.Key)).Take(BlankAtOnce).ToArray())
        {
            await surroundings.Store.Put(entry.Key.ToString(), "", cancellationToken);
            _entries[entry.Key.ToString()] = entry with { Entry = null };
        }
    }

    private async Task MakeUpAsync(IEnumerable<PostedEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries.Where(entry => entry.Entry?.Kind == EntryKind.Pay).ToArray()) await CreditAsync(entry.Key, entry.Entry!, cancellationToken);
    }

    /// <summary>Adds an entry. It counts from now on, also where the answer to the write never comes: then it is written again later, and no other takes its place.</summary>
    private async Task<LedgerKey> WriteAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        await RepeatAsync(cancellationToken);
        var key = new LedgerKey(player, session, ++_seq);
        if (_key is not null) entry = entry with { Signature = _key.Sign(Signatures.TextOf(key, entry)) };
        _entries[key.ToString()] = new(key, entry);
        _unsettled.Enqueue((key, entry));
        _folded = null;
        await surroundings.Store.Put(key.ToString(), entry.Write(), cancellationToken);
        return key;
    }

    /// <summary>
    /// Writes the latest entries again before the next one leaves: a server that died may have taken them along unseen, and if this client died as well before it
    /// affirmed them, the ledger would have a gap for good.
    /// </summary>
    private async Task RepeatAsync(CancellationToken cancellationToken)
    {
        await AffirmAsync(isLast: false, cancellationToken);
        await Task.WhenAll(_unsettled.TakeLast(MaxRepeated).Select(async written => await surroundings.Store.Put(written.Key.ToString(), written.Entry.Write(), cancellationToken)));
    }

    /// <summary>
    /// Closes the gaps that former sessions left where server and client died together: with a tick, which changes nothing, in the place of what nobody has any
    /// more. Not before any server that may have it still had the time to come back.
    /// </summary>
    private async Task CloseGapsAsync(CancellationToken cancellationToken)
    {
        foreach (var tick in new Ledger(_rules).Gaps(player, [.. _entries.Values], surroundings.Clock.Now, _from).Where(tick => tick.Key.Session != session).Take(MaxGaps))
        {
            var entry = _key is null ? tick.Entry! : tick.Entry! with { Signature = _key.Sign(Signatures.TextOf(tick.Key, tick.Entry!)) };
            _entries[tick.Key.ToString()] = new(tick.Key, entry);
            _folded = null;
            await surroundings.Store.Put(tick.Key.ToString(), entry.Write(), cancellationToken);
        }
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
