using Cmud.Replication;

namespace Cmud.Client;

/// <summary>What a watch tells.</summary>
public enum WatchEventKind
{
    /// <summary>Forget all that was told: all that there is follows, in the order of the keys, until <see cref="Current"/>.</summary>
    Reset,

    /// <summary>A key has a value.</summary>
    Put,

    /// <summary>A key was deleted, or has expired.</summary>
    Delete,

    /// <summary>All that there is was told; what follows is what changes. Told once after each beginning.</summary>
    Current,
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Key">The key; empty for <see cref="WatchEventKind.Reset"/> and <see cref="WatchEventKind.Current"/>.</param>
/// <param name="Value">Its value; null but for <see cref="WatchEventKind.Put"/>.</param>
/// <param name="Position">Where a watch goes on that was told this, with this server or any other: it may tell the last few events again, but misses none. Null where that is the beginning.</param>
public sealed record WatchEvent(WatchEventKind Kind, string Key, string? Value, string? Position)
{
    /// <summary>In the place of a position: from now on.</summary>
    public const string Now = "now";

    /// <summary>The stamp of the write; null where it is not known any more, as of a delete that was forgotten.</summary>
    public Stamp? Stamp { get; init; }

    /// <summary>How long the value is still there; null for ever.</summary>
    public TimeSpan? TimeLeft { get; init; }
}
