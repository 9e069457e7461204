namespace Cmud.Game.Play.Verbs;

/// <summary>Five short lessons that notice what the player does.</summary>
internal static class Tutorial
{
    private static readonly (Func<Player, string> Text, Func<Player, string, bool> IsDone)[] Lessons =
    [
        (static _ => "Coins come from the rig, which never stops. Watch it for a second: type mine.", static (_, verb) => verb == "mine"),
        (Buying, static (player, _) => player.Book.Account.Units.Sum() > 1),
        (static _ => "The campus begins at the door: type go cut, or just e for east.", static (player, _) => player.Room != player.Surroundings.World.Start),
        (static _ => "Other people are the point of it: type say hello to who is here, or newbie hello to everybody.", static (_, verb) => verb is "say" or Channels.Newbie),
        (static _ => "Hard problems pay well and make a career. Type solve; then the answer alone, or hint, or resign.", static (player, _) => player.Book.Account.Solved > 0),
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
        else player.Show($"That was all of it. score shows what comes next, help the rest, and secure keeps your name {(player.Key is null ? "yours" : "and your coins yours, if you say it before you leave for the first time")}.", Tone.Success);
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
        player.Show(FormattableString.Invariant($"Lesson {player.Character.Lesson} of {Lessons.Length}. ") + Lessons[player.Character.Lesson - 1].Text(player), Tone.Hint);

    /// <summary>Not before there are the coins for it: until then the lesson says how long it takes.</summary>
    private static string Buying(Player player)
    {
        var (account, economy) = (player.Book.Account, player.Surroundings.Economy);
        const string why = "Coins become machines, and machines coins. shop shows what there is";
        if (economy.Price(economy.Tiers[0], account.Units[0]) is not { } price || account.Balance >= price) return $"{why}: type buy laptop.";

        return $"{why}. The next laptop costs {Money.Text(player, price)} and you have {Money.Text(player, account.Balance)}: at {Money.Text(player, account.Rate(economy))} a second that takes {Spans.Short(Money.Until(economy, account, price))}. Look around meanwhile; then type buy laptop.";
    }
}
