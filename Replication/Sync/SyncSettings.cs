namespace Cmud.Replication.Sync;

/// <summary>The bounds and times of the sync protocol, each with its arithmetic.</summary>
public sealed record SyncSettings
{
    /// <summary>Least time between two messages of an ordered pair of grains, local or remote.</summary>
    /// <remarks>
    /// Shorter: fresher reads, more messages. 110 ms sends at most 10 messages in any sliding second, as promised (100 ms
    /// exactly allows 11); two hops (journal to sync grain, sync grain to query grain) stay well within the promised 500 ms.
    /// </remarks>
    /// <value>110 ms by default; at least 110 ms.</value>
    public TimeSpan SendInterval { get; init; } = TimeSpan.FromMilliseconds(110);

    /// <summary>Data of a frame, about; frames are further sized to <see cref="LinkTime"/> of the link, since the next one follows then.</summary>
    public int MaxFrameBytes { get; init; } = 2 << 20;

    /// <summary>Least budget of a frame, whatever the link's rate seems to be.</summary>
    public int MinFrameBytes { get; init; } = 64 << 10;

    /// <summary>Budget of the first frame: 100 ms of a link of 20 Mbit/s.</summary>
    /// <remarks>Each doubling takes a loop, 0.7 s at 250 ms one way, in which what is behind grows.</remarks>
    public int FirstFrameBytes { get; init; } = 256 << 10;

    /// <summary>Data of a section, about: what a receiver takes in at a time.</summary>
    /// <remarks>700 entries of 16 and 64 bytes; at up to 3 us each, where a million keys are held, 2 ms.</remarks>
    public int MaxSectionBytes { get; init; } = 64 << 10;

    /// <summary>How long a frame may take on the link and at the receiver.</summary>
    public TimeSpan LinkTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Most bytes of riders in a frame. Beyond it a claim rests on the digest; see <see cref="OriginLog"/>.</summary>
    public int MaxRiderBytes { get; init; } = 1 << 20;

    /// <summary>Un-acknowledged bytes that a peer may always have under way.</summary>
    public int MinWindow { get; init; } = 1 << 20;

    /// <summary>Un-acknowledged bytes that a peer may never exceed: what a slow peer can cost in the transport.</summary>
    public int MaxWindow { get; init; } = 16 << 20;

    /// <summary>A peer that owes an answer for longer than this (or two round trips) gets no more data, only heartbeats.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A peer that owes an answer for this long gets a new link: the old one may hold messages that are never expired.</summary>
    public TimeSpan LinkReset { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Heartbeat while the sets that the peer was told are not the present ones.</summary>
    public TimeSpan BusyHeartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Heartbeat of a converged, idle or silent pair.</summary>
    public TimeSpan IdleHeartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to lack what a peer holds, beyond its round trip and one send interval, before asking for it: the live push may be on its way.</summary>
    public TimeSpan WantDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Least time before what was sent and not acknowledged is sent again; doubles up to <see cref="MaxResendDelay"/>.</summary>
    public TimeSpan MinResendDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Most time between two sends of the same.</summary>
    public TimeSpan MaxResendDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most intervals of one origin that a frame tells or asks for: the lowest. A held set may have more, under heavy loss.</summary>
    /// <remarks>At about 4 bytes each, 4 KiB. At most what the codec reads, 4,096.</remarks>
    public int MaxIntervals { get; init; } = 1_024;

    /// <summary>Most beaten positions that are remembered, over all origins; see <see cref="OriginLog"/>.</summary>
    /// <remarks>At about 165 bytes each, 11 MB. More can only be outstanding while a member is away, or far behind.</remarks>
    public int MaxShadows { get; init; } = 65_536;

    /// <summary>A gap of more sequences than this is asked of several holders at once, a part of each.</summary>
    public ulong SplitGap { get; init; } = 50_000;

    /// <summary>Most members, and so peers: the member lists of frames and the links stay bounded whatever is claimed.</summary>
    public int MaxMembers { get; init; } = 1_024;

    /// <summary>How long a bucket of keys must rest at both sides before a difference counts, and how often roots are compared.</summary>
    /// <remarks>Longer than any frame is under way: what changed a bucket at one side is by then told to the other, and held there.</remarks>
    public TimeSpan Settled { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Least time between two looks beneath roots that differ while writes go on: then they always do.</summary>
    /// <remarks>A look costs the sums of all groups and of 4 of them: 20 KiB, in 30 s 0.7 kB/s a pair.</remarks>
    public TimeSpan BusyLook { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An entry whose stamp lies further than this above the receiver's clock is deferred; see <see cref="Deferrals"/>.</summary>
    /// <remarks>
    /// Twice <see cref="ServerClock.Tolerance"/>, so nothing is deferred between servers that hear one another. It is also by how much, at most, a server with a wrong clock can push
    /// the stamps of others ahead: they stamp above what they have merged.
    /// </remarks>
    public TimeSpan MaxAhead { get; init; } = 2 * ServerClock.Tolerance;

    /// <summary>For the simulator: off, a server believes its machine's clock whatever the others say, as one that hears nobody must.</summary>
    internal bool AgreesOnTime { get; init; } = true;

    /// <summary>For the simulator's test of itself: off, a section is claimed as a whole, with the entries that are deferred.</summary>
    internal bool DefersClaims { get; init; } = true;

    /// <summary>For the simulator's test of itself: on, what is deferred is never asked for again.</summary>
    internal bool ForgetsDeferred { get; init; }

    /// <summary>For the simulator's test of itself: off, a receiver takes the end of a section for all before it.</summary>
    internal bool TrackGaps { get; init; } = true;

    /// <summary>For the simulator's test of itself: off, tombstones are purged as soon as they are held.</summary>
    internal bool AwaitFloors { get; init; } = true;

    /// <summary>For the simulator's test of itself: off, a beaten entry is forgotten at once, and its winner never rides along.</summary>
    internal bool KeepBeaten { get; init; } = true;
}
