namespace Cmud.Game.Play.Verbs;

/// <summary>Five short lessons that notice what the player does.</summary>
internal static class Tutorial
{
    private static readonly (string Text, Func<Player, string, bool> IsDone)[] Lessons =
    [
        ("Coins come from the rig, which never stops. Watch it for a second: type mine.", static (_, verb) => verb == "mine"),
        ("Coins become machines, and machines coins. shop shows what there is: type buy laptop.", static (player, _) => player.Book.Account.Units.Sum() > 1),
        ("The campus begins at the door: type go cut, or just e for east.", static (player, _) => player.Room != player.Surroundings.World.Start),
        ("Other people are the point of it: type say hello to who is here, or newbie hello to everybody.", static (_, verb) => verb is "say" or Channels.Newbie),
        ("Hard problems pay well and make a career. Type solve; then the answer alone, or hint, or resign.", static (player, _) => player.Book.Account.Solved > 0),
    ];

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("tutorial", "tutorial [off]", "five short lessons", TutorialAsync) { Group = "The game", Help = "Each lesson ends by itself when you have done it, and the next one begins. tutorial shows where you are; tutorial off ends it." },
    ];

    /// <summary>A verb was done: perhaps it was what the lesson asked for.</summary>
    public static async Task NoticeAsync(Player player, string verb, CancellationToken cancellationToken)
    {
        var lesson = player.Character.Lesson;
        if (lesson < 1 || lesson > Lessons.Length || player.Sessions.IsElsewhere) return;

        while (lesson <= Lessons.Length && Lessons[lesson - 1].IsDone(player, verb)) lesson++;
        if (lesson == player.Character.Lesson) return;

        await player.SaveAsync(player.Character with { Lesson = lesson }, cancellationToken);
        if (lesson <= Lessons.Length) Show(player);
        else player.Show("That was all of it. score shows what comes next, help the rest.", Tone.Success);
    }

    private static async Task TutorialAsync(Turn turn)
    {
        var player = turn.Player;
        if (turn.Rest.Equals("off", StringComparison.OrdinalIgnoreCase))
        {
            await player.SaveAsync(player.Character with { Lesson = 0 }, turn.Cancellation);
            turn.Show("Class dismissed.");
            return;
        }

        if (player.Character.Lesson < 1 || player.Character.Lesson > Lessons.Length) await player.SaveAsync(player.Character with { Lesson = 1 }, turn.Cancellation);
        Show(player);
    }

    private static void Show(Player player) =>
        player.Show(FormattableString.Invariant($"Lesson {player.Character.Lesson} of {Lessons.Length}. ") + Lessons[player.Character.Lesson - 1].Text, Tone.Hint);
}
