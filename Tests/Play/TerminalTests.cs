using System.Text;
using System.Text.RegularExpressions;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Play;

/// <summary>Play-tests at a real terminal: the program itself, in a tmux that a test types into.</summary>
[Collection(TownTests.Name)]
public sealed partial class TerminalTests(Town town, ITestOutputHelper output)
{
    private const string Prompt = "(campus) > ";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Row_01_A_newcomer_sees_banner_question_story_and_the_rig_within_8_seconds()
    {
        await using var tmux = await Tmux.StartAsync(columns: 100, rows: 30);
        await tmux.TypeAsync($"{Cmud()}\n");
        await tmux.WaitForAsync("Name your character", Within.Patience);
        var named = TimeProvider.System.GetTimestamp();

        await tmux.TypeAsync("Newton\n");
        await tmux.WaitForAsync("(mining) >", Within.Patience);

        var took = TimeProvider.System.GetElapsedTime(named);
        output.WriteLine($"from the name to the rig: {took.TotalSeconds:0.0} s");
        var screen = await tmux.ScreenAsync(history: true);
        string[] story = ["CMUD, the CMU game", "Name your character", "> Newton", "Your first day.", "old laptop", "Type mine.", "(mining) >"];
        var places = story.Select(line => screen.IndexOf(line, StringComparison.Ordinal)).ToArray();
        Assert.True(places[0] >= 0, screen);
        Assert.Equal(places.Order(), places);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Row_10_Half_a_line_survives_30_events_at_60_columns()
    {
        const string half = "say the committee regrets that the minutes of the last meeting of the comm";
        await town.SettleAsync(Hour, "doherty", "Ada10", "Bo10");
        await using var bo = await town.ReturnAsync("Bo10", server: 0);
        await using var ada = await SitDownAsync("Ada10", columns: 60);
        await ada.TypeAsync(half);

        for (var i = 1; i <= 30; i++) await bo.AskAsync($"say event {i}");
        await ada.WaitForAsync("event 30", Within.Patience);

        var drawn = Rows(Prompt + half, 60);
        var screen = (await ada.ScreenAsync()).Split('\n');
        Assert.Equal(drawn, screen[^drawn.Length..]);
        Assert.Equal((screen.Length - 1, drawn[^1].Length), await ada.CursorAsync());
        Assert.Equal(Enumerable.Range(1, 30), Said().Matches(await ada.ScreenAsync(history: true)).Select(said => int.Parse(said.Groups[1].Value, null)));

        await ada.TypeAsync("ittee are lost.\n");
        await bo.SeeAsync($"Ada10 says, \"{half["say ".Length..]}ittee are lost.\"");
    }

    [Fact]
    public async Task Row_11_A_line_being_typed_is_redrawn_when_the_terminal_changes_its_size()
    {
        const string text = "say all of this line was typed at one hundred and twenty columns, and read at forty of them";
        await town.SettleAsync(Hour, "gates1", "Ada11", "Bo11");
        await using var bo = await town.ReturnAsync("Bo11", server: 0);
        await using var ada = await SitDownAsync("Ada11", columns: 120);
        await ada.TypeAsync("help\n");
        await ada.WaitForAsync("help VERB says more", Within.Patience);
        await ada.TypeAsync(text);
        await ada.WaitForAsync("forty of them", Within.Patience);

        foreach (var columns in new[] { 40, 120, 50 })
        {
            await ada.ResizeAsync(columns, 24);
            var drawn = Rows(Prompt + text, columns);
            await ada.WaitForAsync(screen => screen.TrimEnd('\n').Split('\n').TakeLast(drawn.Length).SequenceEqual(drawn), $"the line at {columns} columns", Within.Patience);
            Assert.Single(Typed().Matches(await ada.ScreenAsync(history: true)));
        }

        await ada.TypeAsync("!\n");
        await bo.SeeAsync($"Ada11 says, \"{text["say ".Length..]}!\"");
    }

    [Fact]
    public async Task Row_12_Forty_pasted_commands_all_run_in_order()
    {
        await town.SettleAsync(Hour, "gates2", "Ada12", "Bo12");
        await using var bo = await town.ReturnAsync("Bo12", server: 0);
        await using var ada = await SitDownAsync("Ada12", columns: 80);

        await ada.PasteAsync(string.Concat(Enumerable.Range(1, 40).Select(i => $"say line {i}.\n")));
        await bo.SeeAsync("line 40.");

        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"Ada12 says, \"line {i}.\""), bo.Lines.Select(line => line.Text).Where(line => line.StartsWith("Ada12 says", StringComparison.Ordinal)));
        await ada.WaitForAsync(screen => Enumerable.Range(1, 40).All(i => screen.Contains($"You say, \"line {i}.\"", StringComparison.Ordinal)), "every line", Within.Patience);
    }

    [Fact]
    public async Task Row_13_and_14_Lines_are_edited_as_in_a_shell_Tab_completes_and_abbreviations_work()
    {
        await town.SettleAsync(Hour, "gates3", "Ada13", "Zoe13");
        await using var zoe = await town.ReturnAsync("Zoe13", server: 0);
        await using var ada = await SitDownAsync("Ada13", columns: 80);

        // Ctrl-A, Ctrl-E, Ctrl-W.
        await ada.TypeAsync("hello");
        await ada.KeysAsync("C-a");
        await ada.TypeAsync("say ");
        await ada.KeysAsync("C-e");
        await ada.TypeAsync(" cruel");
        await ada.KeysAsync("C-w");
        await ada.TypeAsync("world\n");
        await ada.WaitForAsync("You say, \"hello world\"", Within.Patience);

        // Up and down, Ctrl-U.
        await ada.TypeAsync("a draft");
        await ada.KeysAsync("Up");
        await LineIsAsync(ada, "say hello world");
        await ada.KeysAsync("Down");
        await LineIsAsync(ada, "a draft");
        await ada.KeysAsync("C-u");
        await LineIsAsync(ada, "");

        // Tab: several verbs are listed, one machine and one player completed.
        await ada.TypeAsync("b");
        await ada.KeysAsync("Tab");
        await ada.WaitForAsync("back  brief  buy", Within.Patience);
        await ada.TypeAsync("uy l");
        await ada.KeysAsync("Tab");
        await LineIsAsync(ada, "buy laptop");
        await ada.KeysAsync("C-u");
        await ada.TypeAsync("who\n");
        await ada.WaitForAsync("on campus", Within.Patience);
        await ada.TypeAsync("tell zo");
        await ada.KeysAsync("Tab");
        await LineIsAsync(ada, "tell Zoe13");
        await ada.TypeAsync("psst\n");
        await zoe.SeeAsync("Ada13 tells you: psst");

        // Row 14.
        await ada.KeysAsync("C-l");
        await ada.TypeAsync("n\ninv\nxyzzy\nbyu laptop\n");
        await ada.WaitForAsync("You cannot go north from here.", Within.Patience);
        await ada.WaitForAsync("Your machines", Within.Patience);
        await ada.WaitForAsync("Nobody here knows how to 'xyzzy'. Type help", Within.Patience);
        await ada.WaitForAsync("Nobody here knows how to 'byu'. Did you mean buy?", Within.Patience);
    }

    [Fact]
    public async Task Row_31_A_script_from_a_pipe_writes_plain_lines_and_ends_with_0_or_with_3_where_an_expectation_fails()
    {
        await town.SettleAsync(Hour, "gates4", "Ada31", "Bo31");

        var runs = await Task.WhenAll(
            CmudProcess.RunAsync("Ada31\nexpect \"(campus) > \"\nscore\nshop\nmap\nsay hello\nexpect \"You say\" within 2s\nquit", "play", "--server", $"{town.Servers[0].Address}"),
            CmudProcess.RunAsync("Bo31\nexpect \"no such thing\" within 100ms\nsay never", "play", "--server", $"{town.Servers[0].Address}"));

        Assert.Equal((0, ""), (runs[0].Code, runs[0].Errors));
        Assert.Equal(3, runs[1].Code);
        Assert.All(runs, run => Assert.DoesNotContain('\e', run.Output));
        Assert.All(runs, run => Assert.DoesNotContain('\r', run.Output));
        Assert.Contains("You say, \"hello\"\n", runs[0].Output, StringComparison.Ordinal);
        Assert.Contains("Line 2 expected \"no such thing\"", runs[1].Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("never", runs[1].Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_32_No_colour_a_dumb_terminal_and_a_screen_reader_get_what_they_can_read()
    {
        await town.SettleAsync(Hour, "gates5", "Ada32", "Bo32", "Cy32", "Di32");

        var raw = await Task.WhenAll(
            RecordedAsync("Ada32", "", ""),
            RecordedAsync("Bo32", "NO_COLOR=1", ""),
            RecordedAsync("Cy32", "TERM=dumb", ""),
            RecordedAsync("Di32", "", "--screen-reader"));

        Assert.Matches(Colour(), raw[0]);
        Assert.DoesNotMatch(Colour(), raw[1]);
        Assert.Contains('\e', raw[1]);
        Assert.DoesNotContain('\e', raw[2]);
        Assert.DoesNotMatch(Boxes(), raw[3]);
        Assert.DoesNotMatch(Cursor(), raw[3]);
        Assert.All(raw, text => Assert.Contains("laptop", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row_33_Ctrl_C_Ctrl_D_and_Ctrl_Z_leave_the_shell_as_it_was()
    {
        await town.SettleAsync(Hour, "gates6", "Ada33", "Bo33");
        await Task.WhenAll(InterruptedAsync(), EndedAsync());

        async Task InterruptedAsync()
        {
            await using var ada = await SitDownAsync("Ada33", columns: 80);
            await ada.TypeAsync("say half a li");

            // A terminal throws away what nobody has read yet when it is told to stop a program.
            await LineIsAsync(ada, "say half a li");
            await ada.KeysAsync("C-z");
            await ada.WaitForAsync("Stopped", Within.Patience);
            await ada.TypeAsync("echo $((40 + 2))\n");
            await ada.WaitForAsync("\n42\n", Within.Patience);
            await ada.KeysAsync("C-l");
            await ada.TypeAsync("fg\n");
            await LineIsAsync(ada, "say half a li");
            await ada.KeysAsync("C-c");
            await IsShellAsync(ada);
        }

        async Task EndedAsync()
        {
            await using var bo = await SitDownAsync("Bo33", columns: 80);
            await bo.KeysAsync("C-d");
            await IsShellAsync(bo);
        }

        static async Task IsShellAsync(Tmux tmux)
        {
            await tmux.WaitForAsync(screen => screen.TrimEnd().EndsWith("shell$", StringComparison.Ordinal), "the shell", Within.Patience);
            await tmux.WaitForAsync("You leave the game. What you did is kept.\nshell$", Within.Patience);
            await tmux.TypeAsync("stty -a | grep -oE -- '-?(echo|icanon)\\b' | xargs\n");
            await tmux.WaitForAsync(screen => screen.Contains("\nicanon echo\n", StringComparison.Ordinal), "echo and icanon", Within.Patience);
        }
    }

    [GeneratedRegex("> say all")]
    private static partial Regex Typed();

    [GeneratedRegex("says, \"event (\\d+)\"")]
    private static partial Regex Said();

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Colour();

    [GeneratedRegex("\e\\[[0-9;?]*[A-HJKf]")]
    private static partial Regex Cursor();

    [GeneratedRegex("[\u2500-\u259F]")]
    private static partial Regex Boxes();

    private string Cmud(string options = "") => $"dotnet {CmudProcess.Program} play {options} --server {town.Servers[0].Address}";

    /// <summary>A player at a terminal, with nothing on it but the prompt.</summary>
    private async Task<Tmux> SitDownAsync(string name, int columns)
    {
        var tmux = await Tmux.StartAsync(columns, 24);
        await tmux.TypeAsync($"{Cmud()}\n");
        await tmux.WaitForAsync("Name your character", Within.Patience);
        await tmux.TypeAsync($"{name}\n");
        await tmux.WaitForAsync(Prompt.TrimEnd(), Within.Patience);
        await tmux.KeysAsync("C-l");
        return tmux;
    }

    /// <summary>All bytes that a short play wrote to its terminal.</summary>
    private async Task<string> RecordedAsync(string name, string environment, string options)
    {
        var path = Path.Combine(Path.GetTempPath(), $"cmud-{Guid.NewGuid():N}");
        await using (var tmux = await Tmux.StartAsync(columns: 100, rows: 40))
        {
            await tmux.TypeAsync($"{environment} {Cmud(options)}\n");
            await tmux.WaitForAsync("Name your character", Within.Patience);
            await tmux.RecordAsync(path);
            await tmux.TypeAsync($"{name}\nshop\nmap\nscore\ntime\n");
            await tmux.WaitForAsync("On campus it is", Within.Patience);
            await tmux.RecordAsync(null);
        }

        var text = await File.ReadAllTextAsync(path, Encoding.UTF8);
        File.Delete(path);
        return text;
    }

    private static Task LineIsAsync(Tmux tmux, string line) => tmux.WaitForAsync(
        screen => screen.TrimEnd('\n').Split('\n')[^1].TrimEnd() == (Prompt + line).TrimEnd(), $"'{Prompt}{line}' in the last row", Within.Patience);

    /// <summary>A text as a terminal wraps it; trailing blanks are not seen.</summary>
    private static string[] Rows(string text, int columns) => [.. text.Chunk(columns).Select(row => new string(row).TrimEnd())];
}
