using Cmud.Game.Keys;

namespace Cmud.Game.Play.Verbs;

/// <summary>The Fence: one key that anyone overwrites, on purpose.</summary>
internal static class Fence
{
    /// <summary>The longest text that fits on it.</summary>
    public const int MaxLength = 80;

    /// <summary>What one reads on it.</summary>
    public static async Task<string> ReadAsync(Player player, CancellationToken cancellationToken)
    {
        if (JsonValue.Read<Paint>(await player.Store.Get(SharedKeys.Fence, cancellationToken)) is not { V: 1 } paint) return "The paint is so thick that nothing can be read. (paint TEXT)";

        var (text, by) = (StoredText.Clean(paint.Text, MaxLength), StoredText.Clean(paint.By, PlayerName.MaxLength));
        return $"The Fence reads: \"{text}\", painted by {(by.Length == 0 ? "somebody" : by)}.";
    }

    /// <summary>A coat of paint as it is stored.</summary>
    /// <param name="V">The version of the value.</param>
    /// <param name="Text">What it says.</param>
    /// <param name="By">Whose it is.</param>
    /// <param name="Time">When, as a <see cref="GameTime"/> value.</param>
    internal sealed record Paint(int V, string Text, string By, long Time);
}
