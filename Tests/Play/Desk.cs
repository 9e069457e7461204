using System.Globalization;
using System.Threading.Channels;
using Cmud.App;
using Cmud.App.Play;
using Cmud.Client;
using Cmud.Game.Play;
using Cmud.Grains.Interfaces;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>A line that a player was shown.</summary>
/// <param name="At">When, as a timestamp of the system's clock.</param>
/// <param name="Text">Without its newline.</param>
internal readonly record struct Shown(long At, string Text)
{
    /// <summary>How long after an earlier moment.</summary>
    public TimeSpan After(long start) => TimeProvider.System.GetElapsedTime(start, At);
}

/// <summary>A player in this process: the game as <c>cmud play</c> runs it, over a client and the network, with a test for eyes and fingers.</summary>
internal sealed class Desk : IDoor
{
    private static readonly Renderer Renderer = new(new(PlayMode.Script, Color: false, Spoken: false));
    private static int _seeds;

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _left = new();
    private readonly Lock _lock = new();
    private readonly List<Shown> _shown = [];
    private readonly ICmudClient _client;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _play = Task.CompletedTask;
    private string _prompt = "";
    private int _typed;
    private int _turns;

    private Desk(ICmudClient client) => _client = client;

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <summary>How many lines so far.</summary>
    public int Length
    {
        get
        {
            lock (_lock) return _shown.Count;
        }
    }

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<Shown> Lines
    {
        get
        {
            lock (_lock) return [.. _shown];
        }
    }

    /// <summary>The same as text.</summary>
    public string Text => string.Join('\n', Lines.Select(line => line.Text));

    /// <summary>The prompt now.</summary>
    public string Asked
    {
        get
        {
            lock (_lock) return _prompt;
        }
    }

    /// <summary>Somebody at the question for a name.</summary>
    /// <param name="servers">Whom to play on, wished-for first.</param>
    public static async Task<Desk> SitDownAsync(params IReadOnlyList<ServerAddress> servers) =>
        await SitDownAsync(await CmudClient.ConnectAsync(new CmudClientOptions { Servers = servers }));

    /// <summary>The same by a client, which ends with the game.</summary>
    public static async Task<Desk> SitDownAsync(ICmudClient client)
    {
        var desk = new Desk(client);
        var session = new PlaySession(new ClientWorldStore(client), TimeProvider.System, new(Interlocked.Increment(ref _seeds) + (Environment.ProcessId * 1000)), desk, "test");
        desk._play = desk.PlayAsync(session);
        await desk.UntilAsync(() => desk._turns > 0, "the question for a name", Within.Patience);
        return desk;
    }

    /// <summary>One who was here before is back.</summary>
    public static async Task<Desk> ReturnAsync(string name, params IReadOnlyList<ServerAddress> servers)
    {
        var desk = await SitDownAsync(servers);
        await desk.AskAsync(name);
        return desk;
    }

    /// <summary>Types a line; gives the moment.</summary>
    public long Type(string line)
    {
        _typed++;
        var now = TimeProvider.System.GetTimestamp();
        _lines.Writer.TryWrite(line);
        return now;
    }

    /// <summary>Types a line and waits until it is done; gives what was shown meanwhile.</summary>
    public async Task<string> AskAsync(string line)
    {
        var before = Length;
        Type(line);
        await DoneAsync();
        lock (_lock) return string.Join('\n', _shown.Skip(before).Select(shown => shown.Text));
    }

    /// <summary>Waits until all that was typed is done.</summary>
    public Task DoneAsync() => UntilAsync(() => _turns > _typed, "the end of the command", Within.Patience);

    /// <summary>About how much room all that was shown takes: a test's own memory, not the game's.</summary>
    public long Room
    {
        get
        {
            lock (_lock) return _shown.Sum(line => 48L + (2 * line.Text.Length));
        }
    }

    /// <summary>Waits until a line that holds a text is shown, and gives the first.</summary>
    /// <param name="text">What to look for.</param>
    /// <param name="within">How long to wait; well beyond every promise where left out.</param>
    /// <param name="from">How many lines to leave out.</param>
    public async Task<Shown> SeeAsync(string text, TimeSpan? within = null, int from = 0)
    {
        var seen = default(Shown);
        await UntilAsync(
            () =>
            {
                var at = _shown.FindIndex(from, shown => shown.Text.Contains(text, StringComparison.Ordinal));
                if (at >= 0) seen = _shown[at];
                return at >= 0;
            },
            $"'{text}'",
            within ?? Within.Patience);
        return seen;
    }

    /// <summary>How many lines hold a text.</summary>
    public int Count(string text) => Lines.Count(shown => shown.Text.Contains(text, StringComparison.Ordinal));

    /// <inheritdoc/>
    public void Show(Output output)
    {
        var text = Renderer.Render(output, columns: 0);
        var now = TimeProvider.System.GetTimestamp();
        lock (_lock)
        {
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) _shown.Add(new(now, line));
            Tell();
        }
    }

    /// <inheritdoc/>
    public void Prompt(string prompt, bool hidesInput, bool isTurn)
    {
        lock (_lock)
        {
            _prompt = prompt;
            if (isTurn) _turns++;
            Tell();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => await _lines.Reader.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete)
    {
        // Tab is tried at a terminal.
    }

    /// <summary>Waits until the prompt is this one.</summary>
    public Task UntilAskedAsync(string prompt, TimeSpan within) => UntilAsync(() => _prompt == prompt, $"the prompt '{prompt}'", within);

    /// <summary>Leaves the game. Fails where the play itself had failed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _play.WaitAsync(Within.Patience);
        await _client.DisposeAsync();
        _left.Dispose();
    }

    private async Task PlayAsync(PlaySession session)
    {
        await using (session)
        {
            using var loop = new PlayLoop(session, this, TimeProvider.System);
            await loop.RunAsync(CancellationToken.None);
        }
    }

    private void Tell()
    {
        _more.TrySetResult();
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Looks, under the lock, whenever something was shown.</summary>
    private async Task UntilAsync(Func<bool> isTrue, string what, TimeSpan within)
    {
        var over = Task.Delay(within, TimeProvider.System);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (isTrue()) return;
                more = _more.Task;
            }

            if (_play.IsFaulted) await _play;
            if (await Task.WhenAny(more, over, _play) == over)
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what} did not come within {within.TotalSeconds} s; the last lines shown: {string.Join(" | ", Lines.TakeLast(8).Select(line => line.Text))}"));
            if (_play.IsCompletedSuccessfully && !more.IsCompleted)
            {
                lock (_lock) Assert.True(isTrue(), $"The game was over before {what}: {string.Join(" | ", _shown.TakeLast(8).Select(line => line.Text))}");
                return;
            }
        }
    }
}
