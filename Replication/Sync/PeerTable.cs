using Cmud.Replication.Frames;

namespace Cmud.Replication.Sync;

/// <summary>Who the peers are, and where: one for each other server that was named, heard or dialled, however many names and lives it has had.</summary>
/// <param name="settings">How many there may be.</param>
/// <param name="self">This life.</param>
/// <param name="history">What is held; a new peer is pushed what is written from then on.</param>
/// <param name="members">All servers that are known.</param>
/// <param name="outputs">Takes the links to open and close, and what is to be said.</param>
internal sealed class PeerTable(SyncSettings settings, Origin self, History history, Members members, List<SyncOutput> outputs)
{
    private readonly List<Peer> _all = [];

    /// <summary>The peers, in the order in which they came.</summary>
    public List<Peer> All => _all;

    /// <summary>Those that are given up: whoever keeps something for them drops it.</summary>
    public event Action<Peer>? Dropped;

    /// <summary>The peer that is a server; null where none is.</summary>
    public Peer? Of(ServerId server) => _all.Find(peer => peer.Id == server);

    /// <summary>The peer that is dialled at an address; null where none is.</summary>
    public Peer? At(string address) => _all.Find(peer => peer.Address == address);

    /// <summary>Whether all members are peers.</summary>
    public bool IsWhole => members.AreAll(_all);

    /// <summary>What all peers have told that they hold of an origin; everything where there are none.</summary>
    public IntervalSet HeldByAll(Origin origin)
    {
        IntervalSet? held = null;
        foreach (var peer in _all)
        {
            if (peer.Id == ServerId.None) continue;
            if (peer.ToldOf(origin) is not { } told) return [];

            held = held is null ? told : held.Intersect(told);
        }

        return held ?? [new(0, ulong.MaxValue)];
    }

    /// <summary>Takes note that a server is to be dialled, whoever is there.</summary>
    public void Join(string address, TimeSpan now)
    {
        if (At(address) is null && !members.IsMe(address)) Add(address, ServerId.None, now);
    }

    /// <summary>Takes the members up that a former life of this server knew.</summary>
    public void Restore(IEnumerable<Member> known, TimeSpan now)
    {
        foreach (var member in known)
        {
            if (member.IsForgotten) members.Forget(member.Id);
            if (member.Id == self.Server || !members.Learn(member, isOwnWord: true)) continue;
            if (At(member.Address) is null) Add(member.Address, member.Id, now);
        }
    }

    /// <summary>
    /// The peer that sent a frame, made or renewed where the frame is the first of its life; null where a stranger did not
    /// say its address, so that it cannot be answered: its next heartbeat does.
    /// </summary>
    public Peer? Meet(Frame frame, string? cameBack, TimeSpan now, out bool isNewLife)
    {
        isNewLife = false;
        var peer = Of(frame.From.Server);
        // What comes back from an address that we dialled is of the server there, whatever address it goes by.
        if (peer is null && cameBack is not null && At(cameBack) is { } dialled && dialled.Id == ServerId.None) peer = dialled;
        if (peer is null)
        {
            var address = frame.Members.FirstOrDefault(member => member.Id == frame.From.Server)?.Address;
            if (address is null || _all.Count >= settings.MaxMembers) return null;

            peer = At(address) ?? Add(address, frame.From.Server, now);
        }

        isNewLife = peer.Origin != frame.From;
        if (isNewLife)
        {
            // A peer known by its address only may have been pushed to already: that goes on.
            peer.Meet(frame.From, history.Own.Have.UpTo, keepPush: peer.Origin is null);
            history.Log(frame.From);
        }
        else if ((frame.Flags & FrameFlags.Hello) != 0)
        {
            peer.TellAllAgain();
        }

        return peer;
    }

    /// <summary>Takes note that a peer begins a later life than the one that was heard, though nothing of it can be taken yet: what is said next is for whoever is there.</summary>
    /// <remarks>Two servers that know of each other the former lives alone, by frames that came late, would else speak to these for ever, and not take what they hear.</remarks>
    public void Outlive(Origin life)
    {
        if (Of(life.Server) is not { Origin: { } known } peer || !life.Succeeds(known)) return;

        peer.BecomeAnother(history.Own.Have.UpTo);
        peer.Id = life.Server;
        peer.OwesAnswer = true;
    }

    /// <summary>Takes note of the members that a frame tells of.</summary>
    public void Learn(Frame frame, Peer from, TimeSpan now)
    {
        foreach (var member in frame.Members)
        {
            if (member.Id == self.Server) continue;
            if (member.IsForgotten)
            {
                Forget(member.Id);
                continue;
            }

            var isOwnWord = member.Id == frame.From.Server;
            if (!members.Learn(member, isOwnWord)) continue;

            var peer = isOwnWord ? from : Of(member.Id) ?? At(member.Address);
            if (peer is null) Add(member.Address, member.Id, now);
            else if (peer.Id == ServerId.None) peer.Id = member.Id;
            else if (isOwnWord && !peer.IsLinked && peer.Address != member.Address) Move(peer, member.Address);
        }
    }

    /// <summary>Takes note of who answers at an address.</summary>
    public void Identify(string address, Member member)
    {
        if (At(address) is not { } peer) return;

        if (member.Id == self.Server)
        {
            outputs.Add(new Notice($"The address {address} leads to this server itself; it is not used."));
            Drop(peer);
            return;
        }

        if (_all.Find(other => other != peer && other.Id == member.Id) is { } twin)
        {
            // Two addresses of one server: the one that works stays.
            Drop(twin.IsLinked ? peer : twin);
            if (twin.IsLinked) return;
        }

        if (members.IsForgotten(member.Id))
        {
            // It is told so when it speaks; nothing is said to it.
            Drop(peer);
            return;
        }

        // Another server answers there: its directory was emptied, say. What the former one told means nothing of this one.
        if (peer.Id != ServerId.None && peer.Id != member.Id) peer.BecomeAnother(history.Own.Have.UpTo);
        peer.Id = member.Id;
        members.Learn(member, isOwnWord: true);
    }

    /// <summary>Gives a server up that never returns.</summary>
    public void Forget(ServerId server)
    {
        if (members.Forget(server) && Of(server) is { } peer) Drop(peer);
    }

    private Peer Add(string address, ServerId id, TimeSpan now)
    {
        var peer = new Peer(settings, address, history.Own.Have.UpTo, now) { Id = id };
        _all.Add(peer);
        history.HasPeers = true;
        outputs.Add(new OpenLink(address));
        return peer;
    }

    private void Move(Peer peer, string address)
    {
        outputs.Add(new CloseLink(peer.Address));
        peer.Address = address;
        outputs.Add(new OpenLink(address));
    }

    private void Drop(Peer peer)
    {
        _all.Remove(peer);
        Dropped?.Invoke(peer);
        outputs.Add(new CloseLink(peer.Address));
    }
}
