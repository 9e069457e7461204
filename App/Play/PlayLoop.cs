using Cmud.Client;
using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>Runs a session at a door: hands it line after line, and polls it between.</summary>
internal sealed class PlayLoop(IPlaySession session, IDoor door, TimeProvider time) : IDisposable
{
    /// <summary>How often a session looks for what others did.</summary>
    /// <remarks>With the 500 ms in which servers sync it keeps within the second that the game promises. Shorter: more calls by idle players.</remarks>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long Tab waits for a call that is going on; longer feels broken, and the player can press again.</summary>
    private static readonly TimeSpan TabPatience = TimeSpan.FromMilliseconds(100);

    /// <summary>Held during each call: a session sees one at a time.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    private bool _isLost;
    private string? _broken;
    private volatile bool _isOver;

    /// <summary>Whether something in the game broke on the way.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Plays a session at a door, and closes both; false where something in the game broke on the way.</summary>
    /// <exception cref="ScriptException">The script says that the play has failed.</exception>
    public static async Task<bool> PlayAsync(IDoor opened, Func<IScreen, IPlaySession> create, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var door = opened;
        await using var session = create(door);
        using var loop = new PlayLoop(session, door, time);
        await loop.RunAsync(cancellationToken);
        return !loop.HasFailed;
    }

    /// <summary>Plays until the session is over or the player leaves.</summary>
    /// <exception cref="ScriptException">The script says that the play has failed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        door.CompleteWith(Complete);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(door.Left, cancellationToken);
        var polls = Task.CompletedTask;
        try
        {
            await session.StartAsync(over.Token);
            Look(isTurn: true);
            polls = PollAsync(over);
            while (!_isOver && await door.ReadLineAsync(over.Token) is { } line)
                await CallAsync(cancel => session.EnterAsync(line, cancel), isTurn: true, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The player has left, or the game is over.
        }
        finally
        {
            await over.CancelAsync();
            await polls;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_isOver) await door.EndAsync(door.Left);
        else door.Show(new Output.Line("You leave the game. What you did is kept."));
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task PollAsync(CancellationTokenSource over)
    {
        try
        {
            using var timer = new PeriodicTimer(PollInterval, time);
            while (!_isOver && await timer.WaitForNextTickAsync(over.Token)) await CallAsync(session.PollAsync, isTurn: false, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nothing to look for any more.
        }
        finally
        {
            // Over, or broken: either way no line is to be waited for.
            await over.CancelAsync();
        }
    }

    private async Task CallAsync(Func<CancellationToken, Task> call, bool isTurn, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await call(cancellationToken);
            (_isLost, _broken) = (false, isTurn ? _broken : null);
        }
        catch (CmudException e)
        {
            // The player is told about each line that failed, and once that nothing is heard of the world.
            if (isTurn || !_isLost) door.Show(new Output.Line(e.Message, Tone.Error));
            _isLost = true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or ScriptException))
        {
            // A fault of ours; the player keeps the rest of the game. What breaks between two lines breaks twice a second: once is enough.
            var sentence = $"Something in the game broke {(isTurn ? "at that line" : "by itself")} ({e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}); please report it. The rest goes on.";
            if (isTurn || sentence != _broken) door.Show(new Output.Line(sentence, Tone.Error));
            if (!isTurn) _broken = sentence;
            HasFailed = true;
        }
        finally
        {
            Look(isTurn);
            _turn.Release();
        }
    }

    private void Look(bool isTurn)
    {
        _isOver = session.IsOver;
        door.Remember(session.TakesCommands);
        door.Prompt(_isOver ? "" : session.Prompt, session.HidesInput, isTurn);
    }

    private IReadOnlyList<string> Complete(string text, int cursor)
    {
        if (!_turn.Wait(TabPatience)) return [];

        try
        {
            return session.Complete(text, cursor);
        }
        finally
        {
            _turn.Release();
        }
    }
}
