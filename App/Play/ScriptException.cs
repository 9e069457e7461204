namespace Cmud.App.Play;

/// <summary>A script cannot go on; the message is one sentence for whoever runs it.</summary>
/// <param name="exitCode">What the process ends with.</param>
/// <param name="message">The sentence.</param>
internal sealed class ScriptException(int exitCode, string message) : Exception(message)
{
    /// <summary>What was expected did not come.</summary>
    public const int Unmet = 3;

    /// <summary>Something in the game broke.</summary>
    public const int Broken = 1;

    /// <summary>The script is wrong.</summary>
    public const int Wrong = 2;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}
