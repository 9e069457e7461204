using Cmud.Game.Feeds;

namespace Cmud.Game.Play.Verbs;

/// <summary>A push in the right direction: from the problem itself, or from one player to another.</summary>
internal static class Hinting
{
    /// <summary>The deed that a hint which helped is.</summary>
    private const string Deed = "hint";

    /// <summary>How often it is looked whether a hint helped, and for how long.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookFor = TimeSpan.FromHours(1);

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("hint", "hint [NAME TEXT]", "a push with your problem, or one for somebody else's", HintAsync)
        {
            Group = "Solving", Completes = static player => player.Crowd.LastSeen.Select(person => person.Name),
            Help = "Alone: a push in the right direction. With a name: your own words to another player. To become an assistant professor, one hint of yours must be followed by a solution within the hour, while you stay on campus.",
        },
    ];

    private static async Task HintAsync(Turn turn)
    {
        var (name, words) = turn.Split();
        if (name.Length == 0) turn.Show(turn.Player.Book.Rules.ProblemOf(turn.Player.Book.Account).Hint);
        else if (words.Length == 0) turn.RefuseUsage();
        else if (await Talking.FindAsync(turn, name) is not { } found) return;
        else if (found.Id == turn.Player.Id) turn.Refuse("You knew that already. (hint alone gives you one)");
        else if (Talking.Words(turn, words) is { } text) await GiveAsync(turn.Player, found, text, turn.Cancellation);
    }

    private static async Task GiveAsync(Player player, (PlayerId Id, string Name) to, string text, CancellationToken cancellationToken)
    {
        await player.Ears.Letters.SendAsync(to.Id, FeedKind.Tell, $"A hint: {text}", cancellationToken);
        player.Show($"You hint to {to.Name}: {text}", Tone.Speech);
        if (!Ranking.IsAsked(player, Deed)) return;

        var before = await SolvedAsync(player, to.Id, cancellationToken);
        player.Errands.Add(LookEvery, LookFor, async token =>
        {
            if (!Ranking.IsAsked(player, Deed)) return true;
            if (await SolvedAsync(player, to.Id, token) <= before) return false;

            player.Show($"Your hint helped: {to.Name} solved it.", Tone.Success);
            await Ranking.DeedAsync(player, Deed, token);
            return true;
        });
    }

    /// <summary>How many problems somebody has solved, by their ledger; none where it is not to be believed.</summary>
    private static async Task<int> SolvedAsync(Player player, PlayerId who, CancellationToken cancellationToken)
    {
        var account = await player.Ledgers.FoldAsync(who, oldest: default, cancellationToken);
        return account.Forgery is null ? account.Solved : 0;
    }
}
