using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>Names and whose they are. The smallest claim to a name is its owner's; a new one counts once it has settled.</summary>
internal sealed class Names(IWorldStore store, GameClock clock)
{
    /// <summary>Most claims looked at: the smallest come first.</summary>
    private const int MaxClaims = 20;

    /// <summary>The owner of a name, or null. What is claimed but not settled has its claimant for an owner.</summary>
    public async Task<Owner?> OwnerAsync(PlayerName name, CancellationToken cancellationToken)
    {
        var left = MaxClaims;
        await foreach (var (key, value) in store.List(NameClaim.Prefix(name.Lower), cancellationToken))
        {
            if (left-- == 0) break;
            if (!NameClaim.TryParse(key, out var claim) || !PlayerId.TryParse(value, out var id)) continue;

            clock.Observe(claim.Time);
            return new(id, claim.Time, claim.Session);
        }

        return null;
    }

    /// <summary>Claims a name; who owns it is known after Settle.</summary>
    public async Task ClaimAsync(PlayerName name, PlayerId player, SessionId session, CancellationToken cancellationToken) =>
        await store.Put(new NameClaim(name.Lower, clock.Issue(), session).ToString(), player.ToString(), cancellationToken);
}

/// <summary>Whose a name is, since when, and by which session's claim.</summary>
internal readonly record struct Owner(PlayerId Player, GameTime Since, SessionId Session);
