using System.Globalization;
using Cmud.App.Play;
using Cmud.Game.Play;

namespace Cmud.App.Serve;

/// <summary>A door to which strangers come: the same door, with the bounds that a host puts on each session.</summary>
internal sealed class HostedDoor : IDoor
{
    /// <summary>How long one may take to come in: a name, and its passphrase.</summary>
    public static readonly TimeSpan NameTime = TimeSpan.FromMinutes(3);

    /// <summary>Lines at once: a paste, and what is typed after it.</summary>
    public const int Burst = 60;

    /// <summary>A further line each. Nobody types faster; a program that does waits, and no line is lost.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two attempts at a passphrase: each costs half a second of a processor, and who guesses wants thousands.</summary>
    public static readonly TimeSpan GuessPause = TimeSpan.FromSeconds(2);

    private readonly IDoor _inner;
    private readonly Lobby.Seat _seat;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _left;
    private readonly CancellationTokenRegistration _closing;
    private readonly ITimer _nameTimer;
    private readonly Lock _lock = new();

    private (string Text, bool Hides) _prompt = ("", false);
    private bool _remembers;
    private bool _isOver;
    private double _tokens = Burst;
    private long _lastLine;
    private long? _lastGuess;

    /// <summary>Puts bounds on a door.</summary>
    /// <param name="inner">The door.</param>
    /// <param name="seat">Where the player sits.</param>
    /// <param name="time">The clock of the bounds.</param>
    /// <param name="closing">Cancelled when the host closes.</param>
    public HostedDoor(IDoor inner, Lobby.Seat seat, TimeProvider time, CancellationToken closing)
    {
        (_inner, _seat, _time, _lastLine) = (inner, seat, time, time.GetTimestamp());
        _left = CancellationTokenSource.CreateLinkedTokenSource(inner.Left);
        _nameTimer = time.CreateTimer(_ => End(string.Create(CultureInfo.InvariantCulture, $"No name was given within {NameTime.TotalMinutes:0} minutes: the seat is for somebody else now.")), null, NameTime, Timeout.InfiniteTimeSpan);
        _closing = closing.Register(() => End("This host is closing. Your character stays as it is; come back later, here or at another."));
    }

    /// <inheritdoc/>
    public CancellationToken Left => _left.Token;

    /// <inheritdoc/>
    public void Show(Output output) => _inner.Show(output);

    /// <inheritdoc/>
    public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete) => _inner.CompleteWith(complete);

    /// <inheritdoc/>
    public void Remember(bool remembers)
    {
        _remembers = remembers;
        _inner.Remember(remembers);
    }

    /// <inheritdoc/>
    public void Prompt(string prompt, bool hidesInput, bool isTurn)
    {
        _prompt = (prompt, hidesInput);

        // In the game are those who may give commands; a secret may be asked for before and within it.
        lock (_lock)
        {
            var isPlaying = _remembers && (_seat.IsPlaying || !hidesInput);
            if (isPlaying != _seat.IsPlaying && !_isOver) _nameTimer.Change(isPlaying ? Timeout.InfiniteTimeSpan : NameTime, Timeout.InfiniteTimeSpan);
            _seat.IsPlaying = isPlaying;
        }

        _inner.Prompt(prompt, hidesInput, isTurn);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (await _inner.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length <= LineEditor.MaxLength)
            {
                await PaceAsync(cancellationToken);
                return line;
            }

            Show(new Output.Line(string.Create(CultureInfo.InvariantCulture, $"That line has more than {LineEditor.MaxLength:N0} characters, which is the most; nothing of it was done."), Tone.Error));
            _inner.Prompt(_prompt.Text, _prompt.Hides, isTurn: true);
        }

        return null;
    }

    /// <inheritdoc/>
    public Task EndAsync(CancellationToken cancellationToken) => _inner.EndAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock) _isOver = true;
        await _closing.DisposeAsync();
        await _nameTimer.DisposeAsync();
        await _inner.DisposeAsync();
        _left.Dispose();
    }

    /// <summary>Has a line wait that comes too soon after those before it.</summary>
    private async Task PaceAsync(CancellationToken cancellationToken)
    {
        if (_prompt.Hides && !_seat.IsPlaying)
        {
            if (_lastGuess is { } guess) await WaitAsync(GuessPause - _time.GetElapsedTime(guess), cancellationToken);
            _lastGuess = _time.GetTimestamp();
        }

        _tokens = Math.Min(Burst, _tokens + (_time.GetElapsedTime(_lastLine) / Refill)) - 1;
        _lastLine = _time.GetTimestamp();
        if (_tokens < 0) await WaitAsync(-_tokens * Refill, cancellationToken);
    }

    /// <summary>A pause is what is meant: who guesses passphrases, or floods, is slowed down.</summary>
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait > TimeSpan.Zero) await Task.Delay(wait, _time, cancellationToken);
    }

    /// <summary>The session ends by the host's will: the player is told why.</summary>
    private void End(string sentence)
    {
        lock (_lock)
        {
            if (_isOver) return;

            _isOver = true;
        }

        Show(new Output.Line(sentence, Tone.Warning));
        _left.Cancel();
    }
}
