using System.Globalization;
using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>Names and whose they are. The smallest claim to a name is its owner's; a new one counts once it has settled.</summary>
internal sealed class Names(IWorldStore store, GameClock clock)
{
    /// <summary>Most claims looked at, the smallest first; nonsense does not count.</summary>
    private const int MaxClaims = 500;

    /// <summary>The last suffix of a name that several people have: with more of them something else is wrong.</summary>
    private const int MaxSuffix = 9;

    /// <summary>The owner of a name, or null. What is claimed but not settled has its claimant for an owner.</summary>
    public async Task<Owner?> OwnerAsync(PlayerName name, CancellationToken cancellationToken)
    {
        var left = MaxClaims;
        await foreach (var (key, value) in store.List(NameClaim.Prefix(name.Lower), cancellationToken))
        {
            if (!NameClaim.TryParse(key, out var claim) || !PlayerId.TryParse(value, out var id)) continue;
            if (left-- == 0) break;

            // A claim from far ahead would keep everybody waiting until then.
            if (!clock.Believes(claim.Time)) continue;

            return new(id, claim.Time, claim.Session);
        }

        return null;
    }

    /// <summary>Finds a name for one whose own went to an earlier claim, as it happens where servers were apart for longer than Settle, and claims it.</summary>
    /// <returns>The name, such as Heather-2; null where none is free.</returns>
    public async Task<PlayerName?> RenameAsync(PlayerName lost, PlayerId player, SessionId session, CancellationToken cancellationToken)
    {
        for (var number = 2; number <= MaxSuffix; number++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{lost.Shown[..Math.Min(lost.Shown.Length, PlayerName.MaxLength - 2)].TrimEnd('-')}-{number}");
            if (!PlayerName.TryParse(text, out var name, out _)) return null;

            var owner = await OwnerAsync(name, cancellationToken);
            if (owner is { } other && other.Player != player) continue;
            if (owner is null) await ClaimAsync(name, player, session, cancellationToken);
            return name;
        }

        return null;
    }

    /// <summary>Claims a name; who owns it is known after Settle.</summary>
    public async Task ClaimAsync(PlayerName name, PlayerId player, SessionId session, CancellationToken cancellationToken) =>
        await store.Put(new NameClaim(name.Lower, clock.IssueHere(), session).ToString(), player.ToString(), cancellationToken);
}

/// <summary>Whose a name is, since when, and by which session's claim.</summary>
internal readonly record struct Owner(PlayerId Player, GameTime Since, SessionId Session);
