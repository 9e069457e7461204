namespace Cmud.Game;

/// <summary>The port through which the game's rules see the store: three verbs, nothing else.</summary>
public interface IWorldStore
{
    /// <summary>The value of a key, or null where it is absent.</summary>
    ValueTask<string?> Get(string key, CancellationToken cancellationToken);

    /// <summary>Sets a key; completes when the store has accepted the write.</summary>
    ValueTask Put(string key, string value, CancellationToken cancellationToken);

    /// <summary>All keys that start with a prefix, with their values, in order.</summary>
    IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken);
}
