using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>The banner, and the question who it is.</summary>
internal sealed class NameStage(Surroundings surroundings) : Stage
{
    /// <inheritdoc/>
    public override string Prompt => "> ";

    /// <inheritdoc/>
    public override bool TakesCommands => false;

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
        if (line.Trim().ToLowerInvariant() is "quit" or "exit" or "logout")
        {
            surroundings.Show("See you.");
            Next = new FarewellStage();
            return;
        }

        if (!PlayerName.TryParse(line, out var name, out var refusal))
        {
            surroundings.Show(refusal, Tone.Error);
            return;
        }

        var names = new Names(surroundings.Store, surroundings.Clock);
        if (await names.OwnerAsync(name, cancellationToken) is not { } owner)
        {
            if (VerbTable.Standard.IsWord(name.Lower))
            {
                surroundings.Show($"'{name.Shown}' is what one types for something else; take another name.", Tone.Error);
                return;
            }

            if (surroundings.World.IsReserved(name))
            {
                surroundings.Show($"Somebody called {name.Shown} lives here already; take another name.", Tone.Error);
                return;
            }

            Next = new ArrivalStage(surroundings, name);
            return;
        }

        if (!Settle.IsOver(owner.Since, surroundings.Clock.Now))
        {
            surroundings.Show($"Somebody is registering as {name.Shown} this very moment. If it is not you, take another name.", Tone.Error);
            return;
        }

        // One that cannot be read has no lock: otherwise whoever puts rubbish there locks its player out. (A character of our own writing is always short enough to be read.)
        var stored = await surroundings.Store.Get(PlayerKeys.Character(owner.Player), cancellationToken);
        var character = (Character.Read(stored) ?? new Character { Born = owner.Since.Value }).Named(name);

        // The lock stands where anyone may take it away; what the ledger says signed stays.
        var entries = new List<PostedEntry>();
        await foreach (var pair in surroundings.Store.List(LedgerKey.Prefix(owner.Player), cancellationToken))
        {
            if (PostedEntry.Read(owner.Player, pair) is { Entry.Kind: EntryKind.Secure } entry) entries.Add(entry);
        }

        var security = new Signatures().Of(owner.Player, entries);
        Next = character.Lock is null && security is null
            ? new CampusStage(await Player.ReturnAsync(surroundings, owner.Player, character, null, cancellationToken))
            : new PassphraseStage(surroundings, owner.Player, character, security);
    }
}
