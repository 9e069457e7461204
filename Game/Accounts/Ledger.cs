using System.Collections.Immutable;
using System.Globalization;

namespace Cmud.Game.Accounts;

/// <summary>One step of a fold: what happened, and what it did.</summary>
/// <param name="Time">When.</param>
/// <param name="What">In words; built by the game from stored values that were checked, so fit for a screen.</param>
/// <param name="Note">Why it did nothing, or less; empty where all went well.</param>
/// <param name="After">The account after it.</param>
internal sealed record LedgerStep(GameTime Time, string What, string Note, Account After);

/// <summary>The truth about a player: the fold over all entries of the ledger and the payments that came in.</summary>
/// <remarks>
/// Anyone can Put anything, and no server judges. So every reader folds by the same rules in whole numbers, and comes to
/// the same account or to the same reason not to believe it.
/// <para>
/// Two sessions of one player may write without knowing of each other (a takeover, a partition). Their entries are put in one order: by time,
/// session, number. What the later one could then not afford is a debt, at most twice what the other sessions
/// spent within <see cref="Overlap"/>; without such a witness it is a forgery. A payment stands even then: the
/// receiver may have spent it, and taking it back would cascade.
/// </para>
/// <para>
/// A lagging replica may show an entry before what it rests on: an earlier one, or the payment that it spends. So nobody is a forger by
/// an entry that has not settled.
/// </para>
/// </remarks>
internal sealed class Ledger(Rulebook rules)
{
    /// <summary>How long two sessions are thought not to know of each other: longer than any partition that a player plays through on both sides.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    /// <summary>The most entries folded: seven days of an entry each ten seconds. What exceeds it is not believed.</summary>
    public const int MaxEntries = 60_480;

    /// <summary>What a ledger says of a player now, with what the rig mined since the latest entry.</summary>
    /// <param name="player">Whose.</param>
    /// <param name="entries">All that List gave of the ledger, blanked ones too; order and repeats do not matter.</param>
    /// <param name="payments">All payments to the player; only confirmed ones count, once they have settled.</param>
    /// <param name="now">The reader's time.</param>
    /// <param name="from">Where to begin; null for the beginning.</param>
    public Account Fold(
        PlayerId player, IReadOnlyCollection<PostedEntry> entries, IReadOnlyCollection<IncomingPayment> payments, GameTime now, Checkpoint? from = null) =>
        Steps(player, entries, payments, now, from).Last().After.At(now, rules.Economy);

    /// <summary>The ledger folded up to a time, so that older entries can be blanked; null where it is not believed, or has too many parts.</summary>
    public Checkpoint? Close(
        PlayerId player, IReadOnlyCollection<PostedEntry> entries, IReadOnlyCollection<IncomingPayment> payments, GameTime upTo, Checkpoint? from = null)
    {
        var old = rules.Signatures.Own(player, entries).Where(entry => from?.Covers(entry.Key) == true || entry.Entry?.Time <= upTo).ToArray();
        var taken = payments.Where(payment => payment.IsConfirmed && Settle.IsOver(payment.Time, upTo)).ToArray();
        var account = Steps(player, old, taken, upTo, from).Last().After;
        if (account.Forgery is not null || account.Born is null) return null;

        var sessions = (from?.UpTo ?? ImmutableSortedDictionary<SessionId, int>.Empty).SetItems(old.GroupBy(entry => entry.Key.Session)
            .Select(session => KeyValuePair.Create(session.Key, Math.Max(session.Max(entry => entry.Key.Seq), from?.UpTo.GetValueOrDefault(session.Key) ?? 0))));
        var keys = (from?.Taken ?? []).Union(taken.Select(payment => payment.Key));
        return sessions.Count > Checkpoint.MaxParts || keys.Count > Checkpoint.MaxParts ? null : new(account, sessions, keys);
    }

    /// <summary>Confirmed payments that have not settled yet, and are not counted.</summary>
    public static Coins Pending(IEnumerable<IncomingPayment> payments, GameTime now) =>
        payments.Where(payment => payment.IsConfirmed && !Settle.IsOver(payment.Time, now)).Aggregate(Coins.Zero, (sum, payment) => sum + payment.Amount);

    /// <summary>The fold, step by step, from where it begins: what <c>audit</c> prints.</summary>
    public IEnumerable<LedgerStep> Steps(
        PlayerId player, IReadOnlyCollection<PostedEntry> entries, IReadOnlyCollection<IncomingPayment> payments, GameTime now, Checkpoint? from = null)
    {
        entries = [.. rules.Signatures.Own(player, entries).Where(entry => from?.Covers(entry.Key) != true).DistinctBy(entry => entry.Key)];
        payments = [.. payments.Where(payment => payment.IsConfirmed && from?.Taken.Contains(payment.Key) != true).DistinctBy(payment => payment.Key)];
        var account = from?.Account ?? rules.Unborn(player);
        if (Incomplete(entries, from, now) is { } reason) account = account with { Forgery = reason };
        yield return new(account.Last, from is null ? "the ledger begins" : "the ledger was folded up to here", account.Forgery ?? "", account);

        // What is not believed for its length alone is not worked through either.
        if (entries.Count > MaxEntries) yield break;

        var recent = new RecentSpending();
        foreach (var (time, entry, payment) in InOrder(entries, payments))
        {
            if (payment is not null)
            {
                if (!Settle.IsOver(time, now)) continue;
                account = account with { Balance = account.Balance + payment.Amount, Received = account.Received + payment.Amount };
                yield return new(time, $"receives {payment.Amount} from {payment.Key.From}", "", account);
                continue;
            }

            var (what, posted) = (Words(entry!.Entry!), entry.Entry!);
            if (posted.Time > now + GameClock.Tolerance)
            {
                account = account with { Forgery = account.Forgery ?? "An entry is dated ahead of time." };
                yield return new(time, what, "An entry is dated ahead of time.", account);
                continue;
            }

            var (isContested, byOthers) = recent.Of(entry.Key.Session, time);
            var before = account;
            var ruling = rules.Judge(account, posted);
            account = Settled(ruling, posted.Kind, isContested, byOthers, Settle.IsOver(time, now));
            recent.Add(entry.Key.Session, time, Witness(before, account));
            yield return new(time, what, ruling.Refusal, account);
        }
    }

    /// <summary>Takes a ruling as a reader of finished facts does, who cannot undo what a payment or a contribution set in motion.</summary>
    private static Account Settled(Ruling ruling, EntryKind kind, bool contested, Coins byOthers, bool isFinal)
    {
        if (ruling.Fault is Fault.None or Fault.Late) return ruling.After;

        var lent = ruling.Debit is not null && (kind is EntryKind.Pay or EntryKind.Fund || (contested && ruling.Short <= byOthers * 2));
        var account = lent ? ruling.Debit! : ruling.After;
        var honest = ruling.Fault == Fault.Unmet && contested && (lent || ruling.Debit is null);
        return honest || !isFinal ? account : account with { Forgery = account.Forgery ?? ruling.Refusal };
    }

    /// <summary>How many coins an entry took away that another session may still have counted on.</summary>
    private static Coins Witness(Account before, Account after) =>
        after.Spent + after.Paid + after.Funded + after.Forgone - before.Spent - before.Paid - before.Funded - before.Forgone;

    /// <summary>Entries that read and payments, by time, then session, then number. Payments come first at equal times: what came in can be spent.</summary>
    private static IEnumerable<(GameTime Time, PostedEntry? Entry, IncomingPayment? Payment)> InOrder(
        IReadOnlyCollection<PostedEntry> entries, IReadOnlyCollection<IncomingPayment> payments)
    {
        var facts = payments
            .Select(payment => (payment.Time, Rank: 0, payment.Key.Session, payment.Key.Seq, Entry: (PostedEntry?)null, Payment: (IncomingPayment?)payment));
        return facts.Concat(entries.Where(entry => entry.Entry is not null)
                .Select(entry => (entry.Entry!.Time, Rank: 1, entry.Key.Session, entry.Key.Seq, Entry: (PostedEntry?)entry, Payment: (IncomingPayment?)null)))
            .OrderBy(fact => fact.Time).ThenBy(fact => fact.Rank).ThenBy(fact => fact.Session).ThenBy(fact => fact.Seq)
            .Select(fact => (fact.Time, fact.Entry, fact.Payment));
    }

    /// <summary>Entries that would close the gaps of a ledger: ticks, dated right after what stands before them. Only where what stands after a gap is old enough that nothing is on its way any more.</summary>
    public IEnumerable<PostedEntry> Gaps(PlayerId player, IReadOnlyCollection<PostedEntry> entries, GameTime now, Checkpoint? from = null)
    {
        foreach (var session in rules.Signatures.Own(player, entries).Where(entry => from?.Covers(entry.Key) != true).GroupBy(entry => entry.Key.Session))
        {
            var (seq, time) = (from?.UpTo.GetValueOrDefault(session.Key) ?? 0, from?.Account.Last ?? default);
            foreach (var entry in session.OrderBy(entry => entry.Key.Seq))
            {
                // A blank has no time: what is before it may be in a checkpoint that comes late.
                if (entry.Entry is not { } posted) break;

                while (++seq < entry.Key.Seq && now - posted.Time > Overlap && time.Next < posted.Time)
                    yield return new(new(player, session.Key, seq), new((time = time.Next), EntryKind.Tick));
                (seq, time) = (entry.Key.Seq, posted.Time);
            }
        }
    }

    /// <summary>What is missing from a ledger, in a sentence; null where nothing is. A session numbers its entries from 1 without a gap.</summary>
    private static string? Incomplete(IReadOnlyCollection<PostedEntry> entries, Checkpoint? from, GameTime now)
    {
        if (entries.Count > MaxEntries) return string.Create(CultureInfo.InvariantCulture, $"More than {MaxEntries} entries.");

        foreach (var session in entries.GroupBy(entry => entry.Key.Session))
        {
            // Who sees a settled entry has had the time to see those before it.
            var last = session.Where(entry => entry.Entry is null || Settle.IsOver(entry.Entry.Time, now)).Select(entry => entry.Key.Seq).DefaultIfEmpty().Max();
            var before = from?.UpTo.GetValueOrDefault(session.Key) ?? 0;
            if (last > 0 && session.Count(entry => entry.Key.Seq <= last) != last - before) return $"An entry of session {session.Key} is missing.";

            var times = session.Where(entry => entry.Entry is not null).OrderBy(entry => entry.Key.Seq).Select(entry => entry.Entry!.Time).ToArray();
            if (times.Zip(times.Skip(1)).Any(pair => pair.Second <= pair.First)) return $"Session {session.Key} went back in time.";
        }

        return null;
    }

    private string Words(LedgerEntry entry) => entry.Kind switch
    {
        EntryKind.Buy => string.Create(CultureInfo.InvariantCulture, $"buys {entry.Count}{(entry.Count == 1 ? "" : " x")} {StoredText.Clean(entry.Item, 20)}"),
        EntryKind.Sell => string.Create(CultureInfo.InvariantCulture, $"sells {entry.Count} {StoredText.Clean(entry.Item, 20)}"),
        EntryKind.Pay => $"pays {entry.Amount} to {entry.To}",
        EntryKind.Fund => $"gives {entry.Amount} to the cluster",
        EntryKind.Solve => string.Create(CultureInfo.InvariantCulture, $"solves problem {entry.Index + 1} of the {Title(entry.Rank)}"),
        EntryKind.Fail => string.Create(CultureInfo.InvariantCulture, $"answers problem {entry.Index + 1} of the {Title(entry.Rank)} wrongly"),
        EntryKind.GiveUp => string.Create(CultureInfo.InvariantCulture, $"gives up problem {entry.Index + 1} of the {Title(entry.Rank)}"),
        EntryKind.Deed => $"does a deed: {StoredText.Clean(entry.Item, 20)}",
        EntryKind.Promote => $"is promoted to {Title(entry.Rank)}",
        EntryKind.Prestige => "goes on sabbatical",
        EntryKind.Born => "is born",
        EntryKind.Secure => "signs from here on",
        _ => "mines on",
    };

    private string Title(int rank) => rank < rules.Economy.Ranks.Length ? rules.Economy.Ranks[rank].Name : string.Create(CultureInfo.InvariantCulture, $"rank {rank}");
}
