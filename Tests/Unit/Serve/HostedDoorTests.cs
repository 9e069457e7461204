using System.Net;
using Cmud.App.Play;
using Cmud.App.Serve;
using Cmud.Game.Play;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Serve;

/// <summary>The bounds that a host puts on each session.</summary>
public sealed class HostedDoorTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lobby _lobby = new(new() { Sessions = 3, PerAddress = 2 });
    private readonly Lobby.Seat _seat;
    private readonly OpenDoor _open = new();
    private readonly HostedDoor _door;

    public HostedDoorTests()
    {
        _seat = Enter("10.0.0.1")!;
        _door = new(_open, _seat, _time, _closing.Token);
    }

    [Fact]
    public void Who_gives_no_name_in_time_leaves_and_who_has_one_stays()
    {
        Ask(takesCommands: false, hides: false);
        Ask(takesCommands: true, hides: true);
        Assert.Equal(0, _lobby.Players);
        _time.Advance(HostedDoor.NameTime - TimeSpan.FromSeconds(1));
        Assert.False(_door.Left.IsCancellationRequested);

        Ask(takesCommands: true, hides: false);
        _time.Advance(TimeSpan.FromDays(1));
        Ask(takesCommands: true, hides: true);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(_door.Left.IsCancellationRequested);
        Assert.Equal(1, _lobby.Players);

        // The name was somebody else's after all.
        Ask(takesCommands: false, hides: false);
        Assert.Equal(0, _lobby.Players);
        _time.Advance(HostedDoor.NameTime);
        Assert.True(_door.Left.IsCancellationRequested);
        Assert.Equal("No name was given within 3 minutes: the seat is for somebody else now.", _open.Shown.Single());
    }

    [Fact]
    public void Who_plays_is_told_that_the_host_closes()
    {
        Ask(takesCommands: true, hides: false);

        _closing.Cancel();

        Assert.True(_door.Left.IsCancellationRequested);
        Assert.StartsWith("This host is closing.", _open.Shown.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_lines_waits_and_none_is_lost()
    {
        Ask(takesCommands: true, hides: false);
        for (var i = 0; i < HostedDoor.Burst; i++) Assert.Equal("look", await _door.ReadLineAsync(default).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));

        for (var i = 0; i < 3; i++)
        {
            var next = _door.ReadLineAsync(default).AsTask();
            Assert.False(next.IsCompleted);
            _time.Advance(HostedDoor.Refill);
            Assert.Equal("look", await next.WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public async Task Guesses_at_a_passphrase_wait()
    {
        Ask(takesCommands: true, hides: true);
        Assert.Equal("look", await _door.ReadLineAsync(default));

        var second = _door.ReadLineAsync(default).AsTask();
        Assert.False(second.IsCompleted);
        _time.Advance(HostedDoor.GuessPause);
        Assert.Equal("look", await second.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_refused_and_asked_for_again()
    {
        Ask(takesCommands: true, hides: false);
        _open.Lines = new([new string('x', LineEditor.MaxLength + 1), new string('y', LineEditor.MaxLength)]);

        Assert.Equal(new string('y', LineEditor.MaxLength), await _door.ReadLineAsync(default));

        Assert.Equal("That line has more than 1,024 characters, which is the most; nothing of it was done.", _open.Shown.Single());
        Assert.Equal(2, _open.Asked);
    }

    [Fact]
    public void Seats_are_counted_in_all_and_of_each_address()
    {
        using var second = Enter("::ffff:10.0.0.1");
        Assert.Null(_lobby.TryEnter(IPAddress.Parse("10.0.0.1"), out var refusal));
        Assert.Equal("2 sessions come from your address already, and 2 are the most; leave one of them, or ask who hosts this game.", refusal);

        using (Enter("10.0.0.2"))
        {
            Assert.Null(_lobby.TryEnter(IPAddress.Parse("10.0.0.3"), out refusal));
            Assert.Equal("All 3 seats here are taken; try again in a few minutes.", refusal);
        }

        using var third = Enter("2001:db8::1");
        Assert.NotNull(third);
    }

    [Fact]
    public void A_machine_with_many_addresses_of_IPv6_is_one()
    {
        var lobby = new Lobby(new() { PerAddress = 1 });

        using var first = lobby.TryEnter(IPAddress.Parse("2001:db8::1"), out _);
        using var neighbour = lobby.TryEnter(IPAddress.Parse("2001:db8:0:1::1"), out _);

        Assert.NotNull(neighbour);
        Assert.Null(lobby.TryEnter(IPAddress.Parse("2001:db8::2:3"), out _));
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        _seat.Dispose();
        _seat.Dispose();
        Assert.Equal(0, _lobby.Sessions);
        _closing.Dispose();
    }

    private Lobby.Seat? Enter(string address) => _lobby.TryEnter(IPAddress.Parse(address), out _);

    private void Ask(bool takesCommands, bool hides)
    {
        _door.Remember(takesCommands);
        _door.Prompt("> ", hides, isTurn: true);
    }

    /// <summary>A door at which somebody says "look" without pause.</summary>
    private sealed class OpenDoor : IDoor
    {
        public List<string> Shown { get; } = [];

        public int Asked { get; private set; }

        public Queue<string> Lines { get; set; } = new();

        public CancellationToken Left => CancellationToken.None;

        public void Show(Output output) => Shown.Add(((Output.Line)output).Text);

        public ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => new(Lines.TryDequeue(out var line) ? line : "look");

        public void Prompt(string prompt, bool hidesInput, bool isTurn) => Asked++;

        public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void CompleteWith(Func<string, int, IReadOnlyList<string>> complete)
        {
            // Nobody presses Tab.
        }

        public ValueTask DisposeAsync() => default;
    }
}
