using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Keys;

namespace Cmud.Tests.Unit.Game;

/// <summary>A life up to some rank, written into the store entry by entry, as an honest player with a rich aunt would have led it.</summary>
internal static class Career
{
    private static readonly Rulebook Rules = new(Economy.Standard);

    /// <summary>Raises a player; time goes on by as long as it took.</summary>
    public static async Task RaiseAsync(this Campus campus, string name, int rank)
    {
        var id = campus.IdOf(name);
        var (session, aunt) = (new SessionId(id.Value ^ 0xcafe), new LedgerKey(new(id.Value ^ 0xa047), new(1), 1));
        var time = GameTime.Of(campus.Time.GetUtcNow()) + TimeSpan.FromSeconds(1);
        var gift = new LedgerEntry(time, EntryKind.Pay) { To = id, Amount = Coins.Of(1_000_000_000_000) };
        campus.Store.PutRaw(aunt.ToString(), gift.Write());
        campus.Store.PutRaw(PaymentKey.Of(aunt, id).ToString(), gift.Write());

        var account = Rules.Judge(Rules.Unborn(id), new(time, EntryKind.Born)).After with { Balance = gift.Amount };
        var seq = 0;
        void Write(EntryKind kind, Func<LedgerEntry, LedgerEntry> fill)
        {
            time += TimeSpan.FromMinutes(5);
            var entry = fill(new(time, kind));
            account = Rules.Judge(account, entry) is { IsAllowed: true } ruling ? ruling.After : throw new InvalidOperationException($"{entry}");
            campus.Store.PutRaw(new LedgerKey(id, session, ++seq).ToString(), entry.Write());
        }

        while (account.Rank < rank)
        {
            var next = Economy.Standard.Ranks[account.Rank + 1];
            while (account.SolvedHere < next.Problems)
            {
                // A hash takes seconds; whoever has the time gives it up.
                var problem = Rules.ProblemOf(account);
                var isHash = problem.Kind.Contains("hash", StringComparison.OrdinalIgnoreCase);
                Write(isHash ? EntryKind.GiveUp : EntryKind.Solve, entry => entry with { Rank = account.Rank, Index = account.NextIndex[account.Rank], Text = isHash ? null : problem.Solve() });
            }

            if (next.Deed == "fund") Write(EntryKind.Fund, static entry => entry with { Amount = Coins.Of(1) });
            else if (next.Deed is { } deed) Write(EntryKind.Deed, entry => entry with { Item = deed });
            Write(EntryKind.Promote, entry => entry with { Rank = next.Index });
        }

        campus.Skip(time - GameTime.Of(campus.Time.GetUtcNow()) + TimeSpan.FromMinutes(5));
        await campus.PassAsync(TimeSpan.FromSeconds(3));
    }
}
