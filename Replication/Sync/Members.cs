using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>All servers that are known. Lists of members are merged by union, never replaced; nobody is expelled.</summary>
internal sealed class Members(Member me, int max)
{
    private readonly Dictionary<ServerId, Member> _all = new() { [me.Id] = me };

    /// <summary>This server.</summary>
    public Member Me => me;

    public IReadOnlyCollection<Member> All => _all.Values;

    /// <summary>Counts the changes.</summary>
    public ulong Version { get; private set; } = 1;

    public bool IsMe(string address) => address == me.Address;

    /// <summary>Takes note of a member; its own word about its address and name beats what others say.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Learn(Member member, bool isOwnWord)
    {
        var isKnown = _all.TryGetValue(member.Id, out var known);
        if (isKnown ? !isOwnWord || known == member : _all.Count >= max || IsMe(member.Address)) return false;

        _all[member.Id] = member;
        Version++;
        return true;
    }
}
