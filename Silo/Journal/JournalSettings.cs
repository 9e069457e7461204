namespace Cmud.Silo.Journal;

/// <summary>When a write counts as committed.</summary>
public enum Durability
{
    /// <summary>When the disk has confirmed it: it survives the loss of power.</summary>
    Fsync,

    /// <summary>When the operating system has it: it survives the end of the process; a loss of power takes the last 100 ms with it.</summary>
    Interval,

    /// <summary>At once, in memory only: it does not survive the process.</summary>
    Memory,
}

/// <summary>How a journal on disk is kept.</summary>
public sealed record JournalSettings
{
    /// <summary>When a write counts as committed; <see cref="Durability.Memory"/> is no journal on disk.</summary>
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>How much of the disk is left free: below that, writes are refused.</summary>
    /// <value>64 MiB by default: RocksDB allocates its log ahead (9 MiB), and writes tables anew (48 MiB) while the old ones are there.</value>
    public long Reserve { get; init; } = DefaultReserve;

    /// <summary>The least incarnation to begin with.</summary>
    public ulong LeastIncarnation { get; init; }

    /// <summary>The reserve of a server that is not told otherwise.</summary>
    public const long DefaultReserve = 64 << 20;
}
