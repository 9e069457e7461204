using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play.Verbs;

/// <summary>Words, to a room, to everybody, to one.</summary>
internal static class Talking
{
    private const string Group = "People";

    /// <summary>Most people looked at for the beginning of a name: each costs a List.</summary>
    private const int MaxNear = 20;

    /// <summary>Said of all that is for one alone: the store keeps no secrets.</summary>
    public const string NotSecret = "Others do not see it in the game; whoever reads the store can.";

    /// <summary>As quick as somebody who sees it at once and types.</summary>
    private static readonly TimeSpan GreetAfter = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("say", "say TEXT", "speak to the room", SayAsync) { Group = Group, Help = "A line that begins with ' or \" is said as well." },
        new("tell", "tell NAME TEXT", "speak to one, anywhere", TellAsync)
        {
            Group = Group, Aliases = ["t"], Completes = People, Help = $"Somebody who is not on campus finds it as a letter. {NotSecret}",
        },
        new("reply", "reply TEXT", "answer who told you something last", ReplyAsync) { Group = Group, Aliases = ["r"] },
        new("who", "who", "who is on campus", WhoAsync) { Group = Group, IsForOnlookers = true },
        new("whisper", "whisper NAME TEXT", "speak to one in this room", WhisperAsync) { Group = Group, Completes = People, Help = $"Speaks to one in this room. {NotSecret}" },
        new("emote", "emote TEXT", "do something, in words", EmoteAsync) { Group = Group, Aliases = ["me"], Help = "emote waves. shows: Heather waves. A line that begins with : does as well." },
        new("newbie", "newbie TEXT|on|off", "speak to who is new", turn => ChannelAsync(turn, Channels.Newbie)) { Group = Group },
        new("ooc", "ooc TEXT|on|off", "speak to all, out of character", turn => ChannelAsync(turn, Channels.Ooc)) { Group = Group },
        new("channels", "channels", "which channels you hear", ChannelsAsync) { Group = Group, IsForOnlookers = true },
        new("finger", "finger NAME", "about somebody", FingerAsync) { Group = Group, IsForOnlookers = true, Completes = People },
        new("ignore", "ignore [NAME]", "hear somebody no more, or again", IgnoreAsync) { Group = Group, Completes = People, Help = "ignore NAME again to hear them again; without a name: who is ignored." },
    ];

    /// <summary>Somebody who is here, lives here, or was here once, by name; null, and a word about it, where there is nobody.</summary>
    public static async Task<(PlayerId Id, string Name)?> FindAsync(Turn turn, string name)
    {
        if (!PlayerName.TryParse(name, out var parsed, out _))
        {
            turn.Refuse($"'{StoredText.Clean(name, 40)}' is nobody's name.");
            return null;
        }

        // Whose a name is the claims say: where somebody is, and as what, anyone may put for anyone.
        var names = new Names(turn.Player.Store, turn.Player.Clock);
        if (await names.OwnerAsync(parsed, turn.Cancellation) is { } owner)
        {
            var character = Character.Read(await turn.Player.Store.Get(PlayerKeys.Character(owner.Player), turn.Cancellation));
            return (owner.Player, character is not null && character.Name.Equals(parsed.Shown, StringComparison.OrdinalIgnoreCase) ? character.Name : parsed.Shown);
        }

        if (turn.Player.Surroundings.World.FindNpc(name) is { } npc)
        {
            turn.Refuse($"{StoredText.Capital(npc.Name)} lives here and is no player. (finger {npc.Id})");
            return null;
        }

        var near = new List<Person>();
        var people = await turn.Player.Crowd.LookAsync(turn.Cancellation);
        foreach (var person in people.Where(person => person.Name.StartsWith(parsed.Shown, StringComparison.OrdinalIgnoreCase)).Take(MaxNear))
        {
            if (PlayerName.TryParse(person.Name, out var full, out _) && (await names.OwnerAsync(full, turn.Cancellation))?.Player == person.Id) near.Add(person);
        }

        if (near is [var only]) return (only.Id, only.Name);

        turn.Refuse(near.Count == 0
            ? $"Nobody is called {parsed.Shown}. (who)"
            : $"{parsed.Shown} may be {string.Join(" or ", near.Select(person => person.Name))}; say which.");
        return null;
    }

    /// <summary>Says what is known of somebody.</summary>
    public static async Task FingerAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            turn.RefuseUsage();
            return;
        }

        if (turn.Player.Surroundings.World.FindNpc(turn.Rest) is { } npc && !await IsPlayerAsync(turn, turn.Words[0]))
        {
            var room = turn.Player.Surroundings.World.Find(npc.Room)!;
            turn.Show($"{StoredText.Capital(npc.Name)}, one of those who live here", Tone.Heading);
            turn.Show(npc.Text);
            turn.Show(room == turn.Player.Room ? $"Here, in front of you. (look {npc.Id})" : $"Always at {room.Name}. (go {room.Id})");
            return;
        }

        if (await FindAsync(turn, turn.Words[0]) is not { } found) return;

        var character = Character.Read(await turn.Player.Store.Get(PlayerKeys.Character(found.Id), turn.Cancellation));
        var where = Whereabouts.Read(await turn.Player.Store.Get(PlayerKeys.Location(found.Id), turn.Cancellation));
        var account = await turn.Player.Ledgers.FoldAsync(found.Id, oldest: default, turn.Cancellation);
        var title = account.Born is null ? "" : $", {Ranking.TitleOf(turn.Player.Surroundings.Economy, account)}{(account.Forgery is null ? "" : " [unverified]")}";
        turn.Show(found.Name + title, Tone.Heading);
        if (character is { Look.Length: > 0 }) turn.Show(character.Look);
        turn.Show(where is null || !where.IsHere(turn.Player.Now)
            ? "Not on campus now."
            : $"{(where.IsStaring(turn.Player.Now) ? "Staring into space" : "Now")} at {turn.Player.Surroundings.World.Find(where.Room)?.Name ?? "a place off the map"}.");
    }

    private static async Task SayAsync(Turn turn)
    {
        if (Words(turn, turn.Rest) is { } text) await turn.Player.ActAsync(FeedKind.Say, $"You say, \"{text}\"", text, turn.Cancellation);
    }

    private static async Task EmoteAsync(Turn turn)
    {
        if (Words(turn, turn.Rest) is { } text) await turn.Player.ActAsync(FeedKind.Act, $"{turn.Player.Name} {text}", text, turn.Cancellation);
    }

    private static async Task TellAsync(Turn turn)
    {
        var (name, rest) = turn.Split();
        if (rest.Length == 0) turn.RefuseUsage();
        else if (turn.Player.Surroundings.World.FindNpc(name) is { } npc && !await IsPlayerAsync(turn, name)) TalkTo(turn, npc, rest);
        else if (await FindAsync(turn, name) is { } found) await SendAsync(turn, FeedKind.Tell, found, rest);
    }

    /// <summary>Whether a name is a player's: one who was called so before somebody moved in who lives here keeps it.</summary>
    private static async Task<bool> IsPlayerAsync(Turn turn, string name) =>
        PlayerName.TryParse(name, out var parsed, out _) && await new Names(turn.Player.Store, turn.Player.Clock).OwnerAsync(parsed, turn.Cancellation) is not null;

    /// <summary>Somebody who lives here answers, on the own screen, to whoever stands in front of them.</summary>
    private static void TalkTo(Turn turn, Places.Npc npc, string words)
    {
        if (turn.Player.Surroundings.World.Find(npc.Room) is { } room && room != turn.Player.Room) turn.Refuse($"{StoredText.Capital(npc.Name)} hears you only at {room.Name}. (go {room.Id})");
        else
        {
            turn.Show($"You tell {npc.Name}: {StoredText.Clean(words)}", Tone.Speech);
            if (npc.Lines.Length > 0) turn.Show($"{StoredText.Capital(npc.Name)} says, \"{npc.Lines[turn.Player.Surroundings.Random.Next(npc.Lines.Length)]}\"", Tone.Speech);
        }
    }

    private static async Task WhisperAsync(Turn turn)
    {
        var (name, rest) = turn.Split();
        if (rest.Length == 0)
        {
            turn.RefuseUsage();
            return;
        }

        if (await FindAsync(turn, name) is not { } found) return;

        if ((await turn.Player.Crowd.FindAsync(found.Id, turn.Cancellation))?.Where.Room == turn.Player.Room.Id) await SendAsync(turn, FeedKind.Whisper, found, rest);
        else turn.Refuse($"{found.Name} is not in this room; tell reaches them anywhere.");
    }

    private static async Task ReplyAsync(Turn turn)
    {
        if (turn.Player.Ears.Letters.LastTeller is not { } teller) turn.Refuse("Nobody has told you anything yet.");
        else if (turn.Rest.Length == 0) turn.RefuseUsage();
        else await SendAsync(turn, FeedKind.Tell, teller, turn.Rest);
    }

    private static async Task SendAsync(Turn turn, FeedKind kind, (PlayerId Id, string Name) to, string words)
    {
        if (to.Id == turn.Player.Id) turn.Refuse("You mutter to yourself; nobody minds.");
        else if (Words(turn, words) is { } text)
        {
            // A tell is kept for minutes only: one who does not hear it now finds a letter.
            var isHere = kind == FeedKind.Whisper || await IsThereAsync(turn.Player, to.Id, turn.Cancellation);
            await turn.Player.Ears.Letters.SendAsync(to.Id, isHere ? kind : FeedKind.Mail, text, turn.Cancellation);
            turn.Show($"You {(kind == FeedKind.Whisper ? "whisper to" : "tell")} {to.Name}: {text}", Tone.Speech);
            if (!isHere) turn.Show($"{to.Name} is not on campus; it waits as a letter, to be read on return.", Tone.Hint);
        }
    }

    /// <summary>Whether somebody is on campus, and their client was heard of just now.</summary>
    private static async Task<bool> IsThereAsync(Player player, PlayerId id, CancellationToken cancellationToken) =>
        Whereabouts.Read(await player.Store.Get(PlayerKeys.Location(id), cancellationToken)) is { } where && where.IsHere(player.Now) && !where.IsStaring(player.Now);

    private static async Task ChannelAsync(Turn turn, string channel)
    {
        var word = turn.Rest.ToLowerInvariant();
        if (word is "on" or "off")
        {
            await turn.Player.SaveAsync(turn.Player.Character with { Settings = turn.Player.Character.Settings.SetItem(channel, word) }, turn.Cancellation);
            turn.Show(word == "on" ? $"You hear {channel} again." : $"You hear {channel} no more. ({channel} on)");
            return;
        }

        if (Words(turn, turn.Rest) is not { } text) return;

        turn.Show($"[{channel}] {turn.Player.Name}: {text}", Tone.Speech);
        await turn.Player.Out.WriteAsync(Feed.Channel(channel), FeedKind.Say, turn.Player.Name, text, turn.Cancellation);
        if (channel != Channels.Newbie) return;

        await Ranking.DeedAsync(turn.Player, "hello", turn.Cancellation);
        Greet(turn.Player);
    }

    /// <summary>A newcomer is answered, on quiet days too: by one who lives here, on that screen only.</summary>
    private static void Greet(Player player)
    {
        if (player.IsGreeted || player.Book.Account.HighestRank > 0) return;

        player.IsGreeted = true;
        var npc = player.Surroundings.World.Npcs[0];
        player.Errands.Add(GreetAfter, GreetAfter * 2, _ =>
        {
            player.Show($"[{Channels.Newbie}] {npc.Name}: Welcome, {player.Name}! {npc.Lines[player.Surroundings.Random.Next(npc.Lines.Length)]}", Tone.Speech);
            return Task.FromResult(true);
        });
    }

    private static Task ChannelsAsync(Turn turn)
    {
        turn.Player.Show(new Output.Table("Channels", ["Name", "Now"], [.. Channels.All.Select(channel => (IReadOnlyList<string>)[channel, turn.Player.Ears.IsOn(channel) ? "on" : "off"])]));
        turn.Show("newbie off hears a channel no more; newbie TEXT speaks on it. Nobody speaks on the ticker but the news.", Tone.Hint);
        return Task.CompletedTask;
    }

    private static async Task WhoAsync(Turn turn)
    {
        var people = await turn.Player.Crowd.LookAsync(turn.Cancellation);
        var now = turn.Player.Now;
        var (shown, more) = Crowd.Cut(people, turn.Player.IsKnown);
        turn.Player.Show(new Output.Table(
            people.Count == 1 ? "One on campus" : $"{people.Count} on campus",
            ["Name", "Where", "Idle"],
            [.. shown.Select(person => (IReadOnlyList<string>)[person.Name, turn.Player.Surroundings.World.Find(person.Where.Room)?.Name ?? "off the map", person.Id == turn.Player.Id ? Spans.Since(turn.Player.Active, now) : Spans.Since(new(person.Where.Active), now)])]));
        if (more > 0) turn.Show(FormattableString.Invariant($"... and {more} more."));
    }

    private static async Task IgnoreAsync(Turn turn)
    {
        var ignored = turn.Player.Character.Ignored;
        if (turn.Rest.Length == 0)
        {
            var names = new List<string>();
            foreach (var one in ignored.Take(MaxNear)) names.Add(await Ranking.NameOfAsync(turn.Player, one, turn.Cancellation));
            var more = ignored.Count > MaxNear ? FormattableString.Invariant($" and {ignored.Count - MaxNear} more") : "";
            turn.Show(names.Count == 0 ? "You ignore nobody." : $"You ignore {string.Join(", ", names)}{more}. (ignore NAME hears them again)");
            return;
        }

        if (await FindAsync(turn, turn.Words[0]) is not { } found) return;
        if (found.Id == turn.Player.Id)
        {
            turn.Refuse("You have tried. It does not work.");
            return;
        }

        var id = found.Id.ToString();
        var hears = ignored.Contains(id);
        if (!await turn.Player.SaveAsync(turn.Player.Character with { Ignored = hears ? ignored.Remove(id) : ignored.Add(id) }, turn.Cancellation)) return;
        turn.Show(hears ? $"You hear {found.Name} again." : $"You hear {found.Name} no more.");
    }

    /// <summary>Words fit to be sent; null, and a word about it, where they are not or come too fast.</summary>
    public static string? Words(Turn turn, string words)
    {
        var text = StoredText.Clean(words);
        if (text.Length == 0)
        {
            turn.RefuseUsage();
            return null;
        }

        if (turn.Player.MaySpeak()) return text;

        turn.Refuse($"You talk faster than anyone can read: {FloodGate.Burst} lines at once, then one each {FloodGate.Refill.TotalSeconds:0.#} s. Take a breath.");
        return null;
    }

    private static IEnumerable<string> People(Player player) => player.Crowd.LastSeen.Select(person => person.Name);
}
