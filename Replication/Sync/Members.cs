using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>All servers that are known. Lists of members are merged by union, never replaced; nobody is expelled but by an operator's word.</summary>
internal sealed class Members(Member me, int max)
{
    private readonly Dictionary<ServerId, Member> _all = new() { [me.Id] = me };
    private readonly Dictionary<ServerId, ulong> _forgottenAt = [];

    /// <summary>This server.</summary>
    public Member Me => me;

    /// <summary>The members, then those that were forgotten: their word goes round as well.</summary>
    public IReadOnlyCollection<Member> All => _all.Values;

    /// <summary>How many other servers there are, without those that were forgotten.</summary>
    public int Others => _all.Values.Count(member => member.Id != me.Id && !member.IsForgotten);

    /// <summary>Counts the changes.</summary>
    public ulong Version { get; private set; } = 1;

    public bool IsMe(string address) => address == me.Address;

    public bool IsForgotten(ServerId id) => _all.TryGetValue(id, out var known) && known.IsForgotten;

    /// <summary>Takes note of a member; its own word about its address and name beats what others say.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Learn(Member member, bool isOwnWord)
    {
        var isKnown = _all.TryGetValue(member.Id, out var known);
        if (isKnown ? known!.IsForgotten || !isOwnWord || known == member : _all.Count >= max || IsMe(member.Address)) return false;

        _all[member.Id] = member;
        Version++;
        return true;
    }

    /// <summary>Takes note that a server never returns.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Forget(ServerId id)
    {
        if (id == me.Id || IsForgotten(id)) return false;

        _all[id] = Member.Forgotten(id);
        _forgottenAt[id] = ++Version;
        return true;
    }

    /// <summary>Whether every member that was not forgotten is among the peers: of one that is not, nobody can say what it holds.</summary>
    public bool AreAll(IReadOnlyCollection<Peer> peers) => _all.Values.All(member => member.Id == me.Id || member.IsForgotten || peers.Any(peer => peer.Id == member.Id));

    /// <summary>Whether a peer knows that a server was forgotten: from then on it takes nothing of it.</summary>
    public bool IsForgottenBy(Peer peer, ServerId id) => _forgottenAt.TryGetValue(id, out var version) && peer.KnowsMembers >= version;
}
