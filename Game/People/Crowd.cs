using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>Who is where, as the store tells it now.</summary>
internal sealed class Crowd(IWorldStore store, GameClock clock)
{
    /// <summary>Most players looked at; far more than one campus holds.</summary>
    private const int MaxPlayers = 5_000;

    /// <summary>Most people shown in one place, two screens of them; of more the number is told.</summary>
    public const int MaxShown = 50;

    private List<Person> _last = [];

    /// <summary>Everybody who was there at the last look: for completion, which may not wait.</summary>
    public IReadOnlyList<Person> LastSeen => _last;

    /// <summary>As many as are shown, those first who are known to have the names they go by: shadows come last. And how many more there are.</summary>
    public static (IReadOnlyList<Person> Shown, int More) Cut(IReadOnlyCollection<Person> people, Func<Person, bool> isKnown)
    {
        if (people.Count <= MaxShown) return ([.. people], 0);

        Person[] shown = [.. people.OrderByDescending(isKnown).Take(MaxShown)];
        Array.Sort(shown, static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return (shown, people.Count - shown.Length);
    }

    /// <summary>One who is there, by id; null where they are not.</summary>
    public async Task<Person?> FindAsync(PlayerId id, CancellationToken cancellationToken) =>
        Whereabouts.Read(await store.Get(PlayerKeys.Location(id), cancellationToken)) is { } where && where.IsHere(clock.Now) ? new(id, where) : null;

    /// <summary>Everybody who is there, by name.</summary>
    public async Task<IReadOnlyList<Person>> LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var people = new List<Person>();
        var left = MaxPlayers;
        await foreach (var (key, value) in store.List(PlayerKeys.Locations, cancellationToken))
        {
            if (!PlayerKeys.TryParseLocation(key, out var id) || Whereabouts.Read(value) is not { } where || !where.IsHere(now)) continue;

            people.Add(new(id, where));
            if (--left == 0) break;
        }

        people.Sort(static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return _last = people;
    }
}
