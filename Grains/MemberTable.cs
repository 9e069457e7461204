using Cmud.Grains.Interfaces;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;

namespace Cmud.Grains;

/// <summary>The members as the sync machine of a server sees them.</summary>
internal static class MemberTable
{
    public static MembersReply Of(SyncMachine machine, Member me)
    {
        // Two addresses may lead to one server for a moment: the one that is up says how it is.
        var peers = machine.Peers.GroupBy(peer => peer.Id).ToDictionary(same => same.Key, same => same.OrderByDescending(peer => peer.IsUp).First());
        return new(me.Id.Value, [.. machine.Members.OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(member => member.Id).Select(State)]);

        MemberState State(Member member)
        {
            var peer = peers.GetValueOrDefault(member.Id);
            return new(member.Id.Value, member.Name, member.Address, member.Id == me.Id || peer?.IsUp == true, peer?.RoundTrip, machine.LackedBy(member.Id));
        }
    }
}
