using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>This session among the player's others: the one that started last may spend, once its start has settled.</summary>
/// <remarks>
/// Each session has a key of its own: on a shared one an old heartbeat would overwrite a new claim. Measured over
/// 3,000 runs of one player in two places: 1,085 overdrafts without a rule, 456 without the wait, none with it.
/// </remarks>
internal sealed class Sessions(IWorldStore store, GameClock clock, PlayerId player, SessionId me, string door)
{
    /// <summary>The door of a session that has ended and left lines behind.</summary>
    private const string Ended = "ended";

    /// <summary>Most ended sessions cleared up after at a login: more than anyone leaves behind between two.</summary>
    private const int MaxCleared = 20;

    /// <summary>Sessions that this one saw as it began, and when they said that they had: whatever time that is, it is not later. One that begins again says another.</summary>
    private readonly Dictionary<SessionId, long> _before = [];
    private readonly Dictionary<(SessionId, string), bool> _verified = [];
    private GameTime _start;
    private GameTime _told;

    /// <summary>Verified signatures kept in mind: each beat of another session brings a new one, and so does each value of a forger.</summary>
    private const int MaxVerified = 1_000;

    /// <summary>Most false signatures tried of somebody's sessions: 16 ms.</summary>
    private const int MaxTried = 32;

    /// <summary>The key that signs the ledger, where it is signed: then no session counts that does not sign as well, or anyone could be the later one.</summary>
    public SigningKey? Key { get; set; }

    /// <summary>Whether a later session has taken over.</summary>
    public bool IsElsewhere { get; private set; }

    /// <summary>Whether one has, and is gone as well.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>How long until this session may spend; zero where it may.</summary>
    public TimeSpan UntilSpending => IsElsewhere ? TimeSpan.MaxValue : TimeSpan.FromTicks(Math.Max(0, (Settle.Time - (clock.Now - _told)).Ticks));

    /// <summary>Takes the character over from all sessions that began before.</summary>
    /// <remarks>
    /// Looks first and dates itself after: a session that died under a clock ahead of this one's would else seem the later one and lock its
    /// player out. The wait of Settle counts from when the others can know.
    /// </remarks>
    /// <returns>Sessions that have ended, and where they left lines.</returns>
    public async Task<IReadOnlyDictionary<SessionId, string[]>> BeginAsync(CancellationToken cancellationToken)
    {
        var ended = new Dictionary<SessionId, string[]>();
        var (places, latest) = (0, default(GameTime));
        foreach (var (other, stored) in await OthersAsync(cancellationToken))
        {
            _before[other] = stored.Start;
            if (clock.Believes(new(stored.Start))) latest = GameTime.Max(latest, new(stored.Start));
            places += stored.Wrote?.Length ?? 0;
            if (HasEnded(stored) && ended.Count < MaxCleared && (ended.Count == 0 || places <= FeedWriter.MaxPlaces)) ended[other] = stored.Wrote ?? [];
        }

        _start = GameTime.Max(clock.IssueHere(), latest.Next);
        await BeatAsync([], cancellationToken);
        _told = clock.Now;
        return ended;
    }

    /// <summary>Blanks the keys of sessions that were cleared up after. One that lives after all tells so again.</summary>
    public async Task ForgetAsync(IEnumerable<SessionId> ended, CancellationToken cancellationToken)
    {
        foreach (var other in ended) await store.Put(new SessionKey(player, other).ToString(), "", cancellationToken);
    }

    /// <summary>Tells that this session lives, and where it has lines that will be old.</summary>
    public async Task BeatAsync(IReadOnlyList<string> wrote, CancellationToken cancellationToken) =>
        await PutAsync(new(1, _start.Value, clock.Now.Value, door, [.. wrote]), cancellationToken);

    /// <summary>Looks whether a later session has started. A session that ended keeps what it took: starting again is what takes it back (<see cref="TakeBackAsync"/>).</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var isLaterAlive = false;
        foreach (var (other, stored) in await OthersAsync(cancellationToken))
        {
            var start = new GameTime(stored.Start);
            if ((_before.TryGetValue(other, out var seen) && seen == stored.Start) || !clock.Believes(start)) continue;
            if (start < _start || (start == _start && other.CompareTo(me) < 0)) continue;

            IsElsewhere = true;
            isLaterAlive |= !HasEnded(stored);
        }

        IsAbandoned = IsElsewhere && !isLaterAlive;
    }

    /// <summary>Begins again, as the latest session; the wait until it may spend begins again as well.</summary>
    public async Task TakeBackAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        (IsElsewhere, IsAbandoned) = (false, false);
    }

    /// <summary>It ends: its key is blanked, or says where it has left lines.</summary>
    public async Task EndAsync(IReadOnlyList<string> wrote, CancellationToken cancellationToken)
    {
        if (wrote.Count == 0) await store.Put(new SessionKey(player, me).ToString(), "", cancellationToken);
        else await PutAsync(new(1, 0, clock.Now.Value, Ended, [.. wrote]), cancellationToken);
    }

    private async Task PutAsync(Stored stored, CancellationToken cancellationToken) => await store.Put(
        new SessionKey(player, me).ToString(), Signed(stored with { Pub = Key?.Public }), cancellationToken);

    private string Signed(Stored stored) => JsonValue.Write(stored with { Sig = Key?.Sign(TextOf(player, me, stored)) });

    /// <summary>
    /// Whether a player signs: one of their sessions carries a signature by the key that their id was made from. Then what is not signed is not theirs.
    /// </summary>
    public static async Task<bool> SignsAsync(IWorldStore store, PlayerId player, CancellationToken cancellationToken)
    {
        var left = MaxTried;
        await foreach (var (key, value) in store.List(SessionKey.Prefix(player), cancellationToken))
        {
            if (value.Length == 0 || !SessionKey.TryParse(key, out var session) || JsonValue.Read<Stored>(value) is not { V: 1, Pub: { } named } stored || SigningKey.IdOf(named) != player) continue;
            if (SigningKey.Verifies(named, TextOf(player, session.Session, stored), stored.Sig)) return true;
            if (--left == 0) break;
        }

        return false;
    }

    /// <summary>What is signed of a session, with its place.</summary>
    private static string TextOf(PlayerId player, SessionId session, Stored stored) => $"{new SessionKey(player, session)}\n{JsonValue.Write(stored with { Sig = null })}";

    private bool HasEnded(Stored stored) => stored.Door == Ended || clock.Now - new GameTime(stored.Beat) > Whereabouts.Staring;

    /// <summary>All other sessions, as many as somebody has put: were some left out, the later one might be among them.</summary>
    private async Task<List<(SessionId Session, Stored Stored)>> OthersAsync(CancellationToken cancellationToken)
    {
        var others = new List<(SessionId, Stored)>();
        await foreach (var (key, value) in store.List(SessionKey.Prefix(player), cancellationToken))
        {
            // Blank ones are many, for nothing is ever deleted: they count for nothing.
            if (value.Length == 0 || !SessionKey.TryParse(key, out var other) || other.Session == me) continue;
            if (JsonValue.Read<Stored>(value) is { V: 1 } stored && IsOwn(other.Session, value, stored)) others.Add((other.Session, stored));
        }

        return others;
    }

    private bool IsOwn(SessionId session, string value, Stored stored)
    {
        if (Key is null) return true;
        if (stored.Sig is null) return false;
        if (_verified.TryGetValue((session, value), out var known)) return known;
        if (_verified.Count >= MaxVerified) _verified.Clear();

        return _verified[(session, value)] = SigningKey.Verifies(Key.Public, TextOf(player, session, stored), stored.Sig);
    }

    private sealed record Stored(int V, long Start, long Beat, string? Door, string[]? Wrote = null, string? Pub = null, string? Sig = null);
}
