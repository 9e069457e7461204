using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Keys;
using CsCheck;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class LedgerTests
{
    private static readonly Economy Numbers = Economy.Standard;
    private static readonly Rulebook Rules = new(Numbers);
    private static readonly Ledger Books = new(Rules);
    private static readonly GameTime Start = Numbers.SeasonStart;
    private static readonly PlayerId Ann = new(1);
    private static readonly PlayerId Bo = new(2);
    private static readonly SessionId Here = new(10);
    private static readonly SessionId There = new(20);

    private static readonly LedgerEntry Born = At(0, EntryKind.Born);

    [Fact]
    public void An_entry_is_read_as_it_was_written()
    {
        LedgerEntry[] entries =
        [
            Born, At(1, EntryKind.Buy) with { Item = "gpu", Count = 3 }, At(2, EntryKind.Pay) with { To = Bo, Amount = new(1_500), Text = "for \"you\" \u001b" },
            At(3, EntryKind.Solve) with { Rank = 2, Index = 7, Text = "1 0 1", Signature = "abc" }, At(4, EntryKind.GiveUp), At(5, EntryKind.Prestige),
        ];

        Assert.All(entries, entry => Assert.Equal(entry, LedgerEntry.Read(entry.Write())));
        Assert.Equal("""{"v":1,"t":"17356896010000000","kind":"buy","item":"gpu","n":3}""", entries[1].Write());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"v\":2,\"t\":\"17356896010000000\",\"kind\":\"tick\"}")]
    [InlineData("{\"v\":1,\"t\":17,\"kind\":\"tick\"}")]
    [InlineData("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"mint\"}")]
    [InlineData("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"1\"}")]
    [InlineData("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"pay\",\"milli\":-5}")]
    [InlineData("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"pay\",\"milli\":1e99}")]
    [InlineData("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"pay\",\"to\":\"bo\"}")]
    public void What_does_not_read_is_skipped(string value) => Assert.Null(LedgerEntry.Read(value));

    [Fact]
    public void Fields_of_a_later_version_are_ignored() =>
        Assert.Equal(EntryKind.Tick, LedgerEntry.Read("{\"v\":1,\"t\":\"17356896010000000\",\"kind\":\"tick\",\"mood\":{\"x\":[1]}}")?.Kind);

    [Fact]
    public void A_first_hour_folds_to_the_coin()
    {
        var account = Fold(3_600, Born, At(60, EntryKind.Buy) with { Item = "laptop", Count = 1 });

        Assert.Equal(Coins.Of(12) + (new Coins(200) * 60) - Coins.Of(24) + (new Coins(400) * 3_540), account.Balance);
        Assert.Equal(2, account.Units[0]);
        Assert.Null(account.Forgery);
    }

    [Fact]
    public void A_rig_left_alone_mines_twelve_hours_and_one_that_is_played_mines_on()
    {
        var hourly = Enumerable.Range(1, 20).Select(hour => At(hour * 3_600, EntryKind.Tick));

        Assert.Equal(new Coins(200) * 43_200, Fold(72_000, Born).Mined);
        Assert.Equal(new Coins(200) * 72_000, Fold(72_000, [Born, .. hourly]).Mined);
    }

    [Theory]
    [InlineData(nameof(EntryKind.Buy), "laptop", 1, "That costs 24 TC; you have 12 TC.")]
    [InlineData(nameof(EntryKind.Buy), "gpu", 1, "The GPU rig is sold from the rank of Master's student on.")]
    [InlineData(nameof(EntryKind.Buy), "death star", 1, "The shop has no such thing.")]
    [InlineData(nameof(EntryKind.Buy), "laptop", 101, "The shop has no such thing.")]
    [InlineData(nameof(EntryKind.Promote), null, 0, null)]
    [InlineData(nameof(EntryKind.Prestige), null, 0, "Only a Turing laureate goes on sabbatical.")]
    public void What_the_shop_would_refuse_makes_a_ledger_unverified(string kind, string? item, int count, string? reason)
    {
        var account = Fold(10, Born, At(0, Enum.Parse<EntryKind>(kind)) with { Time = Start.Next, Item = item, Count = count });

        Assert.Equal(reason, account.Forgery);
        Assert.Equal(Coins.Of(14), account.Balance);
    }

    [Fact]
    public void A_promotion_needs_problems_a_deed_and_its_price()
    {
        var rich = Rules.Judge(Rules.Unborn(Ann), Born).After with { Balance = Coins.Of(40_000) };
        var promote = At(0, EntryKind.Promote) with { Rank = 1 };

        Assert.Equal("A Master's student has solved 4 problems; you have solved 0.", Rules.Judge(rich, promote).Refusal);
        Assert.Equal("Say hello on the newbie channel.", Rules.Judge(rich with { SolvedHere = 4 }, promote).Refusal);
        Assert.Equal("That costs 30,000 TC; you have 20 TC.", Rules.Judge(rich with { SolvedHere = 4, Deeds = ["hello"], Balance = Coins.Of(20) }, promote).Refusal);

        var promoted = Rules.Judge(rich with { SolvedHere = 4, Deeds = ["hello"] }, promote);

        Assert.True(promoted.IsAllowed);
        Assert.Equal((1, 0, Coins.Of(10_000), new Coins(260)), (promoted.After.Rank, promoted.After.SolvedHere, promoted.After.Balance, promoted.After.Rate(Numbers)));
    }

    [Fact]
    public void A_solved_problem_pays_once_and_a_copied_answer_is_no_solution()
    {
        var answer = Rules.ProblemOf(Rules.Unborn(Ann)).Solve();
        var solve = At(100, EntryKind.Solve) with { Text = answer };

        var once = Fold(200, Born, solve);
        var twice = Fold(200, Born, solve, solve with { Time = solve.Time.Next });
        var copied = Fold(200, Born, solve with { Text = Rules.ProblemOf(Rules.Unborn(Bo)).Solve() });

        Assert.Equal((Coins.Of(30), 1, 1L), (once.Rewards, once.Solved, once.Wear[0]));
        Assert.Equal((once.Balance, (string?)null), (twice.Balance, twice.Forgery));
        Assert.Equal((Coins.Zero, "That is not the answer."), (copied.Rewards, copied.Forgery));
    }

    [Fact]
    public void Wrong_answers_make_one_wait()
    {
        var right = At(0, EntryKind.Solve) with { Text = Rules.ProblemOf(Rules.Unborn(Ann)).Solve() };
        LedgerEntry[] wrong = [Born, At(10, EntryKind.Fail), At(41, EntryKind.Fail)];

        Assert.Equal(0, Fold(200, [.. wrong, right with { Time = Start + TimeSpan.FromSeconds(100) }]).Solved);
        Assert.Equal(1, Fold(200, [.. wrong, right with { Time = Start + TimeSpan.FromSeconds(101) }]).Solved);
        Assert.Equal("Think for another 30 s.", Rules.Judge(Fold(41, wrong), right with { Time = Start + TimeSpan.FromSeconds(71) }).Refusal);
    }

    [Fact]
    public void A_payment_moves_coins_and_makes_none()
    {
        var pay = At(10, EntryKind.Pay) with { To = Bo, Amount = Coins.Of(5), Text = "lunch" };
        var debit = new LedgerKey(Ann, Here, 2);
        var credit = IncomingPayment.Of(debit, pay);
        var read = IncomingPayment.Read(Bo, new(credit.Key.ToString(), credit.Write()))!;

        Assert.Equal(Coins.Of(12 + 4 - 5), Fold(20, Born, pay).Balance);
        Assert.Equal(Coins.Zero, FoldBo(read).Received);
        Assert.Equal(Coins.Of(5), FoldBo(read.CheckedBy(pay.Write())).Received);
        Assert.Equal(Coins.Of(5), FoldBo(read.CheckedBy(pay.Write()), read.CheckedBy(pay.Write())).Received);
        Assert.Equal(Coins.Zero, FoldBo((read with { Amount = Coins.Of(500) }).CheckedBy(pay.Write())).Received);
        Assert.Equal(Coins.Zero, FoldBo(read.CheckedBy((pay with { To = Ann }).Write())).Received);
        Assert.Equal(Coins.Zero, FoldBo(read.CheckedBy(null)).Received);
        Assert.Equal(Coins.Of(5), Ledger.Pending([read.CheckedBy(pay.Write())], Start + TimeSpan.FromSeconds(14)));
        Assert.Equal(Coins.Zero, Ledger.Pending([read.CheckedBy(pay.Write())], Start + TimeSpan.FromSeconds(15)));

        static Account FoldBo(params IncomingPayment[] payments) => Books.Fold(Bo, [], payments, Start + TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Two_sessions_that_did_not_know_of_each_other_leave_a_debt_that_mining_pays_off()
    {
        var pay = At(10, EntryKind.Pay) with { To = Bo, Amount = Coins.Of(13) };
        PostedEntry[] entries = [.. Post(Here, Born, pay), .. Post(There, pay with { Time = pay.Time.Next })];

        var account = Books.Fold(Ann, entries, [], pay.Time + TimeSpan.FromSeconds(5));

        Assert.Null(account.Forgery);
        Assert.Equal(Coins.Of(26 - 14 - 1), account.Debt);
        Assert.False(Rules.Judge(account, At(16, EntryKind.Pay) with { To = Bo, Amount = new(1) }).IsAllowed);
        Assert.Equal(Coins.Zero, account.At(pay.Time + TimeSpan.FromSeconds(100), Numbers).Debt);
    }

    [Fact]
    public void One_session_that_spends_what_it_has_not_is_a_forger_and_owes_it_all_the_same()
    {
        var account = Fold(10, Born, At(0, EntryKind.Pay) with { Time = Start.Next, To = Bo, Amount = Coins.Of(1_000_000) });

        Assert.Equal("That costs 1,000,000 TC; you have 12 TC.", account.Forgery);
        Assert.Equal(Coins.Of(1_000_000 - 14), account.Debt);
    }

    [Fact]
    public void A_ledger_with_a_hole_or_from_another_time_is_not_believed()
    {
        var ahead = At(0, EntryKind.Tick) with { Time = Start + TimeSpan.FromDays(1) };

        Assert.Equal("Nobody acts before being born.", Fold(10, At(1, EntryKind.Tick)).Forgery);
        Assert.Equal("Born before the season began.", Fold(10, Born with { Time = Start + TimeSpan.FromDays(-1) }).Forgery);
        Assert.Equal("An entry is dated ahead of time.", Fold(10, Born, ahead).Forgery);
        Assert.Equal($"Session {Here} went back in time.", Fold(10, At(5, EntryKind.Born), Born).Forgery);
        Assert.Equal($"An entry of session {Here} is missing.", Books.Fold(Ann, [.. Post(Here, Born, ahead).Skip(1)], [], ahead.Time + Settle.Time).Forgery);
    }

    [Fact]
    public void What_a_lagging_replica_shows_too_soon_makes_nobody_a_forger()
    {
        var buy = At(100, EntryKind.Buy) with { Item = "laptop", Count = 1 };
        var received = At(20, EntryKind.Pay) with { To = Ann, Amount = Coins.Of(500) };
        var rich = At(100, EntryKind.Pay) with { To = Bo, Amount = Coins.Of(400) };
        var (unsettled, settled) = (Start + TimeSpan.FromSeconds(102), Start + TimeSpan.FromSeconds(105));

        // The entry before is still on its way; so is the one of birth; so is the credit that was spent.
        foreach (PostedEntry[] early in new[] { [.. Post(Here, Born, At(99, EntryKind.Tick), buy).Where(entry => entry.Key.Seq != 2)], [.. Post(Here, Born, buy).Skip(1)], Post(Here, Born, rich) })
        {
            Assert.Null(Books.Fold(Ann, early, [], unsettled).Forgery);
            Assert.NotNull(Books.Fold(Ann, early, [], settled).Forgery);
        }

        var credit = IncomingPayment.Of(new(Bo, There, 1), received) with { IsConfirmed = true };
        Assert.Null(Books.Fold(Ann, Post(Here, Born, rich), [credit], settled).Forgery);
    }

    [Fact]
    public void An_audit_tells_each_step()
    {
        var steps = Books.Steps(Ann, [.. Post(Here, Born, At(1, EntryKind.Buy) with { Item = "gpu\u001b[2J", Count = 1 })], [], Start + TimeSpan.FromHours(1)).ToArray();

        Assert.Equal(["the ledger begins", "is born", "buys 1 gpu[2J"], steps.Select(step => step.What));
        Assert.Equal(["", "", "The shop has no such thing."], steps.Select(step => step.Note));
    }

    [Fact]
    public void A_sabbatical_leaves_a_citation_and_open_doors()
    {
        var laureate = Rules.Judge(Rules.Unborn(Ann), Born).After with { Rank = 8, HighestRank = 8, Balance = Coins.Of(777), Units = [9, 9, 9, 9, 9, 9, 9, 9] };

        var after = Rules.Judge(laureate, At(0, EntryKind.Prestige)).After;

        Assert.Equal((0, 8, 1, Coins.Of(12), Coins.Of(777)), (after.Rank, after.HighestRank, after.Citations, after.Balance, after.Forgone));
        Assert.Equal(new Coins(220), after.Rate(Numbers));
    }

    [Fact]
    public void Contributions_add_up_and_nonsense_counts_nothing()
    {
        var cluster = SharedKeys.Counters("cluster");
        KeyValuePair<string, string>[] pairs =
        [
            new(SharedKeys.Counter(cluster, Ann), Department.Write(70)), new(SharedKeys.Counter(cluster, Bo), Department.Write(50)), new(cluster + "nobody", "1000"),
            new(SharedKeys.Counter(cluster, new(3)), "-5"), new(SharedKeys.Counter(cluster, new(4)), "99999999999999999999"), new(SharedKeys.Counter(cluster, new(5)), ""),
        ];

        Assert.Equal(120, Department.Sum(cluster, pairs));
        Assert.Equal(50, Department.Sum(cluster, pairs, player => player == Bo));
        Assert.Equal((1, 80), Department.Problem(100, 120));
        Assert.Equal((0, 100), Department.Problem(100, 0));
        Assert.Equal(1, Numbers.Reached(Coins.Of(5_000_000)));
    }

    [Fact]
    public void A_folded_ledger_goes_on_where_it_was_closed()
    {
        var buy = At(100, EntryKind.Buy) with { Item = "laptop", Count = 1 };
        var pay = IncomingPayment.Of(new(Bo, There, 2), At(50, EntryKind.Pay) with { To = Ann, Amount = Coins.Of(7) }) with { IsConfirmed = true };
        PostedEntry[] entries = [.. Post(Here, Born, buy, At(2_000, EntryKind.Tick), At(4_000, EntryKind.Pay) with { To = Bo, Amount = Coins.Of(1) })];
        var now = Start + TimeSpan.FromSeconds(9_000);

        var written = Books.Close(Ann, entries, [pay], Start + TimeSpan.FromSeconds(3_000))!.Write();
        var closed = Checkpoint.Read(Ann, written, Numbers)!;
        PostedEntry[] blanked = [new(entries[0].Key, null), new(entries[1].Key, null), .. entries[2..]];

        Assert.Equal(Books.Fold(Ann, entries, [pay], now).Balance, Books.Fold(Ann, blanked, [pay], now, closed).Balance);
        Assert.Null(Books.Fold(Ann, blanked, [pay], now, closed).Forgery);
        Assert.Equal(written, closed.Write());
        Assert.Null(Checkpoint.Read(Bo, written, Numbers));
        Assert.Null(Checkpoint.Read(Ann, written.Replace("\"coins\":[", "\"coins\":[9", StringComparison.Ordinal), Numbers));
        Assert.Null(Checkpoint.Read(Ann, written.Replace("\"units\":[2", "\"units\":[9", StringComparison.Ordinal), Numbers));
        Assert.All(["", "null", "{}", "{\"v\":1}", "[", "{\"v\":1,\"coins\":[null]}"], nonsense => Assert.Null(Checkpoint.Read(Ann, nonsense, Numbers)));
    }

    /// <summary>Whatever two sessions write and in whatever order a reader lists it: one account, coins from somewhere to somewhere.</summary>
    [Fact]
    public void Every_reader_folds_any_ledger_to_the_same_account_and_no_coin_is_lost() =>
        Gen.Select(Entries, Entries, Gen.Int[0, int.MaxValue]).Sample(
            (one, other, seed) =>
            {
                PostedEntry[] entries = [.. Post(Here, [Born, .. one]), .. Post(There, other)];
                var shuffled = entries.ToArray();
                new Random(seed).Shuffle(shuffled);
                var now = Start + TimeSpan.FromDays(30);

                var account = Books.Fold(Ann, entries, [], now);
                var again = Books.Fold(Ann, [.. shuffled, .. shuffled], [], now);

                Assert.Equal((account.Balance, account.Forgery, account.Rank), (again.Balance, again.Forgery, again.Rank));
                Assert.Equal(account.Units.AsEnumerable(), again.Units.AsEnumerable());
                Assert.Equal(
                    account.Balance,
                    account.Granted + account.Mined + account.Rewards + account.Received + account.Sold - account.Spent - account.Paid - account.Funded - account.Forgone);
            },
            iter: 1_000);

    private static Gen<LedgerEntry[]> Entries =>
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[0, 11], Gen.Int[0, 3], Gen.Int[0, 200]).Array[0, 25].Select(rows => rows.Select(row =>
            At(row.Item1, (EntryKind)row.Item2) with
            {
                Item = row.Item2 == (int)EntryKind.Deed ? "hello" : Numbers.Tiers[row.Item3].Id,
                Count = row.Item3,
                Amount = Coins.Of(row.Item4),
                To = Bo,
                Rank = row.Item3 % 2,
                Index = row.Item3,
                Text = "7",
            }).OrderBy(entry => entry.Time).ToArray());

    private static LedgerEntry At(int seconds, EntryKind kind) => new(Start + TimeSpan.FromSeconds(seconds), kind);

    private static PostedEntry[] Post(SessionId session, params LedgerEntry[] entries) =>
        [.. entries.Select((entry, i) => PostedEntry.Read(Ann, new(new LedgerKey(Ann, session, i + 1).ToString(), entry.Write()))!)];

    private static Account Fold(int seconds, params LedgerEntry[] entries) => Books.Fold(Ann, Post(Here, entries), [], Start + TimeSpan.FromSeconds(seconds));
}
