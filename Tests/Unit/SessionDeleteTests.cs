using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>What the overlay makes of deletes, expiry and purged tombstones.</summary>
public sealed class SessionDeleteTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SessionOverlay _overlay;

    public SessionDeleteTests() => _overlay = new(_time);

    [Fact]
    public void An_own_delete_hides_the_key_though_other_replicas_still_show_it()
    {
        _overlay.Wrote(Bytes("k"), null, At(5));

        Assert.Null(_overlay.Read(Bytes("k"), Reply("older", 4)));
        Assert.Empty(List(Page(Item("k", "older", 4))));
        Assert.Equal(["k newer"], List(Page(Item("k", "newer", 6))));
    }

    [Fact]
    public void A_key_deleted_elsewhere_leaves_the_list_as_soon_as_a_replica_tells_its_tombstone()
    {
        _overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));

        Assert.Equal(["k mine"], List(Page()));
        Assert.Equal(["k mine"], List(Page() with { Hidden = [new(Bytes("k"), At(4))] }));
        Assert.Empty(List(Page() with { Hidden = [new(Bytes("k"), At(6))] }));
        Assert.Empty(List(Page(Item("k", "mine", 5))));
        Assert.Null(_overlay.Read(Bytes("k"), Reply("mine", 5)));
    }

    [Fact]
    public void A_list_names_the_lowest_keys_of_its_range_that_the_client_would_show()
    {
        for (var i = 0; i < Door.MaxKnownKeys + 2; i++) _overlay.Wrote(Bytes($"n/{i:000}"), Bytes("v"), At(5));
        _overlay.Wrote(Bytes("n/001"), null, At(6));
        _overlay.Wrote(Bytes("m"), Bytes("v"), At(6));

        var known = _overlay.Known(Bytes("n/"), null)!;

        Assert.Equal(Door.MaxKnownKeys, known.Length);
        Assert.Equal(["n/000", "n/002"], known.Take(2).Select(key => Door.Decode(key)));
        Assert.Equal(["n/257"], _overlay.Known(Bytes("n/"), Bytes("n/256"))!.Select(key => Door.Decode(key)));
        Assert.Null(_overlay.Known(Bytes("n/"), Bytes("n/257")));
    }

    [Fact]
    public void A_value_is_hidden_when_its_time_is_up()
    {
        _overlay.Wrote(Bytes("a"), Bytes("mine"), At(5), TimeSpan.FromSeconds(2));
        _overlay.Read(Bytes("b"), Reply("read", 5) with { TimeLeft = TimeSpan.FromSeconds(2) });
        List(Page(Item("c", "listed", 5) with { TimeLeft = TimeSpan.FromSeconds(2) }));

        _time.Advance(TimeSpan.FromMilliseconds(1_999));
        Assert.Equal(["a mine", "b read", "c listed"], List(Page()));
        Assert.NotNull(_overlay.Known([], null));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(List(Page()));
        Assert.Null(_overlay.Read(Bytes("a"), new(null, null, 1)));
        Assert.Null(_overlay.Known([], null));
    }

    [Fact]
    public void What_has_expired_at_one_server_does_not_come_back_at_one_with_a_slower_clock()
    {
        _overlay.Wrote(Bytes("k"), Bytes("mine"), At(5), TimeSpan.FromSeconds(2));

        // A faster clock: gone already.
        Assert.Null(_overlay.Read(Bytes("k"), Reply(null, 5)));
        Assert.Null(_overlay.Read(Bytes("k"), Reply("mine", 5) with { TimeLeft = TimeSpan.FromSeconds(1) }));
        Assert.Empty(List(Page(Item("k", "mine", 5) with { TimeLeft = TimeSpan.FromSeconds(1) })));

        // A slower one: there for longer than it should be.
        _overlay.Wrote(Bytes("k"), Bytes("again"), At(6), TimeSpan.FromSeconds(2));
        _overlay.Read(Bytes("k"), Reply("again", 6) with { TimeLeft = TimeSpan.FromSeconds(30) });
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(_overlay.Read(Bytes("k"), Reply("again", 6) with { TimeLeft = TimeSpan.FromSeconds(28) }));
    }

    [Fact]
    public void An_expired_write_does_not_uncover_an_older_one_and_a_newer_one_lives_on()
    {
        _overlay.Wrote(Bytes("k"), Bytes("mine"), At(5), TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(_overlay.Read(Bytes("k"), Reply("older", 4)));
        Assert.Equal(["k newer"], List(Page(Item("k", "newer", 6))));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(["k newer"], List(Page()));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void A_key_that_a_replica_has_forgotten_is_deleted_if_its_write_lies_below_the_purge_floor(ulong floor, bool isShown)
    {
        _overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));
        Assert.Equal(isShown ? ["k mine"] : [], List(Page() with { PurgeFloor = floor }));
        Assert.Equal(isShown ? ["k mine"] : [], List(Page()));

        _overlay.Wrote(Bytes("l"), Bytes("mine"), At(5));
        Assert.Equal(isShown, _overlay.Read(Bytes("l"), new(null, null, 1, PurgeFloor: floor)) is not null);
        Assert.Equal(isShown, _overlay.Read(Bytes("l"), Reply("mine", 5)) is not null);
    }

    [Fact]
    public void What_was_forgotten_as_deleted_beats_whatever_a_slower_replica_shows_from_below_the_floor()
    {
        _overlay.Wrote(Bytes("k"), Bytes("mine"), At(5));

        Assert.Empty(List(Page() with { PurgeFloor = 8 }));

        Assert.Null(_overlay.Read(Bytes("k"), Reply("between", 7)));
        Assert.Equal(["k newer"], List(Page(Item("k", "newer", 8))));
    }

    [Fact]
    public void The_purge_floor_does_not_hide_what_lies_beyond_the_page()
    {
        foreach (var key in new[] { "a", "c" }) _overlay.Wrote(Bytes(key), Bytes("mine"), At(5));

        Assert.Equal(["b theirs"], List(Page(Item("b", "theirs", 1)) with { More = true, PurgeFloor = 6 }));
        Assert.Equal(["b theirs", "c mine"], List(Page()));
    }

    [Fact]
    public void A_write_follows_a_delete_that_was_only_told()
    {
        List(Page() with { Hidden = [new(Bytes("k"), At(7))] });

        Assert.Equal(7ul, _overlay.Seen.Value);
    }

    private static byte[] Bytes(string text) => Writes.Bytes(text);

    private static Stamp At(ulong time) => Writes.StampOf(time);

    private static GetReply Reply(string? value, ulong time) => new(value is null ? null : Bytes(value), At(time), 1);

    private static ListItem Item(string key, string value, ulong time) => new(Bytes(key), Bytes(value), At(time));

    private static ListReply Page(params ListItem[] items) => new(items, More: false, 1);

    private string[] List(ListReply page) =>
        [.. _overlay.Listed([], null, page).Select(item => $"{Door.Decode(item.Key)} {Door.Decode(item.Value)}")];
}
