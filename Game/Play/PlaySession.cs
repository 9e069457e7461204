using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Places;

namespace Cmud.Game.Play;

/// <summary>One player's game from the banner to the farewell, as a chain of stages.</summary>
public sealed class PlaySession : IPlaySession
{
    /// <summary>How long a farewell may take when the door has closed: the store may be gone as well.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    private readonly Surroundings _surroundings;
    private readonly CancellationTokenSource _over = new();
    private Stage _stage;
    private bool _isEnded;

    /// <summary>A session that begins.</summary>
    /// <param name="store">The world.</param>
    /// <param name="time">Wall and timers.</param>
    /// <param name="random">Chance; one of its own for each session.</param>
    /// <param name="screen">Where the player reads.</param>
    /// <param name="door">By which front door the player came, such as "terminal".</param>
    /// <param name="speaks">Whether the door reads aloud: numbers come in words, and no drawings.</param>
    public PlaySession(IWorldStore store, TimeProvider time, Random random, IScreen screen, string door, bool speaks = false)
        : this(store, time, random, screen, door, speaks, SigningKey.New)
    {
    }

    /// <summary>The same with keys that are given: for tests, which must run alike each time.</summary>
    internal PlaySession(IWorldStore store, TimeProvider time, Random random, IScreen screen, string door, bool speaks, Func<SigningKey> newKey)
    {
        var patient = new PatientStore(store, time, isLost => screen.Show(isLost
            ? new Output.Line("The line went dead. Reconnecting; what you type waits.", Tone.Warning)
            : new Output.Line("Connected again.", Tone.Success)));
        _surroundings = new(patient, new(time), time, random, screen, door, World.Standard, Economy.Standard, speaks)
        {
            NewKey = newKey,
            Watchable = store as IWatchableStore,
            Over = _over.Token,
        };
        _stage = new NameStage(_surroundings);
    }

    /// <inheritdoc/>
    public string Prompt => _stage.Prompt;

    /// <inheritdoc/>
    public bool IsOver => _stage is FarewellStage;

    /// <inheritdoc/>
    public bool HidesInput => _stage.HidesInput;

    /// <inheritdoc/>
    public bool TakesCommands => _stage.TakesCommands;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => _stage.BeginAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task EnterAsync(string line, CancellationToken cancellationToken)
    {
        await _stage.EnterAsync(line, cancellationToken);
        await AdvanceAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await _stage.PollAsync(cancellationToken);
        await AdvanceAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Complete(string text, int cursor) => _stage.Complete(text, cursor);

    /// <summary>Says goodbye in the player's place, if they did not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnded) return;

        _isEnded = true;
        using var patience = new CancellationTokenSource(FarewellTime, _surroundings.Time);
        try
        {
            await _stage.EndAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Others see it by the missing heartbeat.
        }
        finally
        {
            await _over.CancelAsync();
            _over.Dispose();
        }
    }

    private async Task AdvanceAsync(CancellationToken cancellationToken)
    {
        while (_stage.Next is { } next)
        {
            _stage = next;
            await next.BeginAsync(cancellationToken);
        }
    }
}
