using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Keys;
using Cmud.Game.Play;
using Cmud.Game.Problems;
using Microsoft.Extensions.Time.Testing;

namespace Cmud.Tests.Unit.Game;

/// <summary>A campus in made-up time: any number of players on one store, each with a screen that is read as text.</summary>
internal sealed class Campus
{
    private readonly Random _random;
    private readonly bool _watches;
    private int _players;

    /// <param name="seed">Of all chance.</param>
    /// <param name="replicas">Of the store.</param>
    /// <param name="maxDelay">Until a write has come to all of them.</param>
    /// <param name="watches">Whether players are told what changes, and do not only list.</param>
    public Campus(int seed = 1, int replicas = 1, TimeSpan maxDelay = default, bool watches = false)
    {
        _random = new(seed);
        _watches = watches;
        Store = new(Time, new(seed), replicas, maxDelay);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    public SimulatedStore Store { get; }

    private readonly List<Seat> _seats = [];

    /// <summary>Somebody at the question for a name.</summary>
    public async Task<Seat> SitDownAsync(IWorldStore? client = null, bool speaks = false)
    {
        var seat = new Seat(this, client ?? (_watches ? Store.ConnectWatching() : Store.Connect()), new Random(_random.Next() + ++_players), speaks);
        _seats.Add(seat);
        seat.Run(() => seat.Session.StartAsync(default));
        return seat;
    }

    /// <summary>A newcomer who has heard the story.</summary>
    public async Task<Seat> EnrollAsync(string name, IWorldStore? client = null, bool speaks = false)
    {
        var seat = await SitDownAsync(client, speaks);
        await seat.TypeAsync(name);
        await seat.TypeAsync("");
        seat.Clear();
        return seat;
    }

    /// <summary>Lets time pass in steps of half a second, in which everybody looks.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromSeconds(0.5))
        {
            Time.Advance(TimeSpan.FromSeconds(0.5));
            foreach (var seat in _seats.Where(seat => !seat.IsGone).ToArray()) seat.Run(() => seat.Session.PollAsync(default));
        }
    }

    /// <summary>Who goes by a name.</summary>
    public PlayerId IdOf(string name) =>
        PlayerId.TryParse(Store.Settled.First(pair => pair.Key.StartsWith(NameClaim.Prefix(name.ToLowerInvariant()), StringComparison.Ordinal)).Value, out var id) ? id : throw new ArgumentException(name, nameof(name));

    /// <summary>The right answer to a player's problem.</summary>
    public string Answer(string name, int rank = 0, int index = 0) => ProblemBook.Of(Economy.Standard.Season, IdOf(name), rank, index).Solve();

    /// <summary>Jumps ahead; nobody looks meanwhile.</summary>
    public void Skip(TimeSpan span) => Time.Advance(span);
}

/// <summary>One player at the campus, and all that they were shown.</summary>
internal sealed class Seat : IScreen
{
    private readonly Campus _campus;
    private readonly List<Output> _shown = [];

    public Seat(Campus campus, IWorldStore store, Random random, bool speaks = false)
    {
        _campus = campus;
        Session = new PlaySession(store, campus.Time, random, this, "test", speaks, () => Key(random));
    }

    public PlaySession Session { get; }

    /// <summary>A key that the seed gives, below the order of the curve.</summary>
    public static SigningKey Key(Random random)
    {
        var secret = new byte[32];
        random.NextBytes(secret.AsSpan(1));
        return SigningKey.Of(secret);
    }

    /// <summary>The client was killed: it does nothing more, not even say goodbye.</summary>
    public bool IsGone { get; private set; }

    public IReadOnlyList<Output> Shown => _shown;

    /// <summary>Everything shown since the last <see cref="Clear"/>, a line each.</summary>
    public string Text => string.Join('\n', _shown.SelectMany(Lines));

    public void Show(Output output) => _shown.Add(output);

    public void Clear() => _shown.Clear();

    public void Kill() => IsGone = true;

    /// <summary>Types a line; gives what was shown from then until it was done.</summary>
    public async Task<string> TypeAsync(string line)
    {
        var before = _shown.Count;
        Run(() => Session.EnterAsync(line, default));
        return string.Join('\n', _shown.Skip(before).SelectMany(Lines));
    }

    /// <summary>Ends a call that may wait: time goes on until it is done.</summary>
    public void Run(Func<Task> call) => new Turns(_campus.Time).Run(call);

    /// <summary>A screen that nobody looks at.</summary>
    public sealed class Blind : IScreen
    {
        public void Show(Output output)
        {
        }
    }

    private static IEnumerable<string> Lines(Output output) => output switch
    {
        Output.Line line => [line.Text],
        Output.Block block => [block.Text],
        Output.Aloud aloud => Lines(aloud.What),
        Output.Bar bar => [$"{bar.Label}: {bar.Text}"],
        Output.Table table => [table.Title ?? "", .. table.Rows.Select(row => string.Join(" | ", row))],
        _ => [],
    };
}
