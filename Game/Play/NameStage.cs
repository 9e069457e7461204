using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>The banner, and the question who it is.</summary>
internal sealed class NameStage(Surroundings surroundings) : Stage
{
    /// <inheritdoc/>
    public override string Prompt => "> ";

    /// <inheritdoc/>
    public override Task BeginAsync(CancellationToken cancellationToken)
    {
        foreach (var line in StoryText.Banner) surroundings.Show(line, Tone.Heading);
        surroundings.Show("Name your character. A name you used before brings you back.");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task EnterAsync(string line, CancellationToken cancellationToken)
    {
        if (!PlayerName.TryParse(line, out var name, out var refusal))
        {
            surroundings.Show(refusal, Tone.Error);
            return;
        }

        var names = new Names(surroundings.Store, surroundings.Clock);
        if (await names.OwnerAsync(name, cancellationToken) is not { } owner)
        {
            Next = new ArrivalStage(surroundings, name);
            return;
        }

        if (!Settle.IsOver(owner.Since, surroundings.Clock.Now))
        {
            surroundings.Show($"Somebody is registering as {name.Shown} this very moment. If it is not you, take another name.", Tone.Error);
            return;
        }

        var character = Character.Read(await surroundings.Store.Get(PlayerKeys.Character(owner.Player), cancellationToken))
            ?? new Character { Name = name.Shown, Born = owner.Since.Value };
        Next = character.Lock is null
            ? new CampusStage(await Player.ReturnAsync(surroundings, owner.Player, character, cancellationToken))
            : new PassphraseStage(surroundings, owner.Player, character);
    }
}
