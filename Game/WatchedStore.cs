namespace Cmud.Game;

/// <summary>A store of which one prefix is listed again and again: from a watch where the store has one, else by List.</summary>
/// <remarks>
/// What the watch tells is kept here, and whoever lists gets that, so nobody else needs to know which of the two it was. A watch tells a little later than a
/// List of another replica may have shown, so this is for what is only ever added up: lines, letters, payments. Who may spend is asked of the store itself.
/// </remarks>
/// <param name="store">Is listed where the watch does not tell all: it has only begun, it broke, too much is there, or there is none.</param>
/// <param name="watchable">Has the watch; null for none.</param>
/// <param name="watched">The prefix.</param>
/// <param name="clock">For the pause before a further attempt.</param>
/// <param name="over">Ends the watch.</param>
internal sealed class WatchedStore(IWorldStore store, IWatchableStore? watchable, string watched, GameClock clock, CancellationToken over) : IWorldStore, IDisposable
{
    /// <summary>Most that is kept, in characters and what a key costs besides: 2 MB, or five lines each second for the ten minutes that lines are of use. Of more there is no watch: a host keeps it for each of its players.</summary>
    public const int MaxKept = 1_000_000;

    /// <summary>What a key costs beside its characters.</summary>
    private const int CostOfKey = 64;

    /// <summary>Most events taken in at a time; the rest waits for the next look.</summary>
    private const int MaxTaken = 20_000;

    /// <summary>How long nothing is watched after a watch broke: a server that refuses is not asked all the time.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _values = [];
    private IStoreWatch? _watch;
    private bool _isWhole;
    private long _kept;
    private GameTime _next;

    /// <inheritdoc/>
    public ValueTask<string?> Get(string key, CancellationToken cancellationToken) => store.Get(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask Put(string key, string value, CancellationToken cancellationToken) => store.Put(key, value, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken) =>
        prefix.StartsWith(watched, StringComparison.Ordinal) && Follow() ? Kept(prefix) : store.List(prefix, cancellationToken);

    /// <summary>Ends the watch; a later List begins another.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _watch = null;
        Clear();
    }

    /// <summary>Takes in what has come; whether that is all there is.</summary>
    private bool Follow()
    {
        if (watchable is null || clock.Now < _next) return false;

        _watch ??= watchable.Watch(watched, over);
        for (var taken = 0; taken < MaxTaken && _kept <= MaxKept && _watch.TryTake(out var next); taken++) Take(next);
        if (!_watch.IsBroken && _kept <= MaxKept) return _isWhole;

        Dispose();
        _next = clock.Now + Pause;
        return false;
    }

    private void Take(StoreEvent next)
    {
        if (next.Kind == StoreEventKind.Reset) Clear();
        else if (next.Kind == StoreEventKind.Current) _isWhole = true;
        else Set(next.Key, next.Value);
    }

    private void Set(string key, string? value)
    {
        if (_values.Remove(key, out var before)) _kept -= Cost(key, before);
        if (value is null)
        {
            _keys.Remove(key);
            return;
        }

        _keys.Add(key);
        _values[key] = value;
        _kept += Cost(key, value);
    }

    private void Clear()
    {
        _keys.Clear();
        _values.Clear();
        (_isWhole, _kept) = (false, 0);
    }

    private static long Cost(string key, string value) => CostOfKey + key.Length + value.Length;

    // Whole, before the first is given: whoever reads them may look again meanwhile.
    private IAsyncEnumerable<KeyValuePair<string, string>> Kept(string prefix) =>
        _keys.GetViewBetween(prefix, prefix + char.MaxValue).Select(key => KeyValuePair.Create(key, _values[key])).ToArray().ToAsyncEnumerable();
}
