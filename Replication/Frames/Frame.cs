namespace Cmud.Replication.Frames;

/// <summary>What a frame is, beside what it carries.</summary>
[Flags]
public enum FrameFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The sender has not yet heard the receiver's present incarnation: tell me all you have.</summary>
    Hello = 1,

    /// <summary>The sender waits for an answer, though the frame carries no data.</summary>
    Ping = 2,

    /// <summary>Send me all that you hold and I do not: a newcomer's word to one server, which spares the way on which it would ask.</summary>
    WantAll = 4,

    /// <summary>The sender began this life with what a former one left on its disk.</summary>
    Restored = 8,

    /// <summary>What the receiver holds may not come back: it was forgotten, or restored from before deletes that were purged since. It is to begin anew, empty.</summary>
    Fenced = 16,
}

/// <summary>The one server-to-server message. One-way; an answer is a later frame. Immutable once built.</summary>
/// <remarks>
/// Losing one, getting it twice or out of order is harmless: <see cref="Have"/> only grows within an incarnation, entries
/// merge, and what is not told as held is sent again.
/// </remarks>
public sealed record Frame
{
    /// <summary>The sender, in its present life.</summary>
    public required Origin From { get; init; }

    /// <summary>The receiver in the life that the sender knows; default in a first hello, when only its address is known.</summary>
    /// <remarks>Frames to an earlier life carry true claims and entries, but their echo counts the frames of that life.</remarks>
    public required Origin To { get; init; }

    /// <summary>The frame's number on this link, from 1.</summary>
    public required ulong Number { get; init; }

    /// <summary>The greatest frame number that the sender received from the receiver's present life; 0 for none.</summary>
    public ulong Echo { get; init; }

    /// <summary>The longest <see cref="EchoHeld"/>: it then says "this or longer", which is no measure of a round trip.</summary>
    public static readonly TimeSpan MaxEchoHeld = TimeSpan.FromMinutes(1);

    /// <summary>How long the sender held that number before this frame: round trip = sent to arrived, less this. At most <see cref="MaxEchoHeld"/>.</summary>
    public TimeSpan EchoHeld { get; init; }

    /// <summary>The wall of the sender's machine as the frame left, right or wrong; null where it is not said.</summary>
    public DateTimeOffset? Wall { get; init; }

    /// <summary>A promise: no lower stamp of the sender will follow, and all lower ones have sequences it told. 0: no promise yet.</summary>
    public HybridTimestamp ClockFloor { get; init; }

    /// <summary>The last sequence of the sender's journal as the frame left: all that it had acknowledged is at or below.</summary>
    public ulong Head { get; init; }

    /// <summary>How many bytes of data the sender can take before its next frame; bounds the window.</summary>
    public uint Credit { get; init; } = uint.MaxValue;

    /// <summary>See <see cref="FrameFlags"/>.</summary>
    public FrameFlags Flags { get; init; }

    /// <summary>What the sender holds durably, by origin: the sets that changed since it last knew itself understood; all of them at hello.</summary>
    public IReadOnlyList<Holding> Have { get; init; } = [];

    /// <summary>Per origin, the sequence up to which every query grain of the sender shows all (for WaitVisible; not filled yet).</summary>
    public IReadOnlyList<Mark> Visible { get; init; } = [];

    /// <summary>Per origin, all sequences that the sender was sent too early: they wait for its clock, and are not to be sent again until it asks.</summary>
    public IReadOnlyList<Holding> Deferred { get; init; } = [];

    /// <summary>Entries under way.</summary>
    public IReadOnlyList<Section> Push { get; init; } = [];

    /// <summary>Please send these.</summary>
    public IReadOnlyList<Holding> Want { get; init; } = [];

    /// <summary>Whether both hold the same; see <see cref="DigestParts"/>.</summary>
    public DigestParts Digest { get; init; } = DigestParts.None;

    /// <summary>All servers the sender knows, itself included; empty where the receiver knows that it was told.</summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>Whether the receiver owes an answer: what carries data, wants or a hello is answered at the next slot.</summary>
    public bool WantsAnswer => Push.Count > 0 || Want.Count > 0 || (Flags & (FrameFlags.Hello | FrameFlags.Ping)) != 0;
}

/// <summary>Sequences of one origin.</summary>
/// <param name="Origin">Whose.</param>
/// <param name="Sequences">Which; not to be changed.</param>
/// <param name="IsWhole">Whether these are all; otherwise they are the lowest, and nothing is said of what lies above them.</param>
public sealed record Holding(Origin Origin, IntervalSet Sequences, bool IsWhole = true);

/// <summary>A sequence of one origin.</summary>
/// <param name="Origin">Whose.</param>
/// <param name="Sequence">Which.</param>
public readonly record struct Mark(Origin Origin, ulong Sequence);

/// <summary>A server as the others know it.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Address">The advertised host:port of its gateway; empty where it was forgotten.</param>
/// <param name="Name">Its label.</param>
public sealed record Member(ServerId Id, string Address, string Name)
{
    /// <summary>Whether an operator said that it never returns. That stays so for ever: what comes back under its id is turned away.</summary>
    public bool IsForgotten => Address.Length == 0;

    /// <summary>The word that a server never returns.</summary>
    public static Member Forgotten(ServerId id) => new(id, "", "");
}
