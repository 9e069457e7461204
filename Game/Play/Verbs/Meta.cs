using System.Reflection;

namespace Cmud.Game.Play.Verbs;

/// <summary>About the game itself.</summary>
internal static class Meta
{
    private const string Group = "The game";

    /// <summary>Most aliases, and the longest meaning of one.</summary>
    private const int MaxAliases = 50;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("help", "help [VERB|GROUP]", "what can be typed", HelpAsync)
        {
            Group = Group, IsForOnlookers = true, Aliases = ["?", "h"], Completes = static _ => Groups(VerbTable.Standard).Select(group => Word(group.Key)).Concat(VerbTable.Standard.All.Select(verb => verb.Name)),
            Help = "help lists all verbs by groups, help people one group with a word on each verb, help buy says more of one verb.",
        },
        new("alias", "alias [WORD [MEANING]]", "your own words for commands", AliasAsync) { Group = Group, Help = "alias gs go store lets gs walk to the store; alias gs alone forgets it; alias alone lists them." },
        new("time", "time", "the campus clock", TimeAsync) { Group = Group, IsForOnlookers = true },
        new("takeover", "takeover", "play on here, where a newer session took over", TakeOverAsync)
        {
            Group = Group, IsForOnlookers = true, Help = "Where you log in twice, the newer session plays and the older one may only look. takeover, said in the older one, turns that round.",
        },
        new("clear", "clear", "an empty screen", ClearAsync) { Group = Group, IsForOnlookers = true },
        new("version", "version", "which game this is", VersionAsync) { Group = Group, IsForOnlookers = true },
        new("back", "back", "leave what you are at", BackAsync) { Group = Group, IsForOnlookers = true, Aliases = ["esc"] },
        new("quit", "quit", "leave; your rig mines on", QuitAsync) { Group = Group, IsForOnlookers = true, Aliases = ["exit", "logout"] },
    ];

    private static Task HelpAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            foreach (var group in Groups(turn.Verbs)) turn.Show($"{group.Key} (help {Word(group.Key)}): {string.Join(", ", group.Select(known => known.Name))}");
            turn.Show("help VERB says more. tutorial teaches the first steps. Every verb may be cut short: inv for inventory. Names here are held by honour, not by locks. (secure)", Tone.Hint);
            return Task.CompletedTask;
        }

        var word = turn.Words[0].ToLowerInvariant();
        if (!turn.Verbs.IsWord(word) && Groups(turn.Verbs).FirstOrDefault(group => Word(group.Key) == word) is { } verbs)
        {
            turn.Player.Show(new Output.Table(verbs.Key, ["Type", ""], [.. verbs.Select(known => (IReadOnlyList<string>)[known.Usage, known.Summary])]));
            return Task.CompletedTask;
        }

        if (turn.Verbs.Find(word) is not { } verb)
        {
            var near = turn.Verbs.Near(word);
            turn.Refuse($"There is no help on '{StoredText.Clean(word, 40)}'. {(near.Count > 0 ? $"Did you mean help {string.Join(" or help ", near)}?" : "Type help for all verbs.")}");
            return Task.CompletedTask;
        }

        turn.Show(verb.Usage, Tone.Heading);
        turn.Show(verb.Help.Length > 0 ? verb.Help : $"{char.ToUpperInvariant(verb.Summary[0])}{verb.Summary[1..]}.");
        if (verb.Aliases.Count > 0) turn.Show($"Also: {string.Join(", ", verb.Aliases)}.");
        return Task.CompletedTask;
    }

    /// <summary>The verbs that are listed, by group. Each group fits on a screen of 24 rows, and so does the list of groups.</summary>
    private static IEnumerable<IGrouping<string, Verb>> Groups(VerbTable verbs) => verbs.All.Where(verb => verb.Group.Length > 0).GroupBy(verb => verb.Group);

    /// <summary>A group as it is typed: the last word of its name.</summary>
    private static string Word(string group) => group.Split(' ')[^1].ToLowerInvariant();

    private static async Task AliasAsync(Turn turn)
    {
        var aliases = turn.Player.Character.Aliases;
        if (turn.Rest.Length == 0)
        {
            if (aliases.Count == 0) turn.Show("You have no words of your own yet. (help alias)");
            foreach (var (name, words) in aliases) turn.Show($"{StoredText.Clean(name, 20)}: {StoredText.Clean(words)}");
            return;
        }

        var (word, meaning) = turn.Split();
        word = word.ToLowerInvariant();
        if (meaning.Length == 0)
        {
            await turn.Player.SaveAsync(turn.Player.Character with { Aliases = aliases.Remove(word) }, turn.Cancellation);
            turn.Show(aliases.ContainsKey(word) ? $"{word} means nothing special any more." : $"{word} meant nothing special.");
        }
        else if (word.Length > PlayerName.MaxLength || StoredText.Clean(word) != word) turn.Refuse($"An alias has at most {PlayerName.MaxLength} characters.");
        else if (!IsCommand(turn, meaning)) turn.Refuse($"'{StoredText.Clean(meaning.Split(' ')[0], 20)}' is no verb of the game and no alias of yours, so {word} could do nothing.");
        else if (turn.Verbs.Find(word) is { } hidden) turn.Refuse($"{word} is {(hidden.Name == word ? "a verb of the game" : $"short for {hidden.Name}")}; an alias of that name would hide it.");
        else if (word.All(char.IsAsciiDigit)) turn.Refuse("A number is what one buys, opens or answers; it is no alias.");
        else if (aliases.Count >= MaxAliases) turn.Refuse($"You have {MaxAliases} aliases; forget one first (alias WORD).");
        else
        {
            if (!await turn.Player.SaveAsync(turn.Player.Character with { Aliases = aliases.SetItem(word, StoredText.Clean(meaning)) }, turn.Cancellation)) return;
            turn.Player.OwnAliases[word] = StoredText.Clean(meaning);
            turn.Show($"{word} now means: {StoredText.Clean(meaning)}");
        }
    }

    /// <summary>Whether a line does anything: its first word is a verb, or the beginning of one, or an alias, or a mark of speech.</summary>
    private static bool IsCommand(Turn turn, string line)
    {
        var word = line.Split(' ')[0];
        return word[0] is '\'' or '"' or ':' or ';' || turn.Verbs.Find(word) is not null || turn.Player.Character.Aliases.ContainsKey(word.ToLowerInvariant());
    }

    private static async Task TakeOverAsync(Turn turn)
    {
        if (!turn.Player.Sessions.IsElsewhere)
        {
            turn.Show("You are the one who plays; there is nothing to take over.");
            return;
        }

        await turn.Player.TakeBackAsync(turn.Cancellation);
        turn.Show("You play on here; any other session of yours may only look.", Tone.Success);
        await Walking.ShowRoomAsync(turn.Player, turn.Cancellation);
    }

    private static Task ClearAsync(Turn turn)
    {
        turn.Player.Show(new Output.Clear());
        return Task.CompletedTask;
    }

    private static Task TimeAsync(Turn turn)
    {
        var (now, isNight) = (turn.Player.Now.Wall, CampusDay.IsNightAt(turn.Player.Now));
        var next = isNight ? $"night; day breaks in {Spans.Short(CampusDay.UntilDay(turn.Player.Now))}" : $"day; night falls in {Spans.Short(CampusDay.UntilNight(turn.Player.Now))}";
        turn.Show(FormattableString.Invariant($"On campus it is {CampusDay.HourAt(turn.Player.Now):00}:{now.Second:00}, {next}. Elsewhere it is {now:HH:mm} (UTC) on {now:dddd, d MMMM yyyy}."));
        return Task.CompletedTask;
    }

    private static Task VersionAsync(Turn turn)
    {
        var version = typeof(PlaySession).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
        turn.Show($"CMUD, the CMU game, version {version}, season {turn.Player.Surroundings.Economy.Season}.");
        return Task.CompletedTask;
    }

    private static Task BackAsync(Turn turn)
    {
        var from = turn.Player.Mode;
        turn.Player.Rest();
        if (turn.Player.Mode == from) turn.Show("You are at nothing that you could leave; go DIRECTION walks, quit leaves the game.", Tone.Hint);
        return Task.CompletedTask;
    }

    private static Task QuitAsync(Turn turn)
    {
        turn.Player.IsLeaving = true;
        turn.Show("The rig hums on without you. See you.");
        return Task.CompletedTask;
    }
}
