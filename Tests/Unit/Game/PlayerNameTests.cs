using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Cmud.App.Play;
using Cmud.Game;
using Cmud.Game.Play;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>What nobody may be called.</summary>
public sealed partial class PlayerNameTests
{
    /// <summary>Who is called "Your" could say "Your rig hums louder" by an emote, whole and word for word.</summary>
    [Fact]
    public void Nobody_is_called_as_a_sentence_of_the_game_begins()
    {
        var first = new[] { typeof(PlaySession), typeof(Renderer) }.SelectMany(type => Literals(type.Assembly.Location))
            .Select(text => FirstWord().Match(text)).Where(match => match.Success).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);

        var free = first.Where(word => PlayerName.TryParse(word, out _, out _));

        Assert.Empty(string.Join(" ", free.Select(word => word.ToLowerInvariant())));
    }

    /// <summary>All texts in the code of an assembly, as its compiler stored them; of one with holes in it the parts between.</summary>
    private static List<string> Literals(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var (reader, texts) = (file.GetMetadataReader(), new List<string>());
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = reader.GetNextHandle(handle)) texts.Add(reader.GetUserString(handle));
        return texts;
    }

    /// <summary>The word that a sentence begins with, followed by more of it or by what fills a hole. What a record prints of itself (<c>Name = </c>) is none.</summary>
    [GeneratedRegex("^([A-Z][A-Za-z0-9-]+)[ ,:](?!= $)")]
    private static partial Regex FirstWord();
}
