using Cmud.Game.Feeds;
using Cmud.Game.Problems;

namespace Cmud.Game.Play.Verbs;

/// <summary>A defence that goes on: what is asked, and until when an answer is heard.</summary>
internal sealed record Trial(Problem Problem, GameTime Until)
{
    /// <summary>Wrong answers so far.</summary>
    public int Wrong { get; set; }
}

/// <summary>The public defence: a timed problem, read out in the auditorium to whoever came.</summary>
internal static class Defence
{
    /// <summary>What it counts as.</summary>
    private const string Deed = "defence";

    /// <summary>Wrong answers that the committee bears.</summary>
    private const int MaxWrong = 3;

    /// <summary>How long there is for an answer. The next defence begins no sooner, or one would draw questions until an easy one comes.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("defend", "defend [ANSWER]", "defend your thesis in the auditorium", DefendAsync)
        {
            Group = "Career", Help = $"On the stage of the auditorium: a problem is read out to the room, and defend ANSWER must be right within {Length.TotalMinutes:0} minutes and {MaxWrong} answers. Bring friends; they may whisper.",
        },
    ];

    private static async Task DefendAsync(Turn turn)
    {
        var player = turn.Player;
        if (player.Room.Kind != "stage") turn.Refuse("A defence is held in the auditorium. (go auditorium)");
        else if (player.Trial is { } trial && player.Now < trial.Until) await AnswerAsync(turn, trial);
        else if (turn.Rest.Length > 0) turn.Refuse("Nothing was asked yet. (defend)");
        else if (!Ranking.IsAsked(player, Deed)) turn.Refuse($"No defence is asked of you now; it stands before the rank of {player.Surroundings.Economy.Ranks.First(rank => rank.Deed == Deed).Name}.");
        else if (player.NextTrial - player.Now is { Ticks: > 0 } lunch) turn.Refuse($"The committee is at lunch. The next defence can begin in {Spans.Short(lunch)}.");
        else await BeginAsync(turn);
    }

    private static async Task BeginAsync(Turn turn)
    {
        var player = turn.Player;
        var trial = new Trial(
            ProblemBook.Defence(player.Surroundings.Economy.Season, player.Id, player.Book.Account.Rank, (int)(player.Now.Minute % ProblemBook.MaxIndex)), player.Now + Length);
        (player.Trial, player.NextTrial) = (trial, trial.Until);
        player.Errands.Add(TimeSpan.FromSeconds(1), Length, _ => Task.FromResult(player.Trial != trial), () =>
        {
            player.Trial = null;
            player.Show("The timer rings. The committee thanks you for your time, all ten minutes of it.", Tone.Warning);
        });

        await player.AnnounceAsync($"defends a thesis in {player.Room.Name}, now.", turn.Cancellation);
        await player.ActAsync(FeedKind.Act, $"The lights go down. The committee asks, and the timer starts: {Length.TotalMinutes:0} minutes.", "steps up to the microphone to defend.", turn.Cancellation);
        foreach (var line in trial.Problem.Text.Split('\n')) await player.ActAsync(FeedKind.Act, line, $"is asked: {line}", turn.Cancellation);
        turn.Show("Answer with: defend ANSWER", Tone.Hint);
    }

    private static async Task AnswerAsync(Turn turn, Trial trial)
    {
        var player = turn.Player;
        if (turn.Rest.Length == 0)
        {
            Solving.Lines(player, trial.Problem);
            turn.Show($"{Spans.Short(trial.Until - player.Now)} left. (defend ANSWER)", Tone.Hint);
        }
        else if (trial.Problem.Read(turn.Rest, out var refusal) is not { } answer) turn.Refuse(refusal);
        else if (trial.Problem.Check(answer))
        {
            player.Trial = null;
            await player.ActAsync(FeedKind.Act, "The answer holds. Somebody claps, and then they all do.", "answers, and the answer holds.", turn.Cancellation);
            await Ranking.DeedAsync(player, Deed, turn.Cancellation);
        }
        else if (++trial.Wrong < MaxWrong) await player.ActAsync(FeedKind.Act, $"A cough from the second row: no. {MaxWrong - trial.Wrong} more before they go to lunch.", "answers, and is coughed at.", turn.Cancellation);
        else
        {
            player.Trial = null;
            await player.ActAsync(FeedKind.Act, $"The committee goes to lunch. The next defence can begin in {Spans.Short(player.NextTrial - player.Now)}.", "has lost the committee to lunch.", turn.Cancellation);
        }
    }
}
