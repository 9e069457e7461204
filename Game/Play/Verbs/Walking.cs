using Cmud.Game.People;
using Cmud.Game.Places;

namespace Cmud.Game.Play.Verbs;

/// <summary>Seeing and walking.</summary>
internal static class Walking
{
    private const string Group = "Campus";

    /// <summary>More places than this are no suggestion but a list.</summary>
    private const int MaxNear = 5;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("look", "look [SOMEBODY|PLACE]", "what is here", LookAsync)
        {
            Group = Group, IsForOnlookers = true, Aliases = ["l", "examine"], Completes = PeopleHere,
            Help = "Alone: the room, its exits, and who is in it. With a name: that person, or where that place is.",
        },
        new("go", "go DIRECTION or PLACE", "walk", GoAsync)
        {
            Group = Group, Aliases = ["walk"], Completes = Places,
            Help = "Takes an exit (n, e, up, ...) or walks the shortest way to a place: go fence, go gates 3. A direction alone does as well.",
        },
        new("move", "move PLACE", "walk to a place", GoAsync) { Group = Group, Completes = Places, Help = "The same as go: fence, bridge, and floors 1 to 9 of Gates among the places." },
        new("exits", "exits", "ways out", ExitsAsync) { Group = Group, IsForOnlookers = true },
        new("map", "map", "the campus, and who is where", MapAsync) { Group = Group, IsForOnlookers = true },
    ];

    /// <summary>The directions as verbs. They come last in the table, so that "so" is solve; each has a short form of its own.</summary>
    public static IReadOnlyList<Verb> Ways { get; } =
        [.. Direction.All.Select(way => new Verb(way.Name, way.Name, $"walk {way.Name}", turn => StepAsync(turn, way)) { Aliases = way.Short == way.Name ? [] : [way.Short] })];

    /// <summary>Shows the room as one sees it who comes in.</summary>
    public static async Task ShowRoomAsync(Player player, CancellationToken cancellationToken)
    {
        var room = player.Room;
        player.Show(room.Name, Tone.Heading);
        if (!Settings.IsOn(player, "brief")) player.Show(room.Text);
        if (room.Kind == "fence") player.Show(await Fence.ReadAsync(player, cancellationToken));
        player.Show(WaysOut(player));
        foreach (var npc in player.Surroundings.World.NpcsIn(room)) player.Show($"{StoredText.Capital(npc.Name)} is here.");
        Person[] others = [.. (await player.Crowd.LookAsync(cancellationToken)).Where(person => person.Id != player.Id && person.Where.Room == room.Id)];
        var (people, more) = Crowd.Cut(others, player.IsKnown);
        foreach (var person in people)
        {
            player.Show(person.Where.IsStaring(player.Now) ? $"{person.Name} is staring into space." : $"{person.Name} is here{Doing(person.Where.Mode)}.");
        }

        if (more > 0) player.Show(FormattableString.Invariant($"... and {more} more."));
    }

    private static string Doing(string mode) => mode switch
    {
        "mining" => ", mining",
        "solving" => ", bent over a problem",
        "shop" => ", comparing prices",
        "mail" => ", reading a letter",
        "fence" => ", with a brush",
        Fence.Guarding => ", standing guard",
        _ => "",
    };

    private static async Task LookAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            await ShowRoomAsync(turn.Player, turn.Cancellation);
            return;
        }

        var name = turn.Rest.StartsWith("at ", StringComparison.OrdinalIgnoreCase) ? turn.Rest[3..].Trim() : turn.Rest;
        if (turn.Player.Surroundings.World.NpcsIn(turn.Player.Room).FirstOrDefault(npc => npc.Id.Equals(name, StringComparison.OrdinalIgnoreCase) || npc.Name.Contains(name, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            turn.Show(found.Text);
            if (found.Lines.Length > 0) turn.Show($"{StoredText.Capital(found.Name)} says, \"{found.Lines[turn.Player.Surroundings.Random.Next(found.Lines.Length)]}\"", Tone.Speech);
            return;
        }

        var world = turn.Player.Surroundings.World;
        if (world.FindNpc(name) is null && world.Find(Bare(name)) is { } place) await LookAtAsync(turn, place);
        else await Talking.FingerAsync(turn with { Rest = name });
    }

    /// <summary>A place: this one as one sees it, another by the way there.</summary>
    private static async Task LookAtAsync(Turn turn, Room place)
    {
        var player = turn.Player;
        if (place == player.Room) await ShowRoomAsync(player, turn.Cancellation);
        else if (player.Room.Exits.FirstOrDefault(exit => exit.To == place.Id) is { } exit) turn.Show($"{place.Name} is next to here. ({exit.Way.Name})");
        else turn.Show($"{place.Name} cannot be seen from here. (go {place.Id})");
    }

    /// <summary>A place as typed, without an article or "to".</summary>
    private static string Bare(string name)
    {
        foreach (var word in new[] { "to ", "the " })
        {
            if (name.StartsWith(word, StringComparison.OrdinalIgnoreCase)) name = name[word.Length..].TrimStart();
        }

        return name;
    }

    private static Task ExitsAsync(Turn turn)
    {
        turn.Show(WaysOut(turn.Player));
        return Task.CompletedTask;
    }

    private static async Task MapAsync(Turn turn)
    {
        var rooms = turn.Player.Surroundings.World.Rooms;
        if (!turn.Player.IsSpokenTo) turn.Player.Show(new Output.Block(CampusMap.Text));
        else foreach (var room in rooms) turn.Show($"{room.Name}: {string.Join(", ", room.Exits.Select(exit => $"{exit.Way.Name} to {turn.Player.Surroundings.World.Find(exit.To)!.Name}"))}.");

        var people = (await turn.Player.Crowd.LookAsync(turn.Cancellation)).ToLookup(person => person.Where.Room, StringComparer.Ordinal);
        foreach (var room in rooms.Where(room => people.Contains(room.Id)))
        {
            var (shown, more) = Crowd.Cut([.. people[room.Id]], turn.Player.IsKnown);
            turn.Show($"{room.Name}: {string.Join(", ", shown.Select(person => person.Id == turn.Player.Id ? "you" : person.Name))}{(more == 0 ? "" : FormattableString.Invariant($", and {more} more"))}");
        }
    }

    private static async Task GoAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            turn.Refuse($"Where to? {WaysOut(turn.Player)}");
            return;
        }

        if (Direction.TryParse(turn.Rest.ToLowerInvariant(), out var way))
        {
            await StepAsync(turn, way);
            return;
        }

        var world = turn.Player.Surroundings.World;
        var name = Bare(turn.Rest);
        var near = world.Find(name) is { } exact ? [exact] : world.Near(name);
        if (near is not [var room])
        {
            turn.Refuse($"There is no place '{StoredText.Clean(name, 40)}' on this campus. " + (near.Count is > 0 and <= MaxNear
                ? $"Did you mean {string.Join(" or ", near.Select(known => known.Id))}?"
                : $"Places: {string.Join(", ", world.Rooms.Select(known => known.Id))}."));
            return;
        }

        if (room == turn.Player.Room)
        {
            turn.Show("You are there.");
            return;
        }

        var (rank, funded) = await PassAsync(turn);
        if (world.Barred(room, rank, funded) is { } barred)
        {
            turn.Refuse(barred);
            return;
        }

        if (world.Path(turn.Player.Room, room, other => world.Barred(other, rank, funded) is null) is not { Count: > 0 } path)
        {
            turn.Refuse($"No way that is open to you leads from here to {room.Name}.");
            return;
        }

        await WalkAsync(turn, room, path[0].Way, path.Count);
    }

    private static async Task StepAsync(Turn turn, Direction way)
    {
        var world = turn.Player.Surroundings.World;
        if (turn.Player.Room.Exits.FirstOrDefault(exit => exit.Way == way) is not { } exit)
        {
            turn.Refuse($"You cannot go {way.Name} from here. {WaysOut(turn.Player)}");
            return;
        }

        var room = world.Find(exit.To)!;
        var (rank, funded) = await PassAsync(turn);
        if (world.Barred(room, rank, funded) is { } barred) turn.Refuse(barred);
        else await WalkAsync(turn, room, way, steps: 1);
    }

    private static async Task WalkAsync(Turn turn, Room room, Direction way, int steps)
    {
        var from = turn.Player.Room;
        await turn.Player.MoveAsync(room, steps == 1 ? $"strolls off {way.Name}." : $"strolls off toward {room.Name}.", $"comes in from {from.Name}.", turn.Cancellation);
        await ShowRoomAsync(turn.Player, turn.Cancellation);
    }

    /// <summary>What opens doors to this player: the highest rank held, and what the cluster has.</summary>
    private static async Task<(int Rank, Coins Funded)> PassAsync(Turn turn) => (turn.Player.Book.Account.HighestRank, await Money.FundedAsync(turn.Player, turn.Cancellation));

    private static string WaysOut(Player player) =>
        $"Exits: {string.Join(", ", player.Room.Exits.Select(exit => $"{exit.Way.Name} ({player.Surroundings.World.Find(exit.To)!.Name})"))}.";

    private static IEnumerable<string> Places(Player player) =>
        player.Room.Exits.Select(exit => exit.Way.Name).Concat(player.Surroundings.World.Rooms.Select(room => room.Id));

    private static IEnumerable<string> PeopleHere(Player player) =>
        player.Crowd.LastSeen.Where(person => person.Where.Room == player.Room.Id).Select(person => person.Name)
            .Concat(player.Surroundings.World.NpcsIn(player.Room).Select(npc => npc.Name));
}
