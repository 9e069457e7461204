using System.Globalization;
using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Unit.Game;

/// <summary>The table of the design: how long a climb takes, recomputed with the game's own numbers and rules.</summary>
/// <remarks>
/// The player is greedy: saves for the machine that costs least for what it mines, and buys it unless that delays the next
/// promotion. The first session takes an hour; a problem takes six minutes. Keen players come for 30 minutes twice a day, others for 20 minutes once.
/// </remarks>
public sealed class PacingTests(ITestOutputHelper output)
{
    private static readonly Rulebook Rules = new(Economy.Standard);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Two_sessions_a_day_pace_as_designed()
    {
        var climb = Play(TimeSpan.FromMinutes(30), Day / 2);

        Near(climb["buy"], TimeSpan.FromMinutes(1));
        Near(climb["workstation"], TimeSpan.FromMinutes(7));
        Near(climb["masters"], TimeSpan.FromMinutes(42));
        Near(climb["phd"], 12 * Hour);
        Near(climb["assistant"], 2 * Day, 3 * Day);
        Near(climb["laureate"], 6 * Day, 7 * Day);
    }

    [Fact]
    public void One_session_a_day_paces_as_designed()
    {
        var climb = Play(TimeSpan.FromMinutes(20), Day);

        Near(climb["masters"], TimeSpan.FromMinutes(45));
        Near(climb["assistant"], 8 * Day);
        Near(climb["laureate"], 20 * Day);
    }

    private static void Near(TimeSpan measured, TimeSpan from, TimeSpan? to = null) =>
        Assert.True(measured >= from * 0.8 && measured <= (to ?? from) * 1.2, $"Took {measured}, should be within 20 % of {from} to {to ?? from}.");

    private Dictionary<string, TimeSpan> Play(TimeSpan length, TimeSpan every)
    {
        var birth = Economy.Standard.SeasonStart;
        var account = Rules.Judge(Rules.Unborn(new(1)), new(birth, EntryKind.Born)).After;
        var climb = new Dictionary<string, TimeSpan>();
        for (var session = 0; session < 60 && account.Rank < 8; session++)
        {
            var minutes = session == 0 ? Hour : length;
            for (var second = 0; second <= minutes.TotalSeconds; second++)
            {
                var now = birth + (every * session) + TimeSpan.FromSeconds(second);
                account = account.At(now, Rules.Economy);
                if (second > 0 && second % 360 == 0) account = Solve(account);
                while (Step(account, now) is var (after, did))
                {
                    account = after;
                    if (did.StartsWith("buy", StringComparison.Ordinal)) climb.TryAdd("buy", now - birth);
                    if (climb.TryAdd(did[(did.IndexOf(' ', StringComparison.Ordinal) + 1)..], now - birth))
                        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now - birth:d\\.hh\\:mm\\:ss} {did}: {account.Rate(Rules.Economy)}/s"));
                }
            }
        }

        return climb;
    }

    private static Account Solve(Account account)
    {
        var reward = Rules.Economy.Reward(account.Rate(Rules.Economy));
        return account with { Balance = account.Balance + reward, SolvedHere = account.SolvedHere + 1 };
    }

    private static (Account After, string Did)? Step(Account account, GameTime now)
    {
        var next = Rules.Economy.Ranks.ElementAtOrDefault(account.Rank + 1);
        if (next is not null)
        {
            var promotion = Rules.Judge(account with { Deeds = [next.Deed!] }, new(now, EntryKind.Promote) { Rank = next.Index });
            if (promotion.IsAllowed) return (promotion.After, "promote " + next.Id);
        }

        var best = Rules.Economy.Tiers.Where(tier => tier.Rank <= account.Rank).MinBy(tier => (double)Price(tier, account).Milli / tier.Rate.Milli)!;
        var purchase = Rules.Judge(account, new(now, EntryKind.Buy) { Item = best.Id, Count = 1 });
        return purchase.IsAllowed && (next is null || Wait(purchase.After, next.Cost) < Wait(account, next.Cost)) ? (purchase.After, "buy " + best.Id) : null;
    }

    private static Coins Price(Tier tier, Account account) => Rules.Economy.Price(tier, account.Units[tier.Index])!.Value;

    private static double Wait(Account account, Coins cost) => Math.Max(0, (double)(cost - account.Balance).Milli / account.Rate(Rules.Economy).Milli);
}
