using Cmud.Game.Keys;

namespace Cmud.Game.Places;

/// <summary>What <c>world.json</c> holds, as written there.</summary>
internal sealed record WorldFile(int Version, string Start, WorldFile.RoomRow[] Rooms, WorldFile.NpcRow[] Npcs)
{
    internal sealed record RoomRow(
        string Id, string Name, string Text, Dictionary<string, string> Exits, string[] Aliases, int Rank = 0, string? Goal = null, string? Kind = null);

    internal sealed record NpcRow(string Id, string Name, string Room, string Text, string[] Lines, bool Advisor = false);

    /// <summary>What is wrong with the world, a sentence for each fault.</summary>
    /// <param name="ranks">How many ranks there are.</param>
    /// <param name="goals">The goals of the cluster.</param>
    public IReadOnlyList<string> Faults(int ranks, IReadOnlyCollection<string> goals)
    {
        var faults = new List<string>();
        if (Version != 1) faults.Add($"version is {Version} but this program reads 1.");

        var byId = Rooms.GroupBy(room => room.Id).ToDictionary(group => group.Key, group => group.First());
        if (!byId.ContainsKey(Start)) faults.Add($"start is '{Start}', which is no room.");
        foreach (var room in Rooms)
        {
            if (string.IsNullOrWhiteSpace(room.Name) || string.IsNullOrWhiteSpace(room.Text)) faults.Add($"room {room.Id} has no name or no text.");
            if (room.Rank < 0 || room.Rank >= ranks) faults.Add($"room {room.Id} asks for rank {room.Rank}, which does not exist.");
            if (room.Goal is { } goal && !goals.Contains(goal)) faults.Add($"room {room.Id} waits for goal '{goal}', which does not exist.");
            foreach (var (way, to) in room.Exits) faults.AddRange(ExitFaults(room, way, to, byId));
        }

        var names = Rooms.SelectMany(room => room.Aliases.Prepend(room.Id)).ToArray();
        faults.AddRange(names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => $"'{group.Key}' names two rooms."));
        faults.AddRange(names.Where(name => !KeyText.IsPart(name)).Select(name => $"'{name}' cannot be typed as one word."));
        foreach (var npc in Npcs)
        {
            if (!byId.ContainsKey(npc.Room)) faults.Add($"{npc.Name} stands in '{npc.Room}', which is no room.");
            if (npc.Lines.Length == 0) faults.Add($"{npc.Name} has nothing to say.");
        }

        if (faults.Count == 0) faults.AddRange(Unreachable(byId).Select(id => $"room {id} cannot be reached from {Start}."));
        return faults;
    }

    private static IEnumerable<string> ExitFaults(RoomRow room, string way, string to, Dictionary<string, RoomRow> byId)
    {
        if (!Direction.TryParse(way, out var direction)) yield return $"room {room.Id} has an exit '{way}', which is no direction.";
        else if (!byId.TryGetValue(to, out var other)) yield return $"room {room.Id} leads {way} to '{to}', which is no room.";
        else if (!other.Exits.TryGetValue(direction.Opposite.Short, out var back) || back != room.Id)
            yield return $"room {room.Id} leads {way} to {to}, but {to} does not lead {direction.Opposite.Short} back.";
    }

    private IEnumerable<string> Unreachable(Dictionary<string, RoomRow> byId)
    {
        var seen = new HashSet<string> { Start };
        var next = new Queue<string>(seen);
        while (next.TryDequeue(out var id))
        {
            foreach (var to in byId[id].Exits.Values.Where(seen.Add)) next.Enqueue(to);
        }

        return Rooms.Select(room => room.Id).Where(id => !seen.Contains(id));
    }
}
