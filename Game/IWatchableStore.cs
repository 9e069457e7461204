namespace Cmud.Game;

/// <summary>A store that also tells what changes. The game plays on any <see cref="IWorldStore"/>; on one of these it lists less.</summary>
public interface IWatchableStore : IWorldStore
{
    /// <summary>Begins to watch all keys that start with a prefix; nothing is waited for.</summary>
    /// <param name="prefix">What the keys start with.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IStoreWatch Watch(string prefix, CancellationToken cancellationToken);
}

/// <summary>A watch under way: tells all that there is, then what changes, newest per key. What was told may be told again, and for a moment something older.</summary>
/// <remarks>Disposing ends it.</remarks>
public interface IStoreWatch : IDisposable
{
    /// <summary>Whether it has ended by itself: nothing comes any more.</summary>
    bool IsBroken { get; }

    /// <summary>Takes the next event; false where none has come.</summary>
    bool TryTake(out StoreEvent next);
}

/// <summary>What a watch tells.</summary>
public enum StoreEventKind
{
    /// <summary>Forget all that was told: all that there is follows, until <see cref="Current"/>.</summary>
    Reset,

    /// <summary>A key has another value, or none.</summary>
    Change,

    /// <summary>All that there is was told.</summary>
    Current,
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Key">The key; empty but for <see cref="StoreEventKind.Change"/>.</param>
/// <param name="Value">Its value; null where it has none any more.</param>
public readonly record struct StoreEvent(StoreEventKind Kind, string Key = "", string? Value = null);
