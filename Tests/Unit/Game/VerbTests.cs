using Cmud.App.Play;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class VerbTests
{
    private static readonly VerbTable Verbs = VerbTable.Standard;

    [Fact]
    public void Every_verb_that_players_know_is_there()
    {
        const string known = """
            help stats map move mine shop buy inv solve resign look exits go score who finger say tell reply whisper emote mail channels newbie ooc ticker pay problems read
            submit hint give-up promote committee sign fund paint guard top history alias ignore prompt set tutorial time version quit
            rig collect sell upgrade prestige report drink inventory achievements screenreader brief defend split race audit describe secure back esc
            """;

        Assert.All(known.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), word => Assert.Contains(Verbs.Find(word)!.Aliases.Prepend(Verbs.Find(word)!.Name), name => name == word));
    }

    [Fact]
    public async Task Every_verb_has_a_help_topic()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        foreach (var verb in Verbs.All)
        {
            Assert.StartsWith(verb.Name, verb.Usage, StringComparison.Ordinal);
            Assert.NotEmpty(verb.Summary);
            var said = await ada.TypeAsync($"help {verb.Name}");
            Assert.StartsWith(verb.Usage + "\n", said, StringComparison.Ordinal);
        }

        var all = await ada.TypeAsync("help");
        foreach (var group in Verbs.All.Where(verb => verb.Group.Length > 0).GroupBy(verb => verb.Group))
        {
            var shown = await ada.TypeAsync($"help {group.Key.Split(' ')[^1]}");
            Assert.All(group, verb => Assert.Contains($"{verb.Usage} | {verb.Summary}", shown, StringComparison.Ordinal));
            Assert.All(group, verb => Assert.Matches($@"[:,] {verb.Name}(,|\n)", all));
        }
    }

    [Fact]
    public async Task No_help_is_longer_than_a_screen()
    {
        var ada = await new Campus().EnrollAsync("Ada");
        var renderer = new Renderer(new(PlayMode.Terminal, Color: false, Spoken: false));
        string[] topics = ["", .. Verbs.All.Select(verb => verb.Group.Split(' ')[^1]).Where(group => group.Length > 0).Distinct(), .. Verbs.All.Select(verb => verb.Name)];
        foreach (var topic in topics)
        {
            ada.Clear();
            await ada.TypeAsync($"help {topic}");

            // The line typed and the next prompt are on the screen too.
            Assert.InRange(string.Concat(ada.Shown.Select(output => renderer.Render(output, columns: 80))).Count(c => c == '\n'), 1, 22);
        }
    }

    [Theory]
    [InlineData("s", "south")]
    [InlineData("n", "north")]
    [InlineData("no", "north")]
    [InlineData("sou", "south")]
    [InlineData("se", "southeast")]
    [InlineData("so", "solve")]
    [InlineData("sa", "say")]
    [InlineData("sc", "score")]
    [InlineData("sh", "shop")]
    [InlineData("su", "submit")]
    [InlineData("i", "inventory")]
    [InlineData("inv", "inventory")]
    [InlineData("in", "in")]
    [InlineData("m", "mine")]
    [InlineData("h", "help")]
    [InlineData("b", "buy")]
    [InlineData("t", "tell")]
    [InlineData("tu", "tutorial")]
    [InlineData("ti", "time")]
    [InlineData("p", "pay")]
    [InlineData("pr", "problems")]
    [InlineData("prom", "promote")]
    [InlineData("r", "reply")]
    [InlineData("re", "read")]
    [InlineData("w", "west")]
    [InlineData("wh", "who")]
    [InlineData("q", "quit")]
    [InlineData("l", "look")]
    [InlineData("g", "go")]
    [InlineData("d", "down")]
    [InlineData("dr", "drink")]
    [InlineData("u", "up")]
    [InlineData("e", "east")]
    public void A_few_letters_are_enough(string typed, string verb) => Assert.Equal(verb, Verbs.Find(typed)?.Name);
}
