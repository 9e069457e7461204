using System.Collections.Immutable;
using Cmud.Game.Economics;

namespace Cmud.Game.Places;

/// <summary>A place on campus.</summary>
/// <param name="Id">As typed and stored.</param>
/// <param name="Name">As shown.</param>
/// <param name="Text">What one sees.</param>
/// <param name="Exits">Ways out, in the order shown.</param>
/// <param name="Aliases">Other words for it.</param>
/// <param name="Rank">The least rank that may enter (the highest one ever held counts).</param>
/// <param name="Goal">The goal of the cluster that opens it, or null.</param>
/// <param name="Kind">What can be done here and nowhere else (<c>mining</c>, <c>shop</c>, <c>mail</c>, <c>fence</c>, <c>coke</c>, <c>help</c>, <c>stage</c>), or null.</param>
internal sealed record Room(
    string Id, string Name, string Text, ImmutableArray<Exit> Exits, ImmutableArray<string> Aliases, int Rank, string? Goal, string? Kind);

/// <summary>A way from a room to another.</summary>
internal sealed record Exit(Direction Way, string To);

/// <summary>Somebody who is always there.</summary>
/// <param name="Id">As typed.</param>
/// <param name="Name">As shown.</param>
/// <param name="Room">Where.</param>
/// <param name="Text">What one sees.</param>
/// <param name="Lines">What they say.</param>
/// <param name="IsAdvisor">Whether they advise students and sign for a committee.</param>
internal sealed record Npc(string Id, string Name, string Room, string Text, ImmutableArray<string> Lines, bool IsAdvisor);

/// <summary>The campus: rooms, the ways between them, and who lives there.</summary>
internal sealed class World
{
    private static readonly Lazy<World> Shipped = new(() => Load(DataFile.Embedded("world.json"), Economy.Standard));
    /// <summary>Fewer letters are a slip, not a place.</summary>
    private const int MinBeginning = 2;

    private readonly Economy _economy;
    private readonly Dictionary<string, Room> _byName;

    private World(WorldFile file, Economy economy)
    {
        _economy = economy;
        Rooms =
        [
            .. file.Rooms.Select(row => new Room(
                row.Id, row.Name, row.Text, [.. row.Exits.Select(exit => new Exit(Direction.All.First(way => way.Short == exit.Key), exit.Value))],
                [.. row.Aliases], row.Rank, row.Goal, row.Kind)),
        ];
        Npcs = [.. file.Npcs.Select(row => new Npc(row.Id, row.Name, row.Room, row.Text, [.. row.Lines], row.Advisor))];
        _byName = Rooms.SelectMany(room => room.Aliases.Prepend(room.Id).Select(name => (name, room))).ToDictionary(pair => pair.name, pair => pair.room);
        Start = _byName[file.Start];
    }

    /// <summary>The one that comes with the game.</summary>
    public static World Standard => Shipped.Value;

    /// <summary>All rooms, in the order of the map.</summary>
    public ImmutableArray<Room> Rooms { get; }

    /// <summary>All who live there.</summary>
    public ImmutableArray<Npc> Npcs { get; }

    /// <summary>Where a new player wakes.</summary>
    public Room Start { get; }

    /// <summary>Reads and checks a world.</summary>
    /// <exception cref="InvalidDataException">It is no world to walk in: one sentence for each fault.</exception>
    public static World Load(string json, Economy economy)
    {
        var file = DataFile.Read<WorldFile>("world.json", json);
        DataFile.Demand("world.json", file.Faults(economy.Ranks.Length, [.. economy.Cluster.Select(goal => goal.Id)]));
        return new(file, economy);
    }

    /// <summary>Rooms that a word is the beginning of, of their names or else of a word in them; none where it is too short to tell. Where one is left, it is meant.</summary>
    public IReadOnlyList<Room> Near(string words)
    {
        var lower = words.Trim().ToLowerInvariant();
        if (lower.StartsWith("the ", StringComparison.Ordinal)) lower = lower[4..].TrimStart();
        if (lower.Length < MinBeginning) return [];
        if (Find(lower) is { } exact) return [exact];

        var hyphened = lower.Replace(' ', '-');
        Room[] begun = [.. Rooms.Where(room => room.Aliases.Prepend(room.Id).Any(name => name.StartsWith(hyphened, StringComparison.Ordinal)) || Words(room).Any(start => start.StartsWith(lower, StringComparison.Ordinal)))];
        return begun.Length > 0 ? begun : [.. Rooms.Where(room => room.Aliases.Prepend(room.Id).Any(name => name.Length > MinBeginning && Play.VerbTable.IsNear(hyphened, name)))];

        // The name from each of its words on: "room" is a beginning in "machine room".
        static IEnumerable<string> Words(Room room)
        {
            var name = room.Name.ToLowerInvariant();
            for (var at = 0; at >= 0 && at < name.Length; at = name.IndexOf(' ', at) is var space && space < 0 ? -1 : space + 1) yield return name[at..];
        }
    }

    /// <summary>Whoever lives on campus, by id, name, or a word of it; or null.</summary>
    public Npc? FindNpc(string words)
    {
        var parts = words.ToLowerInvariant().Split([' ', '-'], StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["the" or "professor" or "prof", _, ..]) parts = parts[1..];
        return parts is [var only] ? Npcs.FirstOrDefault(npc => npc.Id == only || npc.Name.Split(' ')[^1].Equals(only, StringComparison.OrdinalIgnoreCase)) : null;
    }

    /// <summary>Whether a name would be taken for somebody who lives here.</summary>
    public bool IsReserved(PlayerName name) =>
        name.Lower is "professor" or "prof" || FindNpc(name.Lower) is not null
        || Npcs.Any(npc => npc.Name.Replace(" ", "", StringComparison.Ordinal).Equals(name.Lower.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));

    /// <summary>The room of an id, an alias or a name as typed, such as <c>fence</c>, <c>gates3</c>, <c>gates 3</c>, <c>The Cut</c>; or null.</summary>
    public Room? Find(string words)
    {
        var lower = words.Trim().ToLowerInvariant();
        if (_byName.TryGetValue(lower, out var room) || _byName.TryGetValue(lower.Replace(' ', '-'), out room)) return room;

        return _byName.GetValueOrDefault(lower.Replace(" ", "", StringComparison.Ordinal))
            ?? Rooms.FirstOrDefault(r => r.Name.Equals(lower, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Those who live in a room.</summary>
    public IEnumerable<Npc> NpcsIn(Room room) => Npcs.Where(npc => npc.Room == room.Id);

    /// <summary>Why somebody may not enter, in one sentence; null where they may.</summary>
    /// <param name="room">The room.</param>
    /// <param name="highestRank">The highest rank they ever held.</param>
    /// <param name="funded">What all contributed to the cluster together.</param>
    public string? Barred(Room room, int highestRank, Coins funded)
    {
        if (highestRank < room.Rank) return $"The door opens from the rank of {_economy.Ranks[room.Rank].Name} on.";
        if (room.Goal is { } id && _economy.Cluster.First(goal => goal.Id == id) is var goal && funded < goal.Coins)
            return $"Closed until the department cluster has {goal.Coins} (now {funded}): {goal.Name}.";

        return null;
    }

    /// <summary>The shortest way on foot through rooms that may be entered; empty where one is there already, null where there is none.</summary>
    public IReadOnlyList<Exit>? Path(Room from, Room to, Func<Room, bool> mayEnter)
    {
        var cameBy = new Dictionary<string, (string From, Exit By)> { [from.Id] = default };
        var next = new Queue<Room>([from]);
        while (next.TryDequeue(out var room) && !cameBy.ContainsKey(to.Id))
        {
            foreach (var exit in room.Exits.Where(exit => mayEnter(_byName[exit.To]) && cameBy.TryAdd(exit.To, (room.Id, exit)))) next.Enqueue(_byName[exit.To]);
        }

        if (!cameBy.ContainsKey(to.Id)) return null;

        var path = new List<Exit>();
        for (var at = to.Id; at != from.Id; at = cameBy[at].From) path.Insert(0, cameBy[at].By);
        return path;
    }
}
