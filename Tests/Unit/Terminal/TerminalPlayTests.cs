using Cmud.App.Play;
using Cmud.Client;
using Cmud.Game.Play;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

/// <summary>A session played at a terminal, as the player sees it.</summary>
public sealed class TerminalPlayTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTerminal _terminal = new(columns: 20);
    private readonly TerminalDoor _door;
    private readonly FakeSession _session;
    private readonly PlayLoop _loop;
    private Task? _play;

    public TerminalPlayTests()
    {
        _door = new(_terminal, new(new(PlayMode.Terminal, Color: false, Spoken: false)), _time);
        _session = new(_door);
        _loop = new(_session, _door, _time);
    }

    [Fact]
    public async Task A_line_is_entered_and_answered_above_the_next_prompt()
    {
        await Play();
        _terminal.Type("hello\n");

        await Sees("Welcome\n> hello\nYou said hello.\n> |");
    }

    [Fact]
    public async Task An_event_does_not_tear_the_line_being_typed()
    {
        await Play();
        _terminal.Type("half a line that is wrapped");
        _terminal.Press(KeyKind.Left, KeyKind.Left);
        await Sees("Welcome\n> half a line that i\ns wrapp|ed");

        for (var i = 1; i <= 3; i++) _door.Show(new Output.Line($"Bo walks {i}."));
        await Sees("Welcome\nBo walks 1.\nBo walks 2.\nBo walks 3.\n> half a line that i\ns wrapp|ed");

        _terminal.Press(KeyKind.Enter);
        await Sees(screen => screen.Contains("You said", StringComparison.Ordinal));
        Assert.Equal(["half a line that is wrapped"], _session.Entered);
    }

    [Fact]
    public async Task A_line_that_fills_its_row_has_the_cursor_on_the_next()
    {
        await Play();
        _terminal.Type("123456789012345678");
        await Sees("Welcome\n> 123456789012345678\n|");

        _door.Show(new Output.Line("Bo."));
        await Sees("Welcome\nBo.\n> 123456789012345678\n|");

        _terminal.Press(KeyKind.Backspace);
        await Sees("Welcome\nBo.\n> 12345678901234567|");
    }

    [Fact]
    public async Task Forty_pasted_lines_run_in_order()
    {
        await Play();
        string[] lines = [.. Enumerable.Range(1, 40).Select(static i => $"say {i}")];
        _terminal.Type(string.Join('\n', lines) + "\n");

        await Sees(screen => screen.EndsWith("> say 40\nYou said say 40.\n> |", StringComparison.Ordinal));
        Assert.Equal(lines, _session.Entered);
        Assert.Equal("Welcome\n" + string.Concat(lines.Select(static line => $"> {line}\nYou said {line}.\n")) + "> |", _terminal.Screen);
    }

    [Fact]
    public async Task Lines_that_wait_for_a_slow_server_are_counted_and_then_run()
    {
        var answer = new TaskCompletionSource();
        _session.OnEnter = line => line == "a" ? answer.Task : Task.CompletedTask;
        await Play();
        _terminal.Type("a\nb\nc\nd");
        await Sees("Welcome\n> a\n[2 waiting] > d|");

        answer.SetResult();
        await Sees("Welcome\n> a\nYou said a.\n> b\nYou said b.\n> c\nYou said c.\n> d|");
    }

    [Fact]
    public async Task A_pause_holds_back_the_story_and_the_prompt_until_its_time()
    {
        _session.OnEnter = _ => Tell("One.", "Two.");
        await Play();
        _terminal.Type("x\n");
        await Sees("Welcome\n> x\nOne.\n|");

        _time.Advance(TimeSpan.FromSeconds(2));
        await Sees("Welcome\n> x\nOne.\nTwo.\n|");

        _time.Advance(TimeSpan.FromSeconds(2));
        await Sees("Welcome\n> x\nOne.\nTwo.\nYou said x.\n> |");
    }

    [Fact]
    public async Task A_key_that_skips_a_pause_is_used_up_and_what_follows_the_story_is_kept()
    {
        _session.OnEnter = _ => Tell("One.", "Two.");
        await Play();
        _terminal.Type("x\n");
        await Sees("Welcome\n> x\nOne.\n|");

        _terminal.Type("y");
        await Sees("Welcome\n> x\nOne.\nTwo.\n|");

        _session.OnEnter = static _ => Task.CompletedTask;
        _terminal.Type("zmine\n");
        await Sees("Welcome\n> x\nOne.\nTwo.\nYou said x.\n> mine\nYou said mine.\n> |");
    }

    [Fact]
    public async Task A_name_is_not_in_the_history()
    {
        _session.TakesCommands = false;
        await Play();
        _terminal.Type("Heather\n");
        await Sees("Welcome\n> Heather\nYou said Heather.\n> |");
        _session.TakesCommands = true;
        await Poll();
        _terminal.Type("look\n");
        await Sees(screen => screen.EndsWith("You said look.\n> |", StringComparison.Ordinal));

        _terminal.Press(KeyKind.Up, KeyKind.Up);

        await Sees(screen => screen.EndsWith("> look|", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_verb_may_clear_the_screen()
    {
        _session.OnEnter = _ =>
        {
            _door.Show(new Output.Clear());
            return Task.CompletedTask;
        };
        await Play();
        _terminal.Type("clear\n");

        await Sees("You said clear.\n> |");
    }

    [Fact]
    public async Task A_fault_in_a_verb_is_told_and_play_goes_on()
    {
        _session.OnEnter = static _ => throw new InvalidOperationException("no such thing");
        await Play();
        _terminal.Type("race\n");
        await Sees(screen => screen.Contains("broke", StringComparison.Ordinal) && screen.EndsWith("> |", StringComparison.Ordinal));

        _session.OnEnter = static _ => Task.CompletedTask;
        _terminal.Type("look\n");
        await Sees(screen => screen.EndsWith("You said look.\n> |", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_is_neither_shown_nor_in_the_history()
    {
        await Play();
        _terminal.Type("secure\n");
        await Sees("Welcome\n> secure\nYou said secure.\n> |");
        _session.OnEnter = static _ => Task.CompletedTask;
        _terminal.Type("hunter2");
        _terminal.Press(KeyKind.Tab);
        await Sees(_ => _terminal.Bells == 1);
        Assert.Equal("Welcome\n> secure\nYou said secure.\n> |", _terminal.Screen);

        _terminal.Press(KeyKind.Enter);
        await Sees(screen => screen.EndsWith("\n>\nYou said hunter2.\n> |", StringComparison.Ordinal));
        await Poll();
        _terminal.Press(KeyKind.Up);
        await Sees(screen => screen.EndsWith("> secure|", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tab_completes_or_lists_above_the_line()
    {
        _session.Candidates = ["buy", "brief"];
        await Play();
        _terminal.Type("b");
        _terminal.Press(KeyKind.Tab);
        await Sees("Welcome\nbuy  brief\n> b|");

        _session.Candidates = ["buy"];
        _terminal.Press(KeyKind.Tab);
        await Sees("Welcome\nbuy  brief\n> buy |");
    }

    [Fact]
    public async Task Ctrl_L_clears_the_screen_and_keeps_the_line()
    {
        await Play();
        _terminal.Type("abc");
        _terminal.Press(KeyKind.ClearScreen);

        await Sees("> abc|");
    }

    [Fact]
    public async Task Ctrl_D_leaves_after_what_was_entered()
    {
        await Play();
        _terminal.Type("say bye\n");
        _terminal.Press(KeyKind.EndOfInput);

        await _play!;
        Assert.Equal(["say bye"], _session.Entered);
        Assert.Contains("You leave the\n  game. What you did", _terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_leaves_at_once_with_one_line_even_while_the_server_is_silent()
    {
        _session.OnEnter = static _ => new TaskCompletionSource().Task;
        await Play();
        _terminal.Type("a\nb\nhalf");
        await Sees("Welcome\n> a\n[1 waiting] > half|");
        _terminal.Press(KeyKind.Interrupt);

        await _play!;
        await _door.DisposeAsync();
        Assert.Equal("Welcome\n> a\nYou leave the\n  game. What you did\n  is kept.\n|", _terminal.Screen);
    }

    [Fact]
    public async Task A_terminal_that_is_gone_ends_the_play()
    {
        await Play();
        _terminal.Hang();

        await _play!;
    }

    [Fact]
    public async Task The_session_ends_the_play()
    {
        await Play();
        _terminal.Type("quit\nlook\n");

        await _play!;
        Assert.Equal(["quit"], _session.Entered);
    }

    [Fact]
    public async Task A_lost_server_is_told_once_and_play_goes_on()
    {
        await Play();
        for (var i = 1; i <= 3; i++) await Poll(new CmudException(CmudFailure.Unreachable, "No server."));

        _session.OnEnter = static _ => throw new CmudException(CmudFailure.Unreachable, "Refused.");
        _terminal.Type("a\n");
        await Sees("Welcome\nNo server.\n> a\nRefused.\n> |");

        _session.OnEnter = static _ => Task.CompletedTask;
        _terminal.Type("b\n");
        await Sees("Welcome\nNo server.\n> a\nRefused.\n> b\nYou said b.\n> |");
    }

    [Fact]
    public async Task What_breaks_between_two_lines_is_told_once_and_play_goes_on()
    {
        await Play();
        for (var i = 1; i <= 3; i++) await Poll(new InvalidOperationException("Bug 1."));
        _terminal.Type("b\n");
        await Sees(screen => screen.EndsWith("> b\nYou said b.\n> |", StringComparison.Ordinal));

        Assert.Single(System.Text.RegularExpressions.Regex.Matches(_terminal.Screen.Replace('\n', ' '), "Bug 1"));
        Assert.True(_loop.HasFailed);
    }

    [Fact]
    public async Task A_line_taller_than_the_terminal_is_not_torn_by_what_happens()
    {
        using var terminal = new FakeTerminal(columns: 20, rows: 5);
        await using var door = new TerminalDoor(terminal, new(new(PlayMode.Terminal, Color: false, Spoken: false)), _time);
        door.Prompt("> ", hidesInput: false, isTurn: true);
        var line = door.ReadLineAsync(default);
        terminal.Type(new string('x', 200));
        await terminal.WaitFor(screen => screen.Contains("xxx|", StringComparison.Ordinal));

        for (var i = 1; i <= 3; i++) door.Show(new Output.Line($"Bo walks {i}."));

        Assert.Equal(["Bo walks 1.", "Bo walks 2.", "Bo walks 3."], terminal.Screen.Split('\n').Take(3));
        Assert.Single(terminal.Screen.Split('\n'), row => row.StartsWith("> ", StringComparison.Ordinal));
        terminal.Press(KeyKind.Enter);
        Assert.Equal(200, (await line)!.Length);
    }

    [Fact]
    public void Of_a_line_taller_than_the_terminal_the_part_around_the_cursor_is_seen()
    {
        var line = string.Concat(Enumerable.Range(0, 50).Select(static i => $"{i % 10}abc"));
        foreach (var rows in new[] { 5, 2, 1 })
        {
            for (var cursor = 0; cursor <= line.Length; cursor++)
            {
                var (text, at) = CellWidth.Window("(mining) > ", line, cursor, 20, rows);

                Assert.InRange(CellWidth.Place("(mining) > " + text, 20).Row, 0, rows - 1);
                Assert.Equal(line[..cursor].TakeLast(3), text[..at].TakeLast(3));
                Assert.Equal(line.Skip(cursor).Take(1), text.Skip(at).Take(1));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _terminal.Dispose();
        if (_play is not null) await _play.ContinueWith(static _ => { }, TaskScheduler.Default);
        await _door.DisposeAsync();
        _loop.Dispose();
    }

    private async Task Play()
    {
        _play = _loop.RunAsync(CancellationToken.None);
        await Sees("Welcome\n> |");
    }

    /// <summary>Lets a poll begin, which then fails or not.</summary>
    private Task Poll(Exception? failure = null)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _session.OnPoll = () =>
        {
            begun.TrySetResult();
            return failure is null ? Task.CompletedTask : Task.FromException(failure);
        };
        _time.Advance(PlayLoop.PollInterval);
        return begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private Task Tell(params string[] lines)
    {
        foreach (var line in lines)
        {
            _door.Show(new Output.Line(line));
            _door.Show(new Output.Pause(TimeSpan.FromSeconds(2)));
        }

        return Task.CompletedTask;
    }

    private Task Sees(string screen) => _terminal.WaitFor(now => now == screen);

    private Task Sees(Func<string, bool> seen) => _terminal.WaitFor(seen);
}
