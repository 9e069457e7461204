using Cmud.Game.Feeds;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>Who has the name they speak under, by the claims; asked for once and remembered for a while.</summary>
/// <remarks>
/// A writer's id costs nothing: who makes up one for each line would never meet a bound that counts by writers. A name costs a claim that has
/// settled, and there is one of each. Whoever has none shares one allowance with all others who have none. A writer's id can be written by
/// anybody as well: who secured the ledger signs each line too, and what is not signed is then a stranger's.
/// </remarks>
internal sealed class Acquaintances(IWorldStore store, GameClock clock)
{
    /// <summary>Names asked for in one look, a List each: 40 in a second, of which an honest client that knows its people needs none.</summary>
    private const int MaxAsked = 20;

    /// <summary>Most remembered; beyond, all are asked for anew.</summary>
    private const int MaxKnown = 10_000;

    /// <summary>How long an answer holds: a name may go to an earlier claim.</summary>
    private static readonly TimeSpan Holds = TimeSpan.FromMinutes(10);

    /// <summary>The same where it was no: a newcomer's claim settles while they speak.</summary>
    private static readonly TimeSpan HoldsNot = TimeSpan.FromSeconds(10);

    /// <summary>Most signatures verified in one look, half a millisecond each; lines beyond are a stranger's.</summary>
    private const int MaxVerified = 100;

    private readonly Dictionary<(PlayerId Id, string Name), (bool Has, GameTime Until)> _known = [];

    /// <summary>Who was found to have a name, whichever.</summary>
    private readonly HashSet<PlayerId> _named = [];

    /// <summary>Who was found to sign. It stays so: no later Put of somebody else makes it untrue.</summary>
    private readonly HashSet<PlayerId> _signing = [];
    private int _asked;
    private int _verified;

    /// <summary>A look begins.</summary>
    public void Begin() => (_asked, _verified) = (0, 0);

    /// <summary>Whether a line is by whom it says it is, as far as that can be told: the name is theirs, and it is signed where they sign. Null where too much was asked for in this look.</summary>
    public async Task<bool?> IsByAsync(PlayerId id, string key, FeedLine line, CancellationToken cancellationToken)
    {
        var hasName = await HasAsync(id, line.Name, cancellationToken);
        if (hasName != true) return hasName;
        if (line.Signature is null) return !_signing.Contains(id);
        if (_verified++ >= MaxVerified) return null;
        if (!line.IsSignedBy(id, key)) return false;

        _signing.Add(id);
        return true;
    }

    /// <summary>Whether somebody has a name; null where that is not known, and too many were asked for in this look.</summary>
    public async Task<bool?> HasAsync(PlayerId id, string name, CancellationToken cancellationToken)
    {
        if (!PlayerName.TryParse(name, out var parsed, out _)) return false;
        if (Knows(id, parsed.Lower) is { } known) return known;
        if (_asked++ >= MaxAsked) return null;
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
            _named.Clear();
        }

        var has = await new Names(store, clock).OwnerAsync(parsed, cancellationToken) is { } owner && owner.Player == id && Settle.IsOver(owner.Since, clock.Now);
        _known[(id, parsed.Lower)] = (has, clock.Now + (has ? Holds : HoldsNot));
        if (has && _named.Add(id) && await Sessions.SignsAsync(store, id, cancellationToken)) _signing.Add(id);
        return has;
    }

    /// <summary>A name as it is shown: with a mark where nothing proves that it is theirs who bear it.</summary>
    public static string Shown(string name, bool isProven) => isProven ? name : $"{name} (?)";

    /// <summary>Whether somebody was found to have a name, lately.</summary>
    public bool IsKnown(PlayerId id, string name) => Knows(id, name.ToLowerInvariant()) == true;

    /// <summary>Whether somebody was found to have any name.</summary>
    public bool IsNamed(PlayerId id) => _named.Contains(id);

    private bool? Knows(PlayerId id, string lower) => _known.TryGetValue((id, lower), out var known) && clock.Now < known.Until ? known.Has : null;
}
