using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>Who has the name they speak under, by the claims; asked for once and remembered for a while.</summary>
/// <remarks>
/// A writer's id costs nothing: who makes up one for each line would never meet a bound that counts by writers. A name costs a claim that has
/// settled, and there is one of each. Whoever has none shares one allowance with all others who have none.
/// </remarks>
internal sealed class Acquaintances(Names names, Func<GameTime> now)
{
    /// <summary>Names asked for in one look, a List each: 40 in a second, of which an honest client that knows its people needs none.</summary>
    private const int MaxAsked = 20;

    /// <summary>Most remembered; beyond, all are asked for anew.</summary>
    private const int MaxKnown = 10_000;

    /// <summary>How long an answer holds: a name may go to an earlier claim.</summary>
    private static readonly TimeSpan Holds = TimeSpan.FromMinutes(10);

    /// <summary>The same where it was no: a newcomer's claim settles while they speak.</summary>
    private static readonly TimeSpan HoldsNot = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(PlayerId Id, string Name), (bool Has, GameTime Until)> _known = [];
    private int _asked;

    /// <summary>A look begins.</summary>
    public void Begin() => _asked = 0;

    /// <summary>Whether somebody has a name; null where that is not known, and too many were asked for in this look.</summary>
    public async Task<bool?> HasAsync(PlayerId id, string name, CancellationToken cancellationToken)
    {
        if (!PlayerName.TryParse(name, out var parsed, out _)) return false;
        if (Knows(id, parsed.Lower) is { } known) return known;
        if (_asked++ >= MaxAsked) return null;
        if (_known.Count >= MaxKnown) _known.Clear();

        var has = await names.OwnerAsync(parsed, cancellationToken) is { } owner && owner.Player == id && Settle.IsOver(owner.Since, now());
        _known[(id, parsed.Lower)] = (has, now() + (has ? Holds : HoldsNot));
        return has;
    }

    /// <summary>A name as it is shown: with a mark where nothing proves that it is theirs who bear it.</summary>
    public static string Shown(string name, bool isProven) => isProven ? name : $"{name} (?)";

    /// <summary>Whether somebody was found to have a name, lately.</summary>
    public bool IsKnown(PlayerId id, string name) => Knows(id, name.ToLowerInvariant()) == true;

    private bool? Knows(PlayerId id, string lower) => _known.TryGetValue((id, lower), out var known) && now() < known.Until ? known.Has : null;
}
