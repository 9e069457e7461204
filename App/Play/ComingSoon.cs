using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>Stands where the game will be: says so, and lets go.</summary>
internal sealed class ComingSoon(IScreen screen) : IPlaySession
{
    /// <inheritdoc/>
    public string Prompt => "> ";

    /// <inheritdoc/>
    public bool IsOver { get; private set; }

    /// <inheritdoc/>
    public bool HidesInput => false;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        screen.Show(new Output.Line("CMUD, the CMU game", Tone.Heading));
        screen.Show(new Output.Line("The game is being built. You can reach its store with get, put, list and shell.", Tone.Hint));
        IsOver = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task EnterAsync(string line, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task PollAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public IReadOnlyList<string> Complete(string text, int cursor) => [];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
