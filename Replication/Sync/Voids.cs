namespace Cmud.Replication.Sync;

/// <summary>
/// Holes in ended lives that no member holds, nor can get any more: they are claimed as held, since nobody will ever fill them.
/// </summary>
/// <remarks>
/// <para>
/// Without it the sets of every life that ended in disorder stay in pieces for ever. The obvious test, that no peer has told of the
/// hole, is not enough: what a peer told may be older than what it got since, from the ended life itself or from
/// a holder that has died meanwhile.
/// </para>
/// <para>
/// So every member must first have told that it knows the later life, and the present life of every other member: from then on it takes
/// no frames of ended ones. What it told with that, or after it, touches the hole no more than what it can still get, because each of
/// those who could send it has told the same. A server that was forgotten has ended, too, for all who know of that.
/// </para>
/// </remarks>
internal sealed class Voids(Origin self, History history, Members known)
{
    public void Close(IReadOnlyCollection<Peer> peers)
    {
        var broken = history.Logs.Where(log => (log.Have.Floor < log.Have.UpTo || log.Shadows.UpTo > log.Have.UpTo) && (history.IsEnded(log.Origin) || known.IsForgotten(log.Origin.Server))).ToArray();
        if (broken.Length == 0 || !known.AreAll(peers)) return;

        var members = peers.Where(peer => peer.Id != ServerId.None).ToArray();
        var lives = members.Select(member => member.Origin).Append(self).ToArray();
        if (!Array.TrueForAll(members, member => Array.TrueForAll(lives, life => life == member.Origin || (life is { } known && member.Knows(known))))) return;

        foreach (var log in broken)
        {
            if (!Array.TrueForAll(members, member => member.KnowsEnd(log.Origin) || known.IsForgottenBy(member, log.Origin.Server))) continue;

            var holes = new IntervalSet { new(0, log.Have.UpTo) };
            holes.RemoveAll(log.Have);
            foreach (var member in members)
            {
                // A set that was cut says nothing of what lies above the cut.
                holes.Remove(new(member.ReachOf(log.Origin), ulong.MaxValue));
                if (member.ToldOf(log.Origin) is { } told) holes.RemoveAll(told);
            }

            foreach (var hole in holes) history.Claim(log.Origin, hole);
            // What lay above was lost with all who had it: nobody will ever show what was beaten there.
            if (Array.TrueForAll(members, member => member.ReachOf(log.Origin) == ulong.MaxValue && !(member.ToldOf(log.Origin)?.UpTo > log.Have.UpTo))) history.Clip(log);
        }
    }
}
