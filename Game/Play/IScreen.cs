namespace Cmud.Game.Play;

/// <summary>Where a session shows things: a terminal, a file, a page.</summary>
/// <remarks>Safe for any thread. Returns at once, also for a <see cref="Output.Pause"/>: what follows one is held back by the screen.</remarks>
public interface IScreen
{
    /// <summary>Shows something below all that was shown before, above the line that the player types.</summary>
    void Show(Output output);
}
