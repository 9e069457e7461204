using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.Problems;

namespace Cmud.Game.Play.Verbs;

/// <summary>A player's part in a split problem.</summary>
/// <param name="Caller">Who called the three together.</param>
/// <param name="Number">Which of the caller's problems.</param>
/// <param name="Problem">The own sheet; an answer to it is an answer to all three.</param>
/// <param name="With">All three, the caller first.</param>
internal sealed record Part(PlayerId Caller, int Number, Problem Problem, IReadOnlyList<PlayerId> With);

/// <summary>A problem on three sheets, of which each of three players sees one.</summary>
/// <remarks>Each of the three writes one key, so that nobody's answer overwrites another's; the caller's own key also says who the others are.</remarks>
internal static class Splitting
{
    private const string Deed = "split";

    /// <summary>How often it is looked whether one of the others has it, and for how long.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookFor = TimeSpan.FromHours(1);

    /// <summary>After a wrong answer.</summary>
    private static readonly TimeSpan WrongPause = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("split", "split NAME NAME | NAME | BITS", "a problem on three sheets, for three players", SplitAsync)
        {
            Group = "Solving", Completes = static player => player.Crowd.LastSeen.Select(person => person.Name),
            Help = "split bo eve calls Bo and Eve to a problem with you; they type split and your name to see their sheets. Nobody sees another's sheet, so talk. Whoever has the answer types split and its bits, and it counts for all three.",
        },
    ];

    private static async Task SplitAsync(Turn turn)
    {
        var words = turn.Words;
        if (words.Length == 0 && turn.Player.Part is { } part) Show(turn.Player, part);
        else if (words.Length == 0) turn.RefuseUsage();
        else if (words.All(word => word.All(c => c is '0' or '1'))) await AnswerAsync(turn);
        else if (words.Length == 1) await JoinAsync(turn);
        else if (words.Length == 2) await CallAsync(turn);
        else turn.RefuseUsage();
    }

    private static async Task CallAsync(Turn turn)
    {
        var player = turn.Player;
        var with = new List<PlayerId> { player.Id };
        foreach (var word in turn.Words)
        {
            if (await Talking.FindAsync(turn, word) is not { } found) return;
            if (!with.Contains(found.Id)) with.Add(found.Id);
        }

        if (with.Count < 3)
        {
            turn.Refuse("It takes three different people, you among them.");
            return;
        }

        if (!player.MaySpeak())
        {
            turn.Refuse("One call at a time; take a breath.");
            return;
        }

        // A new number with each minute: calling again is asking for another problem.
        var number = (int)(player.Now.Minute % ProblemBook.MaxIndex);
        await PutAsync(player, player.Id, new(1, number, [.. with.Select(id => id.ToString())], null), turn.Cancellation);
        foreach (var other in with.Skip(1)) await player.Ears.Letters.SendAsync(other, FeedKind.Tell, $"I have a problem on three sheets, and one is yours. (split {player.Name})", turn.Cancellation);
        Take(player, player.Id, number, with);
    }

    private static async Task JoinAsync(Turn turn)
    {
        var player = turn.Player;
        if (await Talking.FindAsync(turn, turn.Words[0]) is not { } found) return;

        var call = JsonValue.Read<Stored>(await player.Store.Get(SharedKeys.Vote(Case(found.Id), found.Id), turn.Cancellation));
        if (Members(call, found.Id) is { } with && with.Contains(player.Id)) Take(player, found.Id, call!.Number, with);
        else turn.Refuse($"{found.Name} has split no problem with you. (split NAME NAME calls two others)");
    }

    private static async Task AnswerAsync(Turn turn)
    {
        var player = turn.Player;
        if (player.Part is not { } part) turn.Refuse("You hold no sheet. (split NAME NAME calls two others)");
        else if (player.NextSplit - player.Now is { Ticks: > 0 } pause) turn.Refuse($"Talk it over for another {Solving.Seconds(pause)}.");
        else if (part.Problem.Read(turn.Rest, out var refusal) is not { } answer) turn.Refuse(refusal);
        else if (!part.Problem.Check(answer))
        {
            player.NextSplit = player.Now + WrongPause;
            turn.Show($"Some clause on some sheet does not hold. The next answer is taken in {Solving.Seconds(WrongPause)}.", Tone.Warning);
        }
        else
        {
            string[]? with = part.Caller == player.Id ? [.. part.With.Select(id => id.ToString())] : null;
            await PutAsync(player, part.Caller, new(1, part.Number, with, answer), turn.Cancellation);
            await FinishAsync(player, part, player.Id, turn.Cancellation);
        }
    }

    private static void Take(Player player, PlayerId caller, int number, IReadOnlyList<PlayerId> with)
    {
        var sheet = with.ToList().IndexOf(player.Id);
        var part = new Part(caller, number, ProblemBook.Sheet(player.Surroundings.Economy.Season, caller, number, sheet), with);
        player.Part = part;
        Show(player, part);
        player.Errands.Add(LookEvery, LookFor, async token =>
        {
            if (player.Part != part) return true;
            if (await SolverAsync(player, part, token) is not { } solver) return false;

            await FinishAsync(player, part, solver, token);
            return true;
        });
    }

    private static void Show(Player player, Part part)
    {
        player.Show($"Sheet {part.With.ToList().IndexOf(player.Id) + 1} of 3", Tone.Heading);
        Solving.Lines(player, part.Problem);
        player.Show("The first of you who has the bits types split BITS, and it counts for all three.", Tone.Hint);
    }

    private static async Task FinishAsync(Player player, Part part, PlayerId solver, CancellationToken cancellationToken)
    {
        player.Part = null;
        var who = solver == player.Id ? "You" : await Ranking.NameOfAsync(player, solver.ToString(), cancellationToken);
        player.Show($"{who} put the three sheets together: solved.", Tone.Success);
        if (solver == player.Id) await player.ActAsync(FeedKind.Act, null, "holds three sheets against the light: solved.", cancellationToken);
        await Ranking.DeedAsync(player, Deed, cancellationToken);
    }

    /// <summary>Which of the three has answered right, or null.</summary>
    private static async Task<PlayerId?> SolverAsync(Player player, Part part, CancellationToken cancellationToken)
    {
        foreach (var id in part.With)
        {
            var stored = JsonValue.Read<Stored>(await player.Store.Get(SharedKeys.Vote(Case(part.Caller), id), cancellationToken));
            if (stored is { V: 1, Answer: { } answer } && stored.Number == part.Number && part.Problem.Check(answer)) return id;
        }

        return null;
    }

    /// <summary>The three of a call, the caller first; null where it is none.</summary>
    private static List<PlayerId>? Members(Stored? call, PlayerId caller)
    {
        if (call is not { V: 1, With.Length: 3, Number: >= 0 and <= ProblemBook.MaxIndex }) return null;

        var members = new List<PlayerId>();
        foreach (var text in call.With)
        {
            if (!PlayerId.TryParse(text, out var id) || members.Contains(id)) return null;
            members.Add(id);
        }

        return members[0] == caller ? members : null;
    }

    private static string Case(PlayerId caller) => $"split-{caller}";

    private static async Task PutAsync(Player player, PlayerId caller, Stored stored, CancellationToken cancellationToken) =>
        await player.Store.Put(SharedKeys.Vote(Case(caller), player.Id), JsonValue.Write(stored), cancellationToken);

    /// <summary>A call, or an answer, as stored.</summary>
    private sealed record Stored(int V, int Number, string[]? With, string? Answer);
}
