using Cmud.App;
using Cmud.App.Play;
using Cmud.Game.Play;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Terminal;

/// <summary>A session played without a cursor: from a script, or by a person at a plain terminal.</summary>
/// <remarks>Alone, because its clock jumps when nothing has gone on for 10 ms: beside others the play might not have had its turn.</remarks>
[Collection(Alone.Name)]
public sealed class ScriptPlayTests : IAsyncDisposable
{
    /// <summary>The clock jumps on while a busy machine gets to its work.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private FakeSession? _session;
    private IScreen? _screen;
    private Action<FakeSession> _prepare = static _ => { };

    [Fact]
    public async Task Lines_run_and_prompts_are_printed()
    {
        Assert.Equal(0, await Run("# a remark\nhello\n\n  # another\nquit"));
        Assert.Equal("Welcome\n> hello\nYou said hello.\n> \n> quit\nYou said quit.\n", _output.ToString());
        Assert.True(_session!.IsDisposed);
    }

    [Fact]
    public async Task The_end_of_the_script_ends_the_play_after_a_look_at_what_it_did()
    {
        var polls = 0;
        _prepare = session => session.OnPoll = () =>
        {
            polls++;
            return Task.CompletedTask;
        };

        Assert.Equal(0, await Run("hello"));
        Assert.Equal("Welcome\n> hello\nYou said hello.\n> \nYou leave the game. What you did is kept.\n", _output.ToString());
        Assert.InRange(_time.GetUtcNow() - _time.Start, PlayHost.Settle, PlayHost.Settle + Slack);
        Assert.InRange(polls, 5, 12);
    }

    [Fact]
    public async Task Expect_sees_prompts_and_answers_but_not_what_was_entered_nor_the_same_twice()
    {
        Assert.Equal(0, await Run("expect \"> \"\nhello\nexpect \"said hello\"\nexpect \"> \" within 500ms\nquit\nexpect \"You said quit.\""));

        _output.GetStringBuilder().Clear();
        Assert.Equal(3, await Run("hello\nexpect \"You said hello.\" within 1s\nexpect \"hello\" within 1s"));
    }

    [Fact]
    public async Task Expect_waits_for_what_polls_bring()
    {
        _prepare = session => session.OnPoll = () =>
        {
            if (_time.GetUtcNow() - _time.Start >= TimeSpan.FromSeconds(2)) session.Prompt = "(mining) > ";
            return Task.CompletedTask;
        };

        Assert.Equal(0, await Run("expect \"(mining) > \" within 3s\nquit"));
        Assert.Equal("Welcome\n> \n(mining) > quit\nYou said quit.\n", _output.ToString());
    }

    [Fact]
    public async Task A_prompt_in_which_coins_grow_is_written_once_a_turn()
    {
        var coins = 0;
        _prepare = session => session.OnPoll = () =>
        {
            session.Prompt = $"{++coins}.5 TC > ";
            return Task.CompletedTask;
        };

        Assert.Equal(0, await Run("wait 5s\nhello\nwait 5s\nquit"));
        Assert.Equal(3, _output.ToString().Split("> ").Length - 1);
        Assert.True(coins > 10);
    }

    [Fact]
    public async Task What_broke_fails_a_script_that_goes_on_to_its_end()
    {
        _prepare = session => session.OnEnter = static line => line == "a" ? throw new InvalidOperationException("Bug.") : Task.CompletedTask;

        Assert.Equal(1, await Run("a\nb\nexpect \"You said b.\"\nquit"));
        Assert.Contains("Something in the game broke at that line (InvalidOperationException: Bug.)", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_expect_ends_with_3_and_says_what_within_what_and_what_was_seen()
    {
        Assert.Equal(3, await Run("burst 9\n\nexpect \"a \\\"gold\\\" coin\" within 2.5s\nnever"));
        Assert.Equal("Line 3 expected \"a \"gold\" coin\" within 2.5 s, but it did not show; the last lines seen: Event 7. | Event 8. | Event 9. | > | >\n", _error.ToString());
        Assert.Equal(["burst 9", ""], _session!.Entered);
    }

    [Fact]
    public async Task Wait_waits()
    {
        Assert.Equal(0, await Run("wait 1500ms\nwait 1m\nquit"));
        Assert.InRange(_time.GetUtcNow() - _time.Start, TimeSpan.FromSeconds(61.5), TimeSpan.FromSeconds(61.5) + Slack);
    }

    [Theory]
    [InlineData("expect hello within")]
    [InlineData("expect \"hello")]
    [InlineData("expect \"\"")]
    [InlineData("wait")]
    [InlineData("wait 3")]
    [InlineData("wait -3s")]
    [InlineData("wait 99999999m")]
    [InlineData("wait 99999999999999s")]
    [InlineData("expect \"hello\" within 99999999999999999999m")]
    public async Task A_wrong_line_ends_with_2(string line)
    {
        Assert.Equal(2, await Run(line));
        Assert.StartsWith($"Line 1 is '{line}' but must be like", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_game_is_over_a_script_may_expect_but_not_enter()
    {
        Assert.Equal(3, await Run("quit\nexpect \"Goodbye\""));
        Assert.Contains("Line 2 expected \"Goodbye\"", _error.ToString(), StringComparison.Ordinal);

        Assert.Equal(3, await Run("quit\n\n# end\nlook"));
        Assert.Contains("Line 4 enters 'look', but the game was over", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_not_echoed()
    {
        await Run("secure\nhunter2\nquit");

        Assert.Contains("> secure\nYou said secure.\n> \nYou said hunter2.\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pause_takes_no_time()
    {
        _prepare = session => session.OnEnter = _ =>
        {
            _screen!.Show(new Output.Pause(TimeSpan.FromMinutes(1)));
            return Task.CompletedTask;
        };

        Assert.Equal(0, await Run("quit"));
        Assert.InRange(_time.GetUtcNow() - _time.Start, TimeSpan.Zero, Slack);
    }

    [Fact]
    public async Task At_a_plain_terminal_events_stand_below_the_prompt_on_lines_of_their_own()
    {
        var lines = new Lines();
        var play = Play(lines, new(InputIsTerminal: true, OutputIsTerminal: true, Term: "dumb"));
        _screen!.Show(new Output.Line("Bo walks in."));
        _screen.Show(new Output.Line("Bo waves."));
        lines.Add("hello");
        lines.Add(null);

        Assert.Equal(0, await play.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal("Welcome\n> \nBo walks in.\nBo waves.\nYou said hello.\n> \nYou leave the game. What you did is kept.\n", _output.ToString());
    }

    [Theory]
    [InlineData("look\nexpect \"x\" whenever", "Line 2 is")]
    [InlineData("look\nwait 99999999999999s", "Line 2 is")]
    [InlineData(null, "There is no script")]
    public async Task A_script_that_is_none_is_refused_before_it_is_played(string? script, string complaint)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        if (script is not null) await File.WriteAllTextAsync(path, script);
        try
        {
            var host = new PlayHost(new(TextReader.Null, _output, _error, Interactive: false), new(InputIsTerminal: false, OutputIsTerminal: false), _time, (_, _, _) => throw new InvalidOperationException("It is played."));

            Assert.Equal(2, await host.RunAsync(new(Script: path), new MemoryClient(), CancellationToken.None));
            Assert.StartsWith(complaint, _error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _output.DisposeAsync();
        await _error.DisposeAsync();
    }

    /// <summary>Runs a script in the time that it takes a clock which jumps whenever nothing else goes on.</summary>
    private async Task<int> Run(string script)
    {
        var play = Play(new StringReader(script), new(InputIsTerminal: false, OutputIsTerminal: false));
        while (!play.IsCompleted)
        {
            await Task.WhenAny(play, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
            if (!play.IsCompleted) _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        return await play;
    }

    private Task<int> Play(TextReader input, TerminalEnvironment around)
    {
        var streams = new Streams(input, _output, _error, Interactive: false);
        var host = new PlayHost(streams, around, _time, (screen, _, _) =>
        {
            _screen = screen;
            _session = new(screen);
            _prepare(_session);
            return _session;
        });
        return host.RunAsync(new(), new MemoryClient(), CancellationToken.None);
    }

    /// <summary>A person who types when the test says so.</summary>
    private sealed class Lines : TextReader
    {
        private readonly System.Collections.Concurrent.BlockingCollection<string?> _lines = [];

        public void Add(string? line) => _lines.Add(line);

        public override string? ReadLine() => _lines.Take();
    }
}
