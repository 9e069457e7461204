using Cmud.Game.Feeds;

namespace Cmud.Game.Play.Verbs;

/// <summary>Letters: kept until they are read, and after.</summary>
internal static class Mailing
{
    /// <summary>Most letters listed: the newest.</summary>
    private const int MaxListed = 20;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("mail", "mail [N | NAME TEXT | delete N, NAME or all]", "read your letters, or write one", MailAsync)
        {
            Group = "People", Completes = static player => player.Crowd.LastSeen.Select(person => person.Name),
            Help = "mail lists your letters, newest last; mail 3 opens the third; mail bo See you at noon. writes to Bo, to be read on return; mail delete 3 throws the third away, mail delete bo all that came in the name of Bo, mail delete all every one. " + Talking.NotSecret,
        },
    ];

    private static async Task MailAsync(Turn turn)
    {
        var letters = turn.Player.Ears.Letters;
        var (first, words) = turn.Split();
        if (first.Length == 0) List(turn, letters);
        else if (first.Equals("delete", StringComparison.OrdinalIgnoreCase) && words.Length > 0 && !words.Contains(' ', StringComparison.Ordinal)) await DeleteAsync(turn, letters, words);
        else if (words.Length == 0 && first.All(char.IsAsciiDigit)) await OpenAsync(turn, letters, first);
        else if (words.Length == 0) turn.RefuseUsage();
        else if (await Talking.FindAsync(turn, first) is { } to && Talking.Words(turn, words) is { } text)
        {
            await letters.SendAsync(to.Id, FeedKind.Mail, text, turn.Cancellation);
            turn.Show($"Your letter to {to.Name} is on its way.");
        }
    }

    private static void List(Turn turn, Letters letters)
    {
        if (letters.Mail.Count == 0)
        {
            turn.Show("Your mailbox holds a flyer for a club you do not join. No letters.");
            return;
        }

        turn.Player.Mode = Mode.Mail;
        var first = Math.Max(0, letters.Mail.Count - MaxListed);
        turn.Player.Show(new Output.Table(
            letters.Unread == 0 ? "Your letters, all read" : $"Your letters, {letters.Unread} unread",
            ["No", "From", "When", ""],
            [
                .. letters.Mail.Skip(first).Select((letter, i) => (IReadOnlyList<string>)
                [
                    FormattableString.Invariant($"{first + i + 1}"), letter.Line.Name,
                    Spans.Ago(letter.Key.Mark.Time, turn.Player.Now), letters.IsRead(letter) ? "" : "new",
                ]),
            ]));
        turn.Show("Type a number to open one; esc goes back.", Tone.Hint);
    }

    private static async Task DeleteAsync(Turn turn, Letters letters, string which)
    {
        if (which.All(char.IsAsciiDigit))
        {
            if (Find(turn, letters, which) is not { } letter) return;

            await letters.DeleteAsync([letter], turn.Cancellation);
            turn.Show($"You throw away what {letter.Line.Name} wrote. The later letters move up by one.");
            return;
        }

        Letter[] doomed = [.. letters.Mail.Where(letter => which.Equals("all", StringComparison.OrdinalIgnoreCase) || letter.Line.Name.Equals(which, StringComparison.OrdinalIgnoreCase))];
        if (doomed.Length == 0)
        {
            turn.Refuse(letters.Mail.Count == 0 ? "You have no letters." : $"You have no letter from {StoredText.Clean(which, PlayerName.MaxLength)}.");
            return;
        }

        await letters.DeleteAsync(doomed, turn.Cancellation);
        turn.Show(doomed.Length == 1 ? $"You throw away what {doomed[0].Line.Name} wrote." : FormattableString.Invariant($"You throw {doomed.Length} letters away."));
    }

    /// <summary>A letter by its number in the list; null, and a word about it, where there is none.</summary>
    private static Letter? Find(Turn turn, Letters letters, string typed)
    {
        if (int.TryParse(typed, out var number) && number >= 1 && number <= letters.Mail.Count) return letters.Mail.ElementAt(number - 1);

        turn.Refuse(letters.Mail.Count == 0 ? "You have no letters." : $"There is no letter {StoredText.Clean(typed, 20)}; you have 1 to {letters.Mail.Count}.");
        return null;
    }

    private static async Task OpenAsync(Turn turn, Letters letters, string number)
    {
        if (Find(turn, letters, number) is not { } letter) return;

        turn.Show($"From {letter.Line.Name}, {Spans.Ago(letter.Key.Mark.Time, turn.Player.Now)}:", Tone.Heading);
        turn.Show(letter.Line.Text, Tone.Speech);
        await letters.ReadAsync(letter, turn.Cancellation);
    }
}
