using Cmud.Game;
using Cmud.Game.Economics;
using Cmud.Game.Places;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class WorldTests
{
    private static readonly World Campus = World.Standard;

    [Fact]
    public void The_campus_has_twenty_places_and_the_nine_floors() => Assert.Equal(29, Campus.Rooms.Length);

    [Theory]
    [InlineData("fence", "The Fence")]
    [InlineData("bridge", "Pausch Bridge")]
    [InlineData("gates1", "Gates, First Floor")]
    [InlineData("Gates 3", "Gates, Third Floor")]
    [InlineData("floor9", "Gates, Ninth Floor")]
    [InlineData("5", "Gates, Fifth Floor")]
    [InlineData("campus", "The Cut")]
    [InlineData("shop", "Surplus Store")]
    [InlineData("the cut", "The Cut")]
    public void Players_of_the_older_game_find_their_places(string typed, string name) => Assert.Equal(name, Campus.Find(typed)?.Name);

    [Theory]
    [InlineData("gates10")]
    [InlineData("")]
    [InlineData("fence/")]
    public void Other_words_are_no_place(string typed) => Assert.Null(Campus.Find(typed));

    [Fact]
    public void Every_way_leads_back()
    {
        foreach (var room in Campus.Rooms)
        {
            foreach (var exit in room.Exits) Assert.Contains(new Exit(exit.Way.Opposite, room.Id), Campus.Find(exit.To)!.Exits);
        }
    }

    [Fact]
    public void A_laureate_walks_everywhere_once_the_cluster_is_paid_for()
    {
        foreach (var room in Campus.Rooms) Assert.NotNull(Campus.Path(Campus.Start, room, r => Campus.Barred(r, 8, Coins.Max) is null));
    }

    [Fact]
    public void The_way_to_the_first_floor_goes_over_the_bridge()
    {
        var path = Campus.Path(Campus.Start, Campus.Find("gates1")!, _ => true)!;

        Assert.Equal(["cut", "uc", "purnell", "bridge", "helix", "gates5", "gates4", "gates3", "gates2", "gates1"], path.Select(exit => exit.To));
        Assert.Empty(Campus.Path(Campus.Start, Campus.Start, _ => true)!);
    }

    [Fact]
    public void A_closed_door_says_what_opens_it()
    {
        Assert.Equal("The door opens from the rank of Associate professor on.", Campus.Barred(Campus.Find("lounge")!, 5, Coins.Zero));
        Assert.Null(Campus.Barred(Campus.Find("lounge")!, 6, Coins.Zero));
        Assert.Equal(
            "Closed until the department cluster has 5,000,000 TC (now 4,999,999 TC): A second power line for the machine room.",
            Campus.Barred(Campus.Find("machine-room")!, 8, Coins.Of(5_000_000) - new Coins(1)));
        Assert.Null(Campus.Barred(Campus.Find("machine-room")!, 0, Coins.Of(5_000_000)));
    }

    [Theory]
    [InlineData("\"w\": \"cut\"", "\"s\": \"cut\"", "room fence leads s to cut, but cut does not lead n back.")]
    [InlineData("\"start\": \"home\"", "\"start\": \"moon\"", "start is 'moon', which is no room.")]
    [InlineData("\"goal\": \"power\"", "\"goal\": \"glory\"", "room machine-room waits for goal 'glory', which does not exist.")]
    [InlineData("\"floor3\"", "\"fence\"", "'fence' names two rooms.")]
    [InlineData("\"w\": \"cut\"", "\"x\": \"cut\"", "room fence has an exit 'x', which is no direction.")]
    [InlineData("\"rank\": 7", "\"rank\": 99", "room banquet asks for rank 99, which does not exist.")]
    public void A_faulty_world_is_refused_with_a_sentence(string good, string bad, string sentence)
    {
        var json = DataFile.Embedded("world.json").Replace(good, bad, StringComparison.Ordinal);

        var e = Assert.Throws<InvalidDataException>(() => World.Load(json, Economy.Standard));

        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }
}
