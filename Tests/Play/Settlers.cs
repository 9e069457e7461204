using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Tests.Play;

/// <summary>People who enrolled a while ago and have mined since, as their clients left them in the store: a claim, a character, a birth, a place.</summary>
/// <param name="Ids">Who, in the order of their names.</param>
/// <param name="Stored">What is to be put.</param>
internal sealed record Settlers(IReadOnlyList<PlayerId> Ids, IReadOnlyDictionary<string, string> Stored)
{
    /// <summary>Such people.</summary>
    /// <param name="random">Chance, for their ids.</param>
    /// <param name="ago">How long ago they enrolled: an hour of the old laptop is 720 TC, and 12 to begin with.</param>
    /// <param name="room">Where they come back to.</param>
    /// <param name="names">Their names.</param>
    public static Settlers Of(Random random, TimeSpan ago, string room, IReadOnlyList<string> names)
    {
        var born = GameTime.Of(TimeProvider.System.GetUtcNow() - ago);
        var (ids, stored) = (new List<PlayerId>(), new Dictionary<string, string>());
        foreach (var name in names)
        {
            var (id, session) = (PlayerId.New(random), SessionId.New(random));
            ids.Add(id);
            stored[new NameClaim(new PlayerName(name).Lower, born, session).ToString()] = id.ToString();
            stored[PlayerKeys.Character(id)] = new Character { Name = name, Born = born.Value }.Write();
            stored[new LedgerKey(id, session, 1).ToString()] = new LedgerEntry(born, EntryKind.Born).Write();
            stored[PlayerKeys.Location(id)] = Whereabouts.Of(name, room, Whereabouts.Away, born, born).Write();
        }

        return new(ids, stored);
    }
}
