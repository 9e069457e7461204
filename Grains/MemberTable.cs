using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;

namespace Cmud.Grains;

/// <summary>The members as the sync machine of a server sees them.</summary>
internal static class MemberTable
{
    /// <summary>Null where a server may be forgotten, else one sentence why not.</summary>
    public static string? RefuseForget(SyncMachine machine, Member me, ServerId server)
    {
        if (server == me.Id) return $"{me.Name} cannot forget itself; stop it, and tell another server.";
        if (machine.Members.FirstOrDefault(member => member.Id == server) is not { } member) return $"{me.Name} knows no server {server}; cmud members shows those that it knows.";

        return machine.Peers.Any(peer => peer.Id == server && peer.IsUp)
            ? $"{member.Name} at {member.Address} is up, and would lose what only it has; stop it first."
            : null;
    }

    public static MembersReply Of(SyncMachine machine, StoreServer server)
    {
        var (me, now) = (server.Me, server.Now);
        // Two addresses may lead to one server for a moment: the one that is up says how it is.
        var peers = machine.Peers.GroupBy(peer => peer.Id).ToDictionary(same => same.Key, same => same.OrderByDescending(peer => peer.IsUp).First());
        return new(me.Id.Value, [.. machine.Members.OrderBy(member => member.Name, StringComparer.Ordinal).ThenBy(member => member.Id).Select(State)], machine.IsCaughtUp);

        MemberState State(Member member)
        {
            var peer = peers.GetValueOrDefault(member.Id);
            return new(member.Id.Value, member.Name, member.Address, member.Id == me.Id || peer?.IsUp == true, peer?.RoundTrip, machine.LackedBy(member.Id), member.Id == me.Id ? server.Time.Error : machine.ClockOffset(member.Id, now));
        }
    }
}
