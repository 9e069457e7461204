using Cmud.Game.Accounts;
using Cmud.Game.Keys;

namespace Cmud.Game.Feeds;

/// <summary>Writes one session's lines into feeds, and blanks them when they are old.</summary>
/// <remarks>
/// A session that ends, or dies, leaves the lines of its last minutes. Where they stand it says with each heartbeat, and the player's next
/// session takes them over: to look for them in every room would cost a List for each room and minute.
/// </remarks>
internal sealed class FeedWriter(IWorldStore store, GameClock clock, PlayerId player, SessionId session)
{
    /// <summary>How long a line is of use: who comes back after a moment may still read it.</summary>
    public static readonly TimeSpan Use = TimeSpan.FromMinutes(10);

    /// <summary>Most lines blanked at a time: a beat every 10 s keeps up with 5 lines a second.</summary>
    private const int BlankAtOnce = 50;

    /// <summary>Most places told and taken over: each costs a List. Ten minutes in one room and on one channel are 20.</summary>
    public const int MaxPlaces = 60;

    /// <summary>Most lines taken over from one place.</summary>
    private const int MaxTakenOver = 500;

    private readonly Dictionary<Feed, string> _previous = [];
    private readonly Queue<(string Key, GameTime At)> _written = new();
    private int _seq;

    /// <summary>The key that signs what is written, where the player's ledger names one.</summary>
    public Func<SigningKey?> Key { get; init; } = static () => null;

    /// <summary>A line as it is stored at its place: signed, where there is a key.</summary>
    public string Signed(FeedLine line, string key) => (Key() is { } signer ? line.SignedBy(signer, key) : line).Write();

    /// <summary>Writes a line; it is in the store when this ends.</summary>
    /// <returns>Its mark, by which the writer's own reader knows it.</returns>
    public async Task<Mark> WriteAsync(Feed feed, FeedKind kind, string name, string text, CancellationToken cancellationToken)
    {
        var mark = NextMark();
        var key = feed.Key(mark);
        var line = new FeedLine(kind, name, text, _previous.GetValueOrDefault(feed));
        await store.Put(key, Signed(line, key), cancellationToken);
        _previous[feed] = key;
        Written(key, mark.Time);
        return mark;
    }

    /// <summary>A mark that this session has not used.</summary>
    public Mark NextMark() => new(clock.IssueHere(), player, session, ++_seq);

    /// <summary>Takes note of a line that is to be blanked when it is old.</summary>
    public void Written(string key, GameTime at) => _written.Enqueue((key, at));

    /// <summary>Where the lines stand that are still to be blanked: minutes of feeds, and mailboxes.</summary>
    public IReadOnlyList<string> Places => [.. _written.Select(line => line.Key[..(line.Key.LastIndexOf('/') + 1)]).Distinct().TakeLast(MaxPlaces)];

    /// <summary>Takes over the lines that this player's former sessions left, letters apart: those are kept.</summary>
    public async Task TakeOverAsync(IEnumerable<string> places, CancellationToken cancellationToken)
    {
        var found = new List<(string Key, GameTime At)>();
        foreach (var place in places.Where(IsPlace).Distinct().Take(MaxPlaces))
        {
            var left = MaxTakenOver;
            await foreach (var (key, value) in store.List(place, cancellationToken))
            {
                if (!Mark.TryParse(key[place.Length..], out var mark) || mark.Player != player || mark.Session == session) continue;
                if (FeedLine.Read(value) is { Kind: not FeedKind.Mail }) found.Add((key, mark.Time));
                if (--left == 0) break;
            }
        }

        foreach (var (key, at) in found.OrderBy(line => line.At)) Written(key, at);
    }

    /// <summary>Whether a prefix is what <see cref="Places"/> gives: a forged one may name the whole world.</summary>
    private static bool IsPlace(string? place) => place?.Split('/') switch
    {
        ["ev" or "ch", var name, var minute, ""] => KeyText.IsPart(name) && KeyText.IsPart(minute),
        ["tell", var to, ""] => PlayerId.TryParse(to, out _),
        _ => false,
    };

    /// <summary>Blanks lines past their use. Putting one blank twice is harmless.</summary>
    public async Task BlankAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < BlankAtOnce && _written.TryPeek(out var oldest) && clock.Now - oldest.At > Use; i++)
        {
            await store.Put(oldest.Key, "", cancellationToken);
            _written.Dequeue();
        }
    }
}
