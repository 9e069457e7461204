namespace Cmud.Game.Play;

/// <summary>One line that a player typed, on its way through a verb.</summary>
/// <param name="Player">Whose.</param>
/// <param name="Verbs">All verbs, for those that speak of others.</param>
/// <param name="Verb">The verb.</param>
/// <param name="Rest">What follows it, trimmed.</param>
/// <param name="Cancellation">The session's end.</param>
internal sealed record Turn(Player Player, VerbTable Verbs, Verb Verb, string Rest, CancellationToken Cancellation)
{
    /// <summary>The words of the rest.</summary>
    public string[] Words => Rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Shows a line.</summary>
    public void Show(string text, Tone tone = Tone.Plain) => Player.Show(text, tone);

    /// <summary>Says in one sentence why it cannot be done.</summary>
    public void Refuse(string text) => Player.Show(text, Tone.Error);

    /// <summary>Says how the verb is typed.</summary>
    public void RefuseUsage() => Refuse($"Type it like this: {Verb.Usage}");

    /// <summary>The first word, and what follows it.</summary>
    public (string First, string Following) Split()
    {
        var space = Rest.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (Rest, "") : (Rest[..space], Rest[(space + 1)..].Trim());
    }
}
