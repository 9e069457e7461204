using Cmud.Game.Accounts;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A guarded character: its passphrase is asked for, and never shown.</summary>
/// <param name="surroundings">Store, clock and screen.</param>
/// <param name="id">Whose it is.</param>
/// <param name="character">The character.</param>
/// <param name="security">What secures its ledger: the passphrase is the one that opens the key. Null where only the lock guards it.</param>
internal sealed class PassphraseStage(Surroundings surroundings, PlayerId id, Character character, Security? security) : Stage
{
    /// <summary>Wrong ones before the name is asked for again.</summary>
    private const int MaxTries = 3;

    private int _tries;

    /// <inheritdoc/>
    public override string Prompt => "Passphrase: ";

    /// <inheritdoc/>
    public override bool HidesInput => true;

    /// <inheritdoc/>
    public override Task BeginAsync(CancellationToken cancellationToken)
    {
        surroundings.Show($"{character.Name} is guarded by a passphrase. It is not shown as you type.");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task EnterAsync(string line, CancellationToken cancellationToken)
    {
        var key = security is null || line.Length > Passphrase.MaxLength ? null : SigningKey.Open(security.Seal, line);
        if (security is null ? Passphrase.Opens(character.Lock!, line) : key?.Public == security.Public)
        {
            Next = new CampusStage(await Player.ReturnAsync(surroundings, id, character, key, cancellationToken));
            return;
        }

        surroundings.Show("That is not it.", Tone.Error);
        if (++_tries == MaxTries) Next = new NameStage(surroundings);
    }
}
