using Cmud.Game.People;

namespace Cmud.Game.Play.Verbs;

/// <summary>The dialogue of <c>secure</c>: the old passphrase where there is one, then the new one, twice.</summary>
/// <remarks>
/// Nobody sees what is typed, so a slip would lock the player out for good: hence twice. And whoever is asked must be asked again until it is done or
/// given up, or the next attempt is typed at the common prompt, where it is shown, run as a command, and kept in the history.
/// </remarks>
internal sealed class Securing(Player player)
{
    /// <summary>Bad or differing entries before the dialogue is given up; the last sentence then says so.</summary>
    private const int MaxTries = 5;

    private static readonly string Form = FormattableString.Invariant($"{Passphrase.MinLength} to {Passphrase.MaxLength} characters");

    private int _tries;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("secure", "secure", "guard your character by a passphrase, and sign your ledger", SecureAsync)
        {
            Group = "The game",
            Help = $"Asks twice for a passphrase of {Form}, which is never shown. It seals a key that signs your ledger from now on: what others put into your ledger by other means does not count then, though they may still spoil what is there. A ledger can be signed only from the first session on; later the passphrase guards the name alone, among honest clients. The same verb changes the passphrase, for who knows the old one. Nobody can recover a lost one.",
        },
    ];

    private static Task SecureAsync(Turn turn)
    {
        var player = turn.Player;
        var dialogue = new Securing(player);
        turn.Show($"A passphrase guards your name from now on: {Form}, asked for twice, and not shown as you type. It cannot be recovered. An empty line leaves all as it is.");
        if (player.Book.IsSecured || player.Character.Lock is not null) dialogue.Ask("Old passphrase: ", dialogue.OldAsync);
        else dialogue.AskNew();
        return Task.CompletedTask;
    }

    private void AskNew() => Ask("New passphrase: ", NewAsync);

    private void Ask(string prompt, Func<string, CancellationToken, Task> take) => player.Secret = new(prompt, async (line, cancellationToken) =>
    {
        if (line.Length == 0) player.Show("Nothing was changed.");
        else await take(line, cancellationToken);
    });

    private Task OldAsync(string line, CancellationToken cancellationToken)
    {
        var opens = line.Length <= Passphrase.MaxLength && (player.Book.IsSecured ? player.Book.OpensBy(line) : Passphrase.Opens(player.Character.Lock!, line));
        if (opens) AskNew();
        else if (MayTryAgain("That is not your passphrase")) Ask("Old passphrase: ", OldAsync);
        return Task.CompletedTask;
    }

    private Task NewAsync(string line, CancellationToken cancellationToken)
    {
        if (line.Length is >= Passphrase.MinLength and <= Passphrase.MaxLength) Ask("Again: ", (again, token) => AgainAsync(line, again, token));
        else if (MayTryAgain(FormattableString.Invariant($"That has {line.Length} {(line.Length == 1 ? "character" : "characters")}, and a passphrase has {Form}"))) AskNew();
        return Task.CompletedTask;
    }

    private async Task AgainAsync(string passphrase, string again, CancellationToken cancellationToken)
    {
        if (passphrase != again)
        {
            if (MayTryAgain("The two were not the same")) AskNew();
            return;
        }

        if (await player.Book.SecureAsync(passphrase, player.Key, cancellationToken) is { } refusal)
        {
            player.Show(refusal, Tone.Error);
            return;
        }

        await player.SaveAsync(player.Character with { Lock = Passphrase.Lock(passphrase) }, cancellationToken);
        player.Show(player.Book.Signs
            ? "From now on your name asks for it, and your ledger is signed: what others put into it does not count."
            : "From now on your name asks for it. (Your ledger is not signed: that begins only in a character's first session.)", Tone.Success);
    }

    private bool MayTryAgain(string what)
    {
        var may = ++_tries < MaxTries;
        player.Show(may ? $"{what}; try once more, or give an empty line." : $"{what}; nothing was changed. (secure)", Tone.Error);
        return may;
    }
}
