using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Play;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Play;

/// <summary>Many players on three servers who type whatever there is to type: a moment with every run, as many minutes as <c>CMUD_PLAY_MINUTES</c> says with 30 players.</summary>
[Collection(TownTests.Name)]
public sealed partial class CrowdTests(Town town, ITestOutputHelper output)
{
    private const int Crowd = 30;
    private const int Few = 6;
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(15);

    /// <summary>From here on as many lines are blanked as are written: they are of use for ten minutes, and what is deleted is held until every server has told that it knows.</summary>
    private const int Settled = 13;

    /// <summary>What is said to the own screen at once, and how it begins there.</summary>
    private static readonly (string Line, string Shown)[] Echoed =
    [
        ("look", "Exits:"), ("exits", "Exits:"), ("score", "Coins:"), ("inventory", "Your machines"), ("shop", "For sale"), ("who", "on campus"), ("time", "On campus it is"),
        ("map", "you"), ("top", "Season"), ("version", "CMUD"), ("newbie hello", "[newbie]"), ("ooc anyone?", "[ooc]"), ("history", "("),
    ];

    /// <summary>What may wait: for the purse to settle, or for the rig.</summary>
    private static readonly string[] Slow = ["buy laptop", "buy workstation", "sell laptop", "fund 1", "mine 1", "go cut", "go cut", "north", "back"];

    /// <summary>How the keys begin of what is said in rooms and on channels.</summary>
    private static readonly string[] Passing = ["ev", "ch"];

    /// <summary>What would end the play, or ask for a secret.</summary>
    private static readonly string[] Left = ["quit", "secure"];

    private readonly ConcurrentDictionary<string, (int Player, long At)> _said = new();
    private readonly ConcurrentQueue<TimeSpan> _echoes = new();

    [Fact]
    public async Task Row_39_A_crowd_is_served_in_time_and_no_coin_is_made_or_lost()
    {
        var minutes = Environment.GetEnvironmentVariable("CMUD_PLAY_MINUTES");
        var (count, length) = minutes is null ? (Few, Moment) : (Crowd, TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)));
        string[] names = [.. Enumerable.Range(1, count).Select(i => $"Crowd{i}")];
        var ids = await town.SettleAsync(TimeSpan.FromHours(10), "cut", names);
        var desks = new Desk[count];
        // They come one after another, as people do.
        for (var i = 0; i < count; i++) desks[i] = await town.ReturnAsync(names[i], i % 3);

        var start = TimeProvider.System.GetTimestamp();
        var (heap, feeds) = (new List<long>(), new List<int>());
        var watch = WatchAsync();
        await Task.WhenAll(desks.Select((desk, i) => PlayAsync(desk, i, names, () => TimeProvider.System.GetElapsedTime(start) > length)));
        await watch;
        foreach (var desk in desks) await desk.DisposeAsync();

        var (near, far) = Heard(desks);
        output.WriteLine($"{count} players, {length.TotalMinutes:0.##} min, {_echoes.Count} timed commands; MB managed, without what the screens show: {string.Join(' ', heap.Select(bytes => bytes >> 20))}");
        output.WriteLine(Within.Figures("echo to self", _echoes));
        output.WriteLine(Within.Figures("same room, same server", near));
        output.WriteLine(Within.Figures("same room, 250 ms one way", far));
        Assert.All(desks, desk => Assert.Equal(0, desk.Count("Reconnecting")));

        // A busy machine makes everybody slow: the short crowd of every run reports its figures, the long one in a quiet hour must keep to them.
        if (minutes is not null)
        {
            Assert.InRange(Within.Share(_echoes, 0.95), TimeSpan.Zero, Within.Echo);
            Assert.InRange(Within.Share(near, 0.95), TimeSpan.Zero, Within.Room);
            Assert.InRange(Within.Share(far, 0.95), TimeSpan.Zero, Within.FarRoom);
        }

        if (feeds.Count > Settled) Assert.All(feeds[Settled..], held => Assert.InRange(held, 0, (int)(feeds[Settled - 1] * 1.25)));
        await MoneyIsConservedAsync(ids);

        async Task WatchAsync()
        {
            while (TimeProvider.System.GetElapsedTime(start) < length)
            {
                // Once a minute: to collect all garbage stops everybody, who would be timed as slow.
                await Task.Delay(length < TimeSpan.FromMinutes(1) ? length : TimeSpan.FromMinutes(1), TimeProvider.System);
                heap.Add(GC.GetTotalMemory(forceFullCollection: true) - desks.Sum(desk => desk.Room));

                var (lines, dead, rest) = await CensusAsync();
                feeds.Add(lines + dead);

                // As it goes: a run that fails for another reason tells this much.
                output.WriteLine(FormattableString.Invariant($"after {TimeProvider.System.GetElapsedTime(start).TotalMinutes:0.0} min: {heap[^1] >> 20} MB managed, {_echoes.Count} timed commands; a server holds {lines} keys of lines and {dead} deleted ones, {rest}"));
            }
        }
    }

    [GeneratedRegex("says, \"([0-9]+-[0-9]+)\"$")]
    private static partial Regex Said();

    /// <summary>One player: a command about every second, any verb of the table.</summary>
    private async Task PlayAsync(Desk desk, int player, string[] names, Func<bool> isOver)
    {
        var random = new Random(39 + player);
        string[] all = [.. VerbTable.Standard.All.Select(verb => verb.Name).Except(Left)];
        for (var i = 0; !isOver(); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5 + random.NextDouble()), TimeProvider.System);
            var other = names[(player + 1 + random.Next(names.Length - 1)) % names.Length];
            switch (random.Next(8))
            {
                case 0 or 1 or 2:
                    await SayAsync(desk, player, $"{player}-{i}");
                    break;
                case 3 or 4:
                    var (line, shown) = Echoed[random.Next(Echoed.Length)];
                    await TimeAsync(desk, line, shown);
                    break;
                case 5:
                    await desk.AskAsync(random.Next(3) == 0 ? $"mail {other} {i}" : $"tell {other} {i}");
                    break;
                case 6:
                    await desk.AskAsync(random.Next(2) == 0 ? $"pay {other} {1 + random.Next(9)}" : Slow[random.Next(Slow.Length)]);
                    break;
                default:
                    await desk.AskAsync(all[random.Next(all.Length)]);
                    break;
            }
        }

        await desk.AskAsync("score");
    }

    private async Task SayAsync(Desk desk, int player, string words)
    {
        var from = desk.Length;
        var typed = desk.Type($"say {words}");
        _said[words] = (player, typed);
        _echoes.Enqueue((await desk.SeeAsync($"You say, \"{words}\"", from: from)).After(typed));
        await desk.DoneAsync();
    }

    private async Task TimeAsync(Desk desk, string line, string shown)
    {
        var from = desk.Length;
        var typed = desk.Type(line);
        _echoes.Enqueue((await desk.SeeAsync(shown, from: from)).After(typed));
        await desk.DoneAsync();
    }

    /// <summary>How long each line took to each who heard it: at the speaker's server, and elsewhere.</summary>
    private (List<TimeSpan> Near, List<TimeSpan> Far) Heard(Desk[] desks)
    {
        var (near, far) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var listener = 0; listener < desks.Length; listener++)
        {
            foreach (var line in desks[listener].Lines)
            {
                if (Said().Match(line.Text) is not { Success: true } match || !_said.TryGetValue(match.Groups[1].Value, out var said) || said.Player == listener) continue;
                (said.Player % 3 == listener % 3 ? near : far).Add(line.After(said.At));
            }
        }

        return (near, far);
    }

    /// <summary>What the first server holds: keys of lines that pass, keys that were deleted, and the others by what they are.</summary>
    private async Task<(int Lines, int Dead, string Others)> CensusAsync()
    {
        var kinds = (await town.Servers[0].Grains[0].ListAsync("")).CountBy(pair => pair.Key.Split('/')[0]).ToDictionary();
        var lines = Passing.Sum(kinds.GetValueOrDefault);
        var rest = kinds.Where(kind => !Passing.Contains(kind.Key)).OrderByDescending(kind => kind.Value).Take(5).Select(kind => $"{kind.Value} of {kind.Key}");
        return (lines, (await town.Servers[0].StatusAsync()).Dead, string.Join(", ", rest));
    }

    /// <summary>Every server folds the same ledgers to the same accounts, none of them forged, and all coins come from somewhere and go somewhere.</summary>
    private async Task MoneyIsConservedAsync(IReadOnlyList<PlayerId> ids)
    {
        await town.Mesh.Rests();
        var rules = new Rulebook(Economy.Standard);
        var now = GameTime.Of(TimeProvider.System.GetUtcNow()) + Settle.Time;
        var sums = new List<string>();
        foreach (var grain in town.Mesh.Grains)
        {
            var accounts = new List<Account>();
            foreach (var id in ids)
            {
                accounts.Add((await LedgerReading.OfAsync(new RawStore(grain), id, rules, default)).Fold(rules, now));
            }

            Assert.All(accounts, account => Assert.Null(account.Forgery));
            Assert.Equal(Sum(account => account.Paid), Sum(account => account.Received));
            Assert.Equal(
                Sum(account => account.Granted + account.Mined + account.Rewards + account.Sold) - Sum(account => account.Spent + account.Funded + account.Forgone),
                Sum(account => account.Balance));
            sums.Add($"{Sum(account => account.Balance)} held, {Sum(account => account.Paid)} paid, {Sum(account => account.Spent)} spent, {Sum(account => account.Funded)} given (milli)");

            long Sum(Func<Account, Coins> part) => accounts.Sum(account => part(account).Milli);
        }

        output.WriteLine(sums[0]);
        Assert.Single(sums.Distinct());
    }
}
