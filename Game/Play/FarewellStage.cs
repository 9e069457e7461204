namespace Cmud.Game.Play;

/// <summary>The end.</summary>
internal sealed class FarewellStage : Stage
{
    /// <inheritdoc/>
    public override string Prompt => "";

    /// <inheritdoc/>
    public override Task BeginAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override Task EnterAsync(string line, CancellationToken cancellationToken) => Task.CompletedTask;
}
