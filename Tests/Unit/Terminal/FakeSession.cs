using Cmud.Game.Play;

namespace Cmud.Tests.Unit.Terminal;

/// <summary>A session that answers each line with it, and a few with more.</summary>
internal sealed class FakeSession(IScreen screen) : IPlaySession
{
    private int _calls;

    public List<string> Entered { get; } = [];

    /// <summary>Done with each call, in its place.</summary>
    public Func<string, Task> OnEnter { get; set; } = static _ => Task.CompletedTask;

    public Func<Task> OnPoll { get; set; } = static () => Task.CompletedTask;

    public string[] Candidates { get; set; } = [];

    public string Prompt { get; set; } = "> ";

    public bool IsOver { get; set; }

    public bool HidesInput { get; set; }

    public bool TakesCommands { get; set; } = true;

    public bool IsDisposed { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken) => Alone(() =>
    {
        screen.Show(new Output.Line("Welcome"));
        return Task.CompletedTask;
    });

    public Task EnterAsync(string line, CancellationToken cancellationToken) => Alone(async () =>
    {
        Entered.Add(line);
        await OnEnter(line).WaitAsync(cancellationToken);
        HidesInput = line == "secure";
        if (line == "quit") IsOver = true;
        if (line is not "" && !line.StartsWith("burst", StringComparison.Ordinal)) screen.Show(new Output.Line($"You said {line}."));
        if (line.Split(' ') is ["burst", var count])
        {
            for (var i = 1; i <= int.Parse(count, System.Globalization.CultureInfo.InvariantCulture); i++) screen.Show(new Output.Line($"Event {i}.", Tone.Event));
        }
    });

    public Task PollAsync(CancellationToken cancellationToken) => Alone(OnPoll);

    public IReadOnlyList<string> Complete(string text, int cursor) => Candidates;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    /// <summary>The promise that a session relies on.</summary>
    private async Task Alone(Func<Task> call)
    {
        if (Interlocked.Increment(ref _calls) != 1) throw new InvalidOperationException("two calls at once");
        try
        {
            await call();
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }
}
