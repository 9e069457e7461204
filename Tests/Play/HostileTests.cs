using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>Play-tests of what a program of one's own may Put, past the game.</summary>
[Collection(TownTests.Name)]
public sealed class HostileTests(Town town)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Row_29_No_stored_line_damages_a_screen_or_ends_a_client()
    {
        var ids = await town.SettleAsync(Hour, "wean", "Ada29", "Bo29", "Eve29");
        await using var bo = await town.ReturnAsync("Bo29", server: 0);
        await using var ada = await Tmux.StartAsync(columns: 80, rows: 40);
        await ada.TypeAsync($"dotnet {CmudProcess.Program} play --server {town.Servers[0].Address}\n");
        await ada.WaitForAsync("Name your character", Within.Patience);
        await ada.TypeAsync("Ada29\n");
        await ada.WaitForAsync("(campus) >", Within.Patience);
        await ada.KeysAsync("C-l");
        await ada.TypeAsync("say before\n");
        await ada.WaitForAsync("You say, \"before\"", Within.Patience);
        await ada.TypeAsync("half a line");

        var (clock, session) = (new GameClock(TimeProvider.System), SessionId.New(new(29)));
        string[] values =
        [
            Said("wipes \e[2J\e[H the screen"), Said("returns \r to the start"), Said("rings \a\a\a"), Said("turns \u202Eyaw eht"), Said(new string('x', 60 * 1024)),
            Said("title \e]0;owned\a of the window"), Said("C1 \u009B2J too"), Said("Z\u0361\u0362\u0361\u0362\u0361\u0362\u0361\u0362algo"),
            "{\"v\":1,\"kind\":\"say\",\"name\":", "[]", "null", "{\"v\":1,\"kind\":\"say\",\"name\":\"\e[2J\",\"text\":\"\"}", "{\"v\":1,\"kind\":7,\"name\":{},\"text\":[]}", "\0\0\0",
        ];
        var seq = 0;
        foreach (var value in values) await PutAsync(value);
        await PutAsync(Said("done"));
        await bo.SeeAsync("Eve29 says, \"done\"");
        await ada.WaitForAsync("Eve29 says, \"done\"", Within.Patience);

        var screen = await ada.ScreenAsync();
        Assert.StartsWith("(campus) > say before\nYou say, \"before\"", screen, StringComparison.Ordinal);
        Assert.EndsWith("(campus) > half a line", screen, StringComparison.Ordinal);
        Assert.All(bo.Lines, line => Assert.DoesNotContain(line.Text, c => char.IsControl(c) || c == '\u202E'));
        Assert.All(bo.Lines, line => Assert.InRange(line.Text.Length, 0, 1_000));

        // All that were lines at all, but for the longest.
        Assert.Equal(8, bo.Count("Eve29 says"));
        await ada.TypeAsync(" that is whole\n");
        await ada.WaitForAsync("Nobody here knows how to 'half'.", Within.Patience);

        static string Said(string text) => JsonValue.Write(new { V = 1, Kind = "say", Name = "Eve29", Text = text });

        async Task PutAsync(string value) =>
            await town.Mesh.Grains[0].PutAsync(Feed.Room("wean").Key(new(clock.Issue(), ids[2], session, ++seq)), value);
    }

    [Fact]
    public async Task Row_30_Forged_coins_are_unverified_off_the_board_and_the_audit_says_why()
    {
        var ids = await town.SettleAsync(TimeSpan.FromHours(11), "supercomputing", "Ada30", "Eve30");
        var (id, session) = (ids[1], SessionId.New(new(30)));
        var now = GameTime.Of(TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1));
        var forged = new Dictionary<string, string>
        {
            [new LedgerKey(id, session, 1).ToString()] = new LedgerEntry(now, EntryKind.Buy) { Item = "laptop", Count = 40 }.Write(),
            [new LedgerKey(id, session, 2).ToString()] = new LedgerEntry(now.Next, EntryKind.Promote) { Rank = 8 }.Write(),
            [PlayerKeys.BoardRow("s1", id)] = """{"v":1,"name":"Eve30","rank":8,"citations":99,"solved":500,"milli":9000000000000000}""",
        };
        await town.Mesh.Grains[0].PutAllAsync(forged);
        await using var ada = await town.ReturnAsync("Ada30", server: 0);

        var (top, audit) = (await ada.AskAsync("top"), await ada.AskAsync("audit eve30"));

        Assert.Contains("Ada30", top, StringComparison.Ordinal);
        Assert.DoesNotContain("Eve30", top, StringComparison.Ordinal);
        Assert.Contains("[unverified]", audit, StringComparison.Ordinal);
        Assert.Contains("laptop", audit, StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await ada.AskAsync("audit ada30"), StringComparison.Ordinal);
    }
}
