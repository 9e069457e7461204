using Cmud.Game;
using Cmud.Game.Keys;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class KeysTests
{
    private static readonly PlayerId Ann = new(0xa11);
    private static readonly PlayerId Bo = new(ulong.MaxValue);
    private static readonly SessionId Here = new(0x5e55);
    private static readonly GameTime T = new(12_345_678_901_230_042);

    private static readonly Gen<Mark> Marks = Gen.Select(
        Gen.Long[0, 99_999_999_999_999_999], Gen.ULong, Gen.ULong, Gen.Int[0, KeyText.MaxSeq], (t, pid, sid, seq) => new Mark(new(t), new(pid), new(sid), seq));

    [Fact]
    public void Keys_are_spelled_as_the_schema_says()
    {
        Assert.Equal("name/heather/12345678901230042-0000000000005e55", new NameClaim("heather", T, Here).ToString());
        Assert.Equal("pc/0000000000000a11", PlayerKeys.Character(Ann));
        Assert.Equal("sess/0000000000000a11/0000000000005e55", new SessionKey(Ann, Here).ToString());
        Assert.Equal("loc/0000000000000a11", PlayerKeys.Location(Ann));
        Assert.Equal("led/0000000000000a11/0000000000005e55/000007", new LedgerKey(Ann, Here, 7).ToString());
        Assert.Equal("pay/ffffffffffffffff/0000000000000a11/0000000000005e55/000007", PaymentKey.Of(new(Ann, Here, 7), Bo).ToString());
        Assert.Equal("seen/0000000000000a11", PlayerKeys.Seen(Ann));
        Assert.Equal("ev/cut/20576131/12345678901230042-0000000000000a11-0000000000005e55-000007", Feed.Room("cut").Key(new(T, Ann, Here, 7)));
        Assert.Equal("ch/newbie/20576131/12345678901230042-0000000000000a11-0000000000005e55-000007", Feed.Channel("newbie").Key(new(T, Ann, Here, 7)));
        Assert.Equal("tell/ffffffffffffffff/12345678901230042-0000000000000a11-0000000000005e55-000007", new TellKey(Bo, new(T, Ann, Here, 7)).ToString());
        Assert.Equal("ctr/cluster/0000000000000a11", SharedKeys.Counter(SharedKeys.Counters("cluster"), Ann));
        Assert.Equal("ctr/problem/3/0000000000000a11", SharedKeys.Counter(SharedKeys.ProblemCounters(3), Ann));
        Assert.Equal("race/w12/1/12345678901230042-0000000000000a11", SharedKeys.RaceEntry("w12", 1, T, Ann));
        Assert.Equal("vote/defence/0000000000000a11", SharedKeys.Vote("defence", Ann));
        Assert.Equal("obj/fence", SharedKeys.Fence);
        Assert.Equal("lb/s1/0000000000000a11", PlayerKeys.BoardRow("s1", Ann));
        Assert.Equal("mod/12345678901230042-0000000000000a11", SharedKeys.ModerationEntry(T, Ann));
        Assert.Equal("ckpt/0000000000000a11", PlayerKeys.Checkpoint(Ann));
    }

    [Fact]
    public void Every_prefix_ends_with_a_slash()
    {
        string[] prefixes =
        [
            NameClaim.Prefix("al"), SessionKey.Prefix(Ann), PlayerKeys.Locations, LedgerKey.Prefix(Ann), PaymentKey.Prefix(Ann), Feed.Room("cut").Prefix(7),
            TellKey.Prefix(Ann), SharedKeys.Counters("cluster"), SharedKeys.ProblemCounters(1), SharedKeys.Race("w1", 1), SharedKeys.Votes("x"),
            PlayerKeys.Board("s1"), SharedKeys.Moderation,
        ];

        Assert.All(prefixes, prefix => Assert.EndsWith("/", prefix, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_spelled_is_read_back() =>
        Marks.Sample(
            mark =>
            {
                var ledger = new LedgerKey(mark.Player, mark.Session, mark.Seq);
                var tell = new TellKey(Ann, mark);
                var claim = new NameClaim("al-2", mark.Time, mark.Session);

                Assert.True(LedgerKey.TryParse(ledger.ToString(), out var ledgerBack) && ledgerBack == ledger);
                Assert.True(PaymentKey.TryParse(PaymentKey.Of(ledger, Bo).ToString(), out var payment) && payment.Debit == ledger && payment.To == Bo);
                Assert.True(TellKey.TryParse(tell.ToString(), out var tellBack) && tellBack == tell);
                Assert.True(NameClaim.TryParse(claim.ToString(), out var claimBack) && claimBack == claim);
                Assert.True(Feed.Room("cut").TryParse(Feed.Room("cut").Key(mark), out var line) && line == mark);
                Assert.True(SharedKeys.TryParseModeration(SharedKeys.ModerationEntry(mark.Time, mark.Player), out var t, out var by) && t == mark.Time && by == mark.Player);
            },
            iter: 1_000);

    [Theory]
    [InlineData("led/0000000000000a11/0000000000005e55")]
    [InlineData("led/0000000000000a11/0000000000005e55/7")]
    [InlineData("led/0000000000000A11/0000000000005e55/000007")]
    [InlineData("led/0000000000000a11/0000000000005e55/00000+")]
    [InlineData("led/0000000000000a11/0000000000005e55/000007/")]
    [InlineData("led/ann/0000000000005e55/000007")]
    [InlineData("pay/0000000000000a11/0000000000005e55/000007")]
    [InlineData("")]
    public void Anything_else_is_no_ledger_key(string key) => Assert.False(LedgerKey.TryParse(key, out _));

    [Fact]
    public void A_line_in_a_minute_that_is_not_its_own_is_skipped()
    {
        var key = Feed.Room("cut").Key(new(T, Ann, Here, 7));

        Assert.False(Feed.Room("cut").TryParse(key.Replace("20576131", "20576132", StringComparison.Ordinal), out _));
        Assert.False(Feed.Room("fence").TryParse(key, out _));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("..")]
    public void A_word_with_a_slash_never_gets_into_a_key(string word) => Assert.Throws<ArgumentException>(() => Feed.Room(word));

    [Fact]
    public void Keys_sort_as_their_times_do() =>
        Gen.Select(Marks, Marks).Sample((a, b) => Assert.Equal(a.Time.CompareTo(b.Time), Math.Sign(string.CompareOrdinal(a.Time.ToString(), b.Time.ToString()))));

    [Fact]
    public void The_clock_never_gives_one_time_twice_and_never_falls()
    {
        var wall = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        var clock = new GameClock(wall);

        var first = clock.Issue();
        var second = clock.Issue();
        wall.AdjustTime(wall.GetUtcNow() - TimeSpan.FromHours(1));
        var third = clock.Issue();

        Assert.True(first < second && second < third);
    }

    [Fact]
    public void What_was_seen_is_before_what_is_written_next_unless_it_lies_in_a_far_future()
    {
        var wall = new FakeTimeProvider();
        var clock = new GameClock(wall);
        var ahead = GameTime.Of(wall.GetUtcNow() + TimeSpan.FromSeconds(30));
        var forged = GameTime.Of(wall.GetUtcNow() + TimeSpan.FromDays(30));

        Assert.True(clock.Observe(ahead));
        Assert.False(clock.Observe(forged));
        Assert.True(clock.Issue() > ahead);
        Assert.True(clock.Now < forged);
    }

    [Fact]
    public void Settle_is_four_and_a_half_seconds()
    {
        Assert.False(Settle.IsOver(T, T + TimeSpan.FromMilliseconds(4_499)));
        Assert.True(Settle.IsOver(T, T + TimeSpan.FromMilliseconds(4_500)));
    }

    [Theory]
    [InlineData("Heather", "heather")]
    [InlineData(" bo ", "bo")]
    [InlineData("Mary-Ann2", "mary-ann2")]
    public void A_name_is_shown_as_typed_and_compared_in_lower_case(string typed, string lower)
    {
        Assert.True(PlayerName.TryParse(typed, out var name, out _));
        Assert.Equal(lower, name.Lower);
        Assert.True(KeyText.IsPart(name.Lower));
    }

    [Theory]
    [InlineData("", "A name, please: a few letters will do.")]
    [InlineData("x", "A name has at least 2 letters.")]
    [InlineData("../x", "Only the letters a to z, digits and hyphens make a name here.")]
    [InlineData("a/b", "Only the letters a to z, digits and hyphens make a name here.")]
    [InlineData("Zoë", "Only the letters a to z, digits and hyphens make a name here.")]
    [InlineData("\u001b[2Jme", "Only the letters a to z, digits and hyphens make a name here.")]
    [InlineData("😀😀", "Only the letters a to z, digits and hyphens make a name here.")]
    [InlineData("2fast", "A name begins with a letter.")]
    [InlineData("al-", "A hyphen stands between letters, one at a time.")]
    [InlineData("Everyone", "'Everyone' would confuse people; take another name.")]
    [InlineData("abcdefghijklmnopqrstu", "A name has at most 20 letters; shorten yours a little.")]
    public void Another_name_is_refused_with_a_sentence(string typed, string sentence)
    {
        Assert.False(PlayerName.TryParse(typed, out _, out var refusal));
        Assert.Equal(sentence, refusal);
    }
}
