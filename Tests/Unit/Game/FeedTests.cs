using Cmud.Game;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Game;

public sealed class FeedTests
{
    private static readonly Feed Room = Feed.Room("cut");

    /// <summary>Five writers, readers that look twice a second, replicas up to 2 s apart.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public async Task Every_line_is_heard_once_and_each_writers_lines_in_order(int seed, bool watches)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        var random = new Random(seed);
        var store = new SimulatedStore(time, random, replicas: 6, TimeSpan.FromSeconds(2));
        var clock = new GameClock(time);
        var start = clock.Issue();
        var writers = Enumerable.Range(0, 5).Select(_ => new FeedWriter(store.Connect(), new(time), PlayerId.New(random), SessionId.New(random))).ToArray();
        var client = store.ConnectWatching();
        using var readersStore = new WatchedStore(client, watches ? client : null, Room.All, clock, default);
        var reader = new FeedReader(Room, start);
        var heard = new List<Heard>();

        for (var step = 0; step < 600; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            if (step < 560 && random.Next(3) == 0) await writers[random.Next(5)].WriteAsync(Room, FeedKind.Say, "Ada", $"{step}", default);
            if (step % 2 == 0) heard.AddRange(await reader.PollAsync(readersStore, clock.Now, default));
        }

        var written = store.Settled.Count();
        Assert.True(written > 100);
        Assert.Equal(written, heard.Count);
        Assert.Equal(written, heard.Select(line => line.Mark).Distinct().Count());
        foreach (var writer in heard.GroupBy(line => line.Mark.Player)) Assert.Equal(writer.Select(line => line.Mark.Seq).Order(), writer.Select(line => line.Mark.Seq));
    }

    /// <summary>Whoever puts lines by the thousand, at the very beginning of a minute, before it comes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lines_prepared_for_a_minute_silence_nobody_in_it(bool areOfMany)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        var random = new Random(1);
        var store = new SimulatedStore(time, random, replicas: 1);
        var (clock, ada) = (new GameClock(time), PlayerId.New(random));
        var (start, reader) = (clock.Issue(), new FeedReader(Room, clock.Issue(), id => id == ada));
        for (var i = 10; i < 1_510; i++)
            store.PutRaw(Room.Key(new(new(start.Value + i), new(areOfMany ? (ulong)i : 7), new(7), i)), new FeedLine(FeedKind.Say, "Zed", "x", null).Write());
        store.PutRaw(Room.Key(new(start + TimeSpan.FromSeconds(20), new(7), new(7), 1)), new FeedLine(FeedKind.Say, "Zed", "later", null).Write());
        time.Advance(TimeSpan.FromSeconds(1));
        await new FeedWriter(store.Connect(), clock, ada, SessionId.New(random)).WriteAsync(Room, FeedKind.Say, "Ada", "it is me", default);

        var heard = await reader.PollAsync(store.Connect(), clock.Now, default);

        Assert.Contains(heard, line => line.Line.Text == "it is me");
        Assert.DoesNotContain(heard, line => line.Line.Text == "later");
        Assert.Equal(500, heard.Count);
    }

    [Fact]
    public async Task A_line_whose_predecessor_never_comes_is_heard_after_Settle()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 5, TimeSpan.Zero));
        var random = new Random(1);
        var store = new SimulatedStore(time, random);
        var clock = new GameClock(time);
        var reader = new FeedReader(Room, clock.Issue());
        var (player, session) = (PlayerId.New(random), SessionId.New(random));
        var missing = new Mark(clock.Issue(), player, session, 1);
        var mark = new Mark(clock.Issue(), player, session, 2);
        store.PutRaw(Room.Key(mark), new FeedLine(FeedKind.Say, "Ada", "second", Room.Key(missing)).Write());

        Assert.Empty(await reader.PollAsync(store.Connect(), clock.Now, default));
        time.Advance(Settle.Time);

        Assert.Equal("second", Assert.Single(await reader.PollAsync(store.Connect(), clock.Now, default)).Line.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("""{"v":2,"kind":"say","name":"Ada","text":"from the future"}""")]
    [InlineData("""{"v":1,"kind":"99","name":"Ada","text":"x"}""")]
    [InlineData("""{"v":1,"kind":"say","name":"\u202e\u0007","text":"nobody"}""")]
    [InlineData("""{"v":1,"kind":{"a":1},"name":"Ada"}""")]
    public void What_is_no_line_is_skipped(string value) => Assert.Null(FeedLine.Read(value));

    [Fact]
    public void What_could_harm_a_screen_is_taken_out_of_a_line()
    {
        var line = FeedLine.Read($$"""{"v":1,"kind":"say","name":"Ada","text":"a\r\n\u0007b\u202ec{{new string('x', 2_000)}}"}""")!;

        Assert.Null(FeedLine.Read("""{"v":1,"kind":"say","name":"A\u001b[2Jda","text":"hi"}"""));
        Assert.StartsWith("a bcxxx", line.Text, StringComparison.Ordinal);
        Assert.True(line.Text.Length <= StoredText.LineLength);
    }

    [Fact]
    public async Task Old_lines_are_blanked()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        var store = new SimulatedStore(time, new(1));
        var writer = new FeedWriter(store.Connect(), new(time), new(1), new(2));
        for (var i = 0; i < 20; i++) await writer.WriteAsync(Room, FeedKind.Say, "Ada", "hello", default);

        await writer.BlankAsync(default);
        Assert.Equal(20, store.LiveKeys);
        time.Advance(FeedWriter.Use + TimeSpan.FromSeconds(1));
        await writer.BlankAsync(default);

        Assert.Equal(0, store.LiveKeys);
    }
}
