using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A guarded character: its passphrase is asked for, and never shown.</summary>
internal sealed class PassphraseStage(Surroundings surroundings, PlayerId id, Character character) : Stage
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
        if (Passphrase.Opens(character.Lock!, line))
        {
            Next = new CampusStage(await Player.ReturnAsync(surroundings, id, character, cancellationToken));
            return;
        }

        surroundings.Show("That is not it.", Tone.Error);
        if (++_tries == MaxTries) Next = new NameStage(surroundings);
    }
}
