using Cmud.Game.Feeds;
using Cmud.Game.Keys;

namespace Cmud.Game.Play.Verbs;

/// <summary>The Fence: one key that anyone overwrites, on purpose. The last writer wins, and that is the game.</summary>
internal static class Fence
{
    private const string Group = "Campus";

    /// <summary>The longest text that fits on it.</summary>
    public const int MaxLength = 80;

    /// <summary>As others see one who stands guard.</summary>
    public const string Guarding = "guard";

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("paint", "paint TEXT", "paint The Fence, by night", PaintAsync)
        {
            Group = Group, Help = "At The Fence, in the dark, while nobody guards it. Whoever paints last is right; if two paint in the same moment, the campus agrees on one of them.",
        },
        new("guard", "guard", "stand guard at The Fence, or stop", GuardAsync) { Group = Group, Help = "Nobody paints while you stand there. Walking away ends it." },
    ];

    /// <summary>What one reads on it.</summary>
    public static async Task<string> ReadAsync(Player player, CancellationToken cancellationToken)
    {
        var when = CampusDay.IsNightAt(player.Now) ? "paint TEXT" : $"it takes paint by night, which falls in {Spans.Short(CampusDay.UntilNight(player.Now))}";
        if (JsonValue.Read<Paint>(await player.Store.Get(SharedKeys.Fence, cancellationToken)) is not { V: 1 } paint) return $"The paint is so thick that nothing can be read. ({when})";

        var (text, by) = (StoredText.Clean(paint.Text, MaxLength), StoredText.Clean(paint.By, PlayerName.MaxLength));
        return $"The Fence reads: \"{text}\", painted by {(by.Length == 0 ? "somebody" : by)}. ({when})";
    }

    private static async Task PaintAsync(Turn turn)
    {
        var player = turn.Player;
        var text = StoredText.Clean(turn.Rest);
        if (player.Room.Kind != "fence") turn.Refuse("The Fence is elsewhere. (go fence)");
        else if (text.Length == 0) turn.RefuseUsage();
        else if (text.Length > MaxLength) turn.Refuse($"The text has {text.Length} characters, but {MaxLength} fit on The Fence.");
        else if (!CampusDay.IsNightAt(player.Now)) turn.Refuse($"Not by daylight: tradition. Night falls in {Spans.Short(CampusDay.UntilNight(player.Now))}. (guard keeps others away)");
        else if (await GuardOfAsync(turn) is { } guard) turn.Refuse($"{guard} stands guard and does not blink.");
        else
        {
            await player.Store.Put(SharedKeys.Fence, JsonValue.Write(new Paint(1, text, player.Name, player.Clock.IssueHere().Value)), turn.Cancellation);
            player.Mode = Mode.Fence;
            await player.ActAsync(FeedKind.Act, $"The Fence now reads: \"{text}\"", "rolls up the sleeves and paints The Fence.", turn.Cancellation);
            await player.AnnounceAsync("painted The Fence.", turn.Cancellation);
        }
    }

    private static async Task GuardAsync(Turn turn)
    {
        var player = turn.Player;
        if (player.Room.Kind != "fence")
        {
            turn.Refuse("There is nothing to guard here. (go fence)");
            return;
        }

        await player.GuardAsync(!player.IsGuarding, turn.Cancellation);
        if (player.IsGuarding) await player.ActAsync(FeedKind.Act, "You stand guard. Nobody paints while you are here.", "stands guard at The Fence.", turn.Cancellation);
        else await player.ActAsync(FeedKind.Act, "You stand down.", "yawns and stands down.", turn.Cancellation);
    }

    /// <summary>Somebody else who stands guard here, under a name that is theirs; or null.</summary>
    private static async Task<string?> GuardOfAsync(Turn turn)
    {
        var player = turn.Player;
        foreach (var person in (await player.Crowd.LookAsync(turn.Cancellation)).OrderByDescending(player.IsKnown))
        {
            if (person.Id == player.Id || person.Where.Room != player.Room.Id || person.Where.Mode != Guarding || person.Where.IsStaring(player.Now)) continue;
            if (await player.Ears.Acquaintances.HasAsync(person.Id, person.Name, turn.Cancellation) == true) return person.Name;
        }

        return null;
    }

    /// <summary>A coat of paint as it is stored.</summary>
    /// <param name="V">The version of the value.</param>
    /// <param name="Text">What it says.</param>
    /// <param name="By">Whose it is.</param>
    /// <param name="Time">When, as a <see cref="GameTime"/> value.</param>
    private sealed record Paint(int V, string Text, string By, long Time);
}
