namespace Cmud.Game.Play;

/// <summary>A question whose answer is neither shown nor kept.</summary>
/// <param name="Prompt">What stands before the answer.</param>
/// <param name="Take">Takes it; may ask the next one.</param>
internal sealed record Secret(string Prompt, Func<string, CancellationToken, Task> Take);
