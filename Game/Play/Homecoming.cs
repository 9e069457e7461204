using Cmud.Game.Keys;
using Cmud.Game.People;
using Cmud.Game.Play.Verbs;

namespace Cmud.Game.Play;

/// <summary>What one who comes back is told: returning must always show a gain.</summary>
internal static class Homecoming
{
    /// <summary>Says how long the player was away and what came of it.</summary>
    public static async Task TellAsync(Player player, CancellationToken cancellationToken)
    {
        var account = player.Book.Account;
        var economy = player.Surroundings.Economy;
        player.Show($"Welcome back, {player.Name}, {economy.Ranks[account.Rank].Name}.", Tone.Heading);
        if (Whereabouts.Read(await player.Store.Get(PlayerKeys.Location(player.Id), cancellationToken)) is { } where)
        {
            // A time that cannot be was put there by somebody else: then the ledger tells when one was last here.
            var now = player.Now;
            var left = Spans.IsLikely(new(where.Time), now) ? new GameTime(where.Time) : player.Book.AccountAt(default).Last;
            var then = player.Book.AccountAt(left);
            var gain = Coins.Greater(Coins.Zero, account.Balance - then.Balance);
            var capped = now - then.Last > economy.AwayCap ? $" (a rig mines {economy.AwayCap.TotalHours:0} h unattended, no longer)" : "";
            player.Show($"You were away {Spans.Short(now - left)}: +{Money.Text(player, gain)}{capped}.", Tone.Success);
        }

        await player.Ears.Letters.PollAsync(cancellationToken);
        if (player.Ears.Letters.Unread is var unread and > 0) player.Show($"{unread} {(unread == 1 ? "letter waits" : "letters wait")} for you. (mail)", Tone.Event);
        if (player.Book.Pending is { Milli: > 0 } pending) player.Show($"On its way to you: {Money.Text(player, pending)}.");
    }
}
