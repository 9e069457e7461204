using Cmud.App.Play;
using Cmud.Client;
using Cmud.Game;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Play;

/// <summary>Play-tests of what players say to one another, on three servers 250 ms apart.</summary>
[Collection(TownTests.Name)]
public sealed class TalkTests(Town town, ITestOutputHelper output)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Row_03_Of_two_who_claim_a_name_on_two_servers_one_gets_it()
    {
        // Three pairs side by side: each takes as long as the story.
        await Task.WhenAll(Enumerable.Range(1, 3).Select(async i =>
        {
            await using var one = await Desk.SitDownAsync(town.Servers[0].Address);
            await using var other = await Desk.SitDownAsync(town.Servers[1].Address);

            one.Type($"Heather{i}");
            other.Type($"heather{i}");
            var decided = await Task.WhenAll(DecidedAsync(one), DecidedAsync(other));

            Assert.Equal(["Take another name.", "Type mine."], decided.Order(StringComparer.Ordinal));
            Assert.Equal(1, one.Count("Take another name.") + other.Count("Take another name."));
        }));

        static async Task<string> DecidedAsync(Desk desk)
        {
            string[] verdicts = ["Take another name.", "Type mine."];
            await await Task.WhenAny(verdicts.Select(verdict => desk.SeeAsync(verdict)));
            return verdicts.Single(verdict => desk.Count(verdict) > 0);
        }
    }

    [Fact]
    public async Task Row_07_and_08_What_one_says_is_heard_in_the_room_within_a_second_and_far_away_within_two_and_a_half_once()
    {
        const int rounds = 10;
        await town.SettleAsync(Hour, "hunt", "Ada7", "Bo7", "Cy7");
        await using var ada = await town.ReturnAsync("Ada7", server: 0);
        await using var bo = await town.ReturnAsync("Bo7", server: 0);
        await using var cy = await town.ReturnAsync("Cy7", server: 1);
        var (echoes, near, far) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());

        var random = new Random(7);
        for (var i = 0; i < rounds; i++)
        {
            // At any moment between two looks of the others, or all rounds would tell the same.
            await Task.Delay(PlayLoop.PollInterval * random.NextDouble(), TimeProvider.System);
            var typed = ada.Type($"say hi number {i}, \"quoted\" & <so on>.");
            echoes.Add((await ada.SeeAsync($"You say, \"hi number {i}, ")).After(typed));
            var heard = await Task.WhenAll(new[] { bo, cy }.Select(desk => desk.SeeAsync($"Ada7 says, \"hi number {i}, \"quoted\" & <so on>.\"")));
            near.Add(heard[0].After(typed));
            far.Add(heard[1].After(typed));
        }

        output.WriteLine(Within.Figures("echo to self", echoes));
        output.WriteLine(Within.Figures("same room, same server", near));
        output.WriteLine(Within.Figures("same room, 250 ms one way", far));
        Assert.All(new[] { bo, cy }, desk => Assert.Equal(rounds, desk.Count("Ada7 says")));
        Assert.All(near, time => Assert.InRange(time, TimeSpan.Zero, Within.Room));
        Assert.All(far, time => Assert.InRange(time, TimeSpan.Zero, Within.FarRoom));
    }

    [Fact]
    public async Task What_others_say_is_heard_by_a_watch_without_a_List_and_by_List_where_the_watch_breaks()
    {
        await town.SettleAsync(Hour, "cohon", "AdaW", "BoW");
        await using var ada = await town.ReturnAsync("AdaW", server: 0);
        var client = new ListeningClient(await CmudClient.ConnectAsync($"{town.Servers[0].Address}"));
        await using var bo = await Desk.SitDownAsync(client);
        await bo.AskAsync("BoW");

        string[] watched = ["ev/", "ch/", "tell/"];
        await Eventually.NothingIsMissing(() => Task.FromResult(Array.Find(watched, prefix => !client.IsTold(prefix)) is { } missing ? $"The watch of {missing} has not told all." : null));
        await ada.AskAsync("say one look more");
        await bo.SeeAsync("one look more");
        var before = Lists();
        await ada.AskAsync("say heard by the watch");
        await ada.AskAsync("tell bow psst");
        await bo.SeeAsync("heard by the watch");
        await bo.SeeAsync("AdaW tells you: psst");
        Assert.Equal(before, Lists());

        await client.CutAsync();
        await ada.AskAsync("say heard by List");
        await bo.SeeAsync("heard by List");

        Assert.InRange(Lists(), before + 1, int.MaxValue);
        Assert.Equal(1, bo.Count("heard by List"));

        int Lists() => watched.Sum(client.Lists);
    }

    [Fact]
    public async Task Row_09_Three_speak_at_once_on_three_servers_and_all_hear_all_once_each_speaker_in_order()
    {
        const int lines = 50;
        string[] names = ["Ada9", "Bo9", "Cy9"];
        await town.SettleAsync(Hour, "purnell", names);
        var desks = await Task.WhenAll(names.Select((name, i) => town.ReturnAsync(name, i)));

        foreach (var line in Enumerable.Range(1, lines))
        {
            foreach (var desk in desks) desk.Type($"say {line:00} of {lines}");
        }

        await Task.WhenAll(desks.Select(desk => desk.DoneAsync()));
        foreach (var (desk, self) in desks.Zip(names))
        {
            foreach (var other in names.Where(name => name != self)) await desk.SeeAsync($"{other} says, \"{lines} of {lines}\"");
        }

        foreach (var (desk, self) in desks.Zip(names))
        {
            foreach (var speaker in names)
            {
                var start = speaker == self ? "You say, \"" : $"{speaker} says, \"";
                var heard = desk.Lines.Where(shown => shown.Text.StartsWith(start, StringComparison.Ordinal)).Select(shown => shown.Text[start.Length..].TrimEnd('"'));
                Assert.Equal(Enumerable.Range(1, lines).Select(line => $"{line:00} of {lines}"), heard);
            }

            await desk.DisposeAsync();
        }
    }

    [Fact]
    public async Task Row_18_A_second_login_takes_over_and_the_first_goes_read_only()
    {
        await town.SettleAsync(TimeSpan.FromMinutes(8), "rashid", "Ada18");
        await using var first = await town.ReturnAsync("Ada18", server: 0);
        await using var second = await town.ReturnAsync("Ada18", server: 2);

        // 108 coins: three laptops more cost 98.7, so either session could buy them, and not both.
        await Task.WhenAll(first.AskAsync("buy laptop 3"), second.AskAsync("buy laptop 3"));
        await first.SeeAsync("elsewhere");
        var bought = first.Count("hums louder") + second.Count("hums louder");

        Assert.Equal(1, second.Count("hums louder"));
        Assert.Equal(1, bought);
        Assert.Contains("newer session", await first.AskAsync("say hi"), StringComparison.Ordinal);
        Assert.Contains("Rashid", await first.AskAsync("look"), StringComparison.Ordinal);
        Assert.Contains("Every step keeps to the rules.", await second.AskAsync("audit ada18"), StringComparison.Ordinal);
        Assert.DoesNotContain("owe", await second.AskAsync("score"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_27_A_tell_and_a_letter_wait_for_one_who_is_away_and_stay_read()
    {
        await town.SettleAsync(Hour, "dean", "Ada27", "Bo27");
        await using (var ada = await town.ReturnAsync("Ada27", server: 0))
        {
            Assert.Contains("Bo27 is not on campus", await ada.AskAsync("tell bo27 psst, are you there?"), StringComparison.Ordinal);
            Assert.Contains("on its way", await ada.AskAsync("mail bo27 See you at noon."), StringComparison.Ordinal);
        }

        await using (var bo = await Desk.SitDownAsync(town.Servers[1].Address))
        {
            // Written half a second away a moment ago: comes back until the letter has.
            await bo.AskAsync("bo27");
            await bo.SeeAsync("(mail)");
            while (!(await bo.AskAsync("mail")).Contains("2 unread", StringComparison.Ordinal)) await bo.AskAsync("mine 1");
            Assert.Contains("psst, are you there?", await bo.AskAsync("1"), StringComparison.Ordinal);
            Assert.Contains("See you at noon.", await bo.AskAsync("2"), StringComparison.Ordinal);
        }

        // Another session asks another query grain: what the last one noted has to have come there.
        await town.Mesh.Rests();
        await using var again = await town.ReturnAsync("Bo27", server: 1);
        Assert.Contains("all read", await again.AskAsync("mail"), StringComparison.Ordinal);
        Assert.DoesNotContain("waits for you", again.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_28_One_who_is_ignored_is_not_heard_and_a_flood_is_cut_with_a_notice()
    {
        var ids = await town.SettleAsync(Hour, "newell", "Ada28", "Bo28", "Cy28");
        await using var bo = await town.ReturnAsync("Bo28", server: 0);
        await using var cy = await town.ReturnAsync("Cy28", server: 1);
        await bo.AskAsync("ignore ada28");
        var before = cy.Length;

        // By a client without manners: the game's own would not let its player talk so fast.
        var writer = new FeedWriter(new RawStore(town.Servers[0].Grains[0]), new(TimeProvider.System), ids[0], SessionId.New(new(28)));
        for (var i = 1; i <= 100; i++) await writer.WriteAsync(Feed.Room("newell"), FeedKind.Say, "Ada28", $"buy my book, {i}", default);
        await cy.SeeAsync("Ada28, or somebody in that name, says more than anyone can read", from: before);
        await cy.AskAsync("say enough");
        await bo.SeeAsync("enough");

        Assert.Equal(0, bo.Count("buy my book"));
        Assert.InRange(cy.Count("buy my book"), 50, FloodGate.Burst + 10);
        Assert.Equal(1, cy.Count("more than anyone can read"));
    }
}
