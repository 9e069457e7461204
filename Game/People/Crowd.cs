using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>Who is where, as the store tells it now.</summary>
/// <param name="store">The world.</param>
/// <param name="clock">The time.</param>
/// <param name="isNamed">Whether somebody is known to have a name.</param>
internal sealed class Crowd(IWorldStore store, GameClock clock, Func<PlayerId, bool> isNamed)
{
    /// <summary>Most looked at who are not known to have a name; far more than one campus holds. Who is known is never among what is left out.</summary>
    private const int MaxStrangers = 5_000;

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
        var left = MaxStrangers;
        await foreach (var (key, value) in store.List(PlayerKeys.Locations, cancellationToken))
        {
            if (!PlayerKeys.TryParseLocation(key, out var id)) continue;

            var isStranger = !isNamed(id);
            if ((isStranger && left == 0) || Whereabouts.Read(value) is not { } where || !where.IsHere(now)) continue;

            people.Add(new(id, where));
            if (isStranger) left--;
        }

        people.Sort(static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return _last = people;
    }
}
