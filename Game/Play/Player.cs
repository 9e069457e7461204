using Cmud.Game.Accounts;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.People;
using Cmud.Game.Places;
using Cmud.Game.Play.Verbs;

namespace Cmud.Game.Play;

/// <summary>The player of this session: who and where they are, what they hear, and all that their verbs work with.</summary>
internal sealed class Player
{
    private readonly FloodGate _mouth = new();
    private GameTime _lastBeat;
    private GameTime _lastNameCheck;
    private GameTime _lastOthers;
    private bool _knowsOthers;
    private bool _knowsNameLost;
    private bool _knowsAbandoned;

    /// <summary>How often a verb that takes its time shows what others do: as often as the door polls.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>How often a session looks whether another one of the player's took over.</summary>
    private static readonly TimeSpan OthersEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often it is asked whose the own name is: an earlier claim may come from a server that was cut off.</summary>
    private static readonly TimeSpan NameCheckEvery = TimeSpan.FromMinutes(1);

    private Player(Surroundings surroundings, PlayerId id, SessionId session, Character character)
    {
        (Surroundings, Id, Session, Character) = (surroundings, id, session, character);
        Room = surroundings.World.Start;
        Out = new(surroundings.Store, surroundings.Clock, id, session) { Key = () => Sessions!.Key };
        Crowd = new(surroundings.Store, surroundings.Clock, other => other == id || Ears!.Acquaintances.IsNamed(other));
        Sessions = new(surroundings.Store, surroundings.Clock, id, session, surroundings.Door);
        Book = new(surroundings, id, session, Sessions, PassAsync);
        Ledgers = new(surroundings.Store, () => Now, Book.Rules);
        Ears = new(this);
        Errands = new(() => Now);
        Active = surroundings.Clock.Now;
    }

    public Surroundings Surroundings { get; }

    public PlayerId Id { get; }

    /// <summary>The key that the id was made from, in the first session only: it is kept nowhere, unless the player says secure.</summary>
    public SigningKey? Key { get; private init; }

    public SessionId Session { get; }

    /// <summary>As others see them, and their settings; change it by <see cref="SaveAsync"/>.</summary>
    public Character Character { get; private set; }

    public string Name => Character.Name;

    public Room Room { get; private set; }

    public Mode Mode { get; set; } = Mode.Mining;

    /// <summary>What this session writes for many.</summary>
    public FeedWriter Out { get; }

    /// <summary>The player's ledger.</summary>
    public Book Book { get; }

    /// <summary>Whose rows on the board did not hold, and until when that is remembered.</summary>
    public Dictionary<PlayerId, GameTime> Imposters { get; } = [];

    /// <summary>Other people's.</summary>
    public LedgerShelf Ledgers { get; }

    /// <summary>What it hears.</summary>
    public Ears Ears { get; }

    public Crowd Crowd { get; }

    /// <summary>What it waits for.</summary>
    public Errands Errands { get; }

    public Sessions Sessions { get; }

    /// <summary>When the player last typed something.</summary>
    public GameTime Active { get; private set; }

    /// <summary>What the next line answers, unseen; null where the next line is like any other.</summary>
    public Secret? Secret { get; set; }

    /// <summary>Whether the player hears all this instead of seeing it.</summary>
    public bool IsSpokenTo => Surroundings.Speaks || Settings.IsOn(this, "screenreader");

    /// <summary>Aliases that this session set itself: what is stored may be anybody's.</summary>
    public Dictionary<string, string> OwnAliases { get; } = [];

    /// <summary>Whether the player stands guard at The Fence.</summary>
    public bool IsGuarding { get; private set; }

    /// <summary>The defence that goes on, or null; and when the next one may begin.</summary>
    public Trial? Trial { get; set; }

    /// <inheritdoc cref="Trial"/>
    public GameTime NextTrial { get; set; }

    /// <summary>The sheet of a split problem that the player holds, or null; and from when on an answer is taken.</summary>
    public Part? Part { get; set; }

    /// <inheritdoc cref="Part"/>
    public GameTime NextSplit { get; set; }

    /// <summary>From when on an answer to the race is taken.</summary>
    public GameTime NextRace { get; set; }

    /// <summary>Whether somebody has said hello back.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Whether the player said goodbye.</summary>
    public bool IsLeaving { get; set; }

    public IWorldStore Store => Surroundings.Store;

    public GameClock Clock => Surroundings.Clock;

    public GameTime Now => Surroundings.Clock.Now;

    /// <summary>A newcomer, whose name is theirs.</summary>
    public static async Task<Player> ArriveAsync(Surroundings surroundings, SigningKey key, SessionId session, PlayerName name, CancellationToken cancellationToken)
    {
        var player = new Player(surroundings, key.Id, session, new() { Name = name.Shown, Born = surroundings.Clock.IssueHere().Value }) { Key = key };
        await player.SaveAsync(player.Character, cancellationToken);
        await player.Sessions.BeginAsync(cancellationToken);
        await player.Book.OpenAsync(cancellationToken);
        await player.BeginAsync(cancellationToken);
        player.Show("The laptop is yours. So is the rent.", Tone.Plain);
        player.Show("Type mine.", Tone.Hint);
        await player.AnnounceAsync("has enrolled. Say hello on the newbie channel!", cancellationToken);
        return player;
    }

    /// <summary>One who was here before, with the key that their ledger names, where it names one.</summary>
    public static async Task<Player> ReturnAsync(Surroundings surroundings, PlayerId id, Character character, SigningKey? key, CancellationToken cancellationToken)
    {
        var player = new Player(surroundings, id, SessionId.New(surroundings.Random), character);
        if (Whereabouts.Read(await surroundings.Store.Get(PlayerKeys.Location(id), cancellationToken)) is { } where)
        {
            player.Room = surroundings.World.Find(where.Room) ?? player.Room;
            player.Rest();
        }

        if (key is not null) player.Book.Unlock(key);
        var ended = await player.Sessions.BeginAsync(cancellationToken);
        await player.Book.OpenAsync(cancellationToken);
        await Homecoming.TellAsync(player, cancellationToken);
        await player.Out.TakeOverAsync(ended.Values.SelectMany(places => places), cancellationToken);
        await player.BeginAsync(cancellationToken);
        await player.Sessions.ForgetAsync(ended.Keys, cancellationToken);
        return player;
    }

    public void Show(string text, Tone tone = Tone.Plain) => Surroundings.Show(text, tone);

    public void Show(Output output) => Surroundings.Screen.Show(IsSpokenTo ? new Output.Aloud(output) : output);

    /// <summary>Changes what is stored of the character, as a whole; false, and a word about it, where that is more than can be kept. A lock always can.</summary>
    public async Task<bool> SaveAsync(Character character, CancellationToken cancellationToken)
    {
        var value = character.Write();
        if (value.Length > JsonValue.MaxLength && value.Length > Character.Write().Length && character.Lock == Character.Lock)
        {
            Show("That is more than can be kept of you: forget an alias, or somebody you ignore. Nothing was changed.", Tone.Error);
            return false;
        }

        Character = character;
        await Store.Put(PlayerKeys.Character(Id), value, cancellationToken);
        return true;
    }

    /// <summary>Tells the room what this player does, and the player's own screen at once.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="own">The line on the own screen; null for none.</param>
    /// <param name="text">What the others read after the name.</param>
    /// <param name="cancellationToken">Given up with the session.</param>
    public async Task ActAsync(FeedKind kind, string? own, string text, CancellationToken cancellationToken)
    {
        if (own is not null) Show(own, kind == FeedKind.Say ? Tone.Speech : Tone.Event);
        await Out.WriteAsync(Feed.Room(Room.Id), kind, Name, text, cancellationToken);
    }

    /// <summary>Tells everybody.</summary>
    public async Task AnnounceAsync(string text, CancellationToken cancellationToken) =>
        await Out.WriteAsync(Feed.Channel(Channels.Ticker), FeedKind.News, Name, text, cancellationToken);

    /// <summary>Walks into a room; whether it may be entered was asked before.</summary>
    public async Task MoveAsync(Room room, string leaving, string entering, CancellationToken cancellationToken)
    {
        await Out.WriteAsync(Feed.Room(Room.Id), FeedKind.Leave, Name, leaving, cancellationToken);
        Room = room;
        IsGuarding = false;
        Rest();
        Ears.Enter(room);
        await TellWhereAsync(cancellationToken);
        await Out.WriteAsync(Feed.Room(room.Id), FeedKind.Enter, Name, entering, cancellationToken);
    }

    /// <summary>Leaves what the player is at: at home that is mining, elsewhere walking.</summary>
    public void Rest() => Mode = Room == Surroundings.World.Start ? Mode.Mining : Mode.Campus;

    /// <summary>Stands guard, or stops.</summary>
    public async Task GuardAsync(bool guards, CancellationToken cancellationToken)
    {
        IsGuarding = guards;
        await TellWhereAsync(cancellationToken);
    }

    /// <summary>Whether somebody is this player, or was heard lately and has the name they go by.</summary>
    public bool IsKnown(Person person) => person.Id == Id || Ears.Acquaintances.IsKnown(person.Id, person.Name);

    /// <summary>Whether this player may say a line now; what is said faster nobody could read.</summary>
    public bool MaySpeak() => _mouth.Pass(Now);

    /// <summary>The player typed something.</summary>
    public void Stir() => Active = Now;

    /// <summary>Whatever is due: what others did, and the heartbeat.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await Ears.PollAsync(cancellationToken);
        foreach (var payment in await Book.PollAsync(cancellationToken))
        {
            // No client of ours sends so little: it would read as nothing.
            if (payment.Amount < Coins.Least) continue;

            var memo = StoredText.Clean(payment.Memo, 80);
            var from = await Ranking.NameOfAsync(this, payment.Key.From.ToString(), cancellationToken);
            Show($"You received {Money.Exact(this, payment.Amount)} from {from}{(memo.Length == 0 ? "" : $": {memo}")}.", Tone.Success);
        }

        await Errands.PollAsync(cancellationToken);
        if (Now - _lastOthers >= OthersEvery) await LookForOthersAsync(cancellationToken);
        if (Now - _lastBeat < Whereabouts.Beat) return;

        await BeatAsync(cancellationToken);
        await Out.BlankAsync(cancellationToken);
    }

    /// <summary>Lets time pass within a verb, and shows what others do meanwhile.</summary>
    public async Task PassAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        var until = Now + span;
        while (until - Now is { Ticks: > 0 } left)
        {
            await Task.Delay(left < Look ? left : Look, Surroundings.Time, cancellationToken);
            await PollAsync(cancellationToken);
        }
    }

    /// <summary>Looks whether another session took over, and whether that one is gone; says each once.</summary>
    public async Task LookForOthersAsync(CancellationToken cancellationToken)
    {
        _lastOthers = Now;
        await Sessions.LookAsync(cancellationToken);

        // The book looks as well, before it spends; that is no reason not to say it.
        if (Sessions.IsElsewhere && !_knowsOthers)
            Show("You are now elsewhere: a newer session of yours took over. This one may look, but spends nothing and says nothing. (takeover plays on here, quit leaves)", Tone.Warning);
        if (Sessions.IsAbandoned && !_knowsAbandoned) Show("The newer session of yours is gone. (takeover plays on here)", Tone.Warning);
        (_knowsOthers, _knowsAbandoned) = (Sessions.IsElsewhere, Sessions.IsAbandoned);
    }

    /// <summary>Takes the character back from a newer session, with what was changed there.</summary>
    public async Task TakeBackAsync(CancellationToken cancellationToken)
    {
        await Sessions.TakeBackAsync(cancellationToken);
        (_knowsOthers, _knowsAbandoned) = (false, false);

        // The other session may have had to take another name; the claims say so, the character may be anybody's.
        _lastNameCheck = default;
        if (Character.Read(await Store.Get(PlayerKeys.Character(Id), cancellationToken)) is { } character) Character = character with { Name = Name };
        if (Whereabouts.Read(await Store.Get(PlayerKeys.Location(Id), cancellationToken)) is { } where && Surroundings.World.Find(where.Room) is { } room && room != Room)
        {
            Room = room;
            Rest();
        }

        await BeginAsync(cancellationToken);
    }

    /// <summary>Says goodbye to the store.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await Book.AffirmAsync(isLast: true, cancellationToken);
        if (Sessions.IsElsewhere)
        {
            await Sessions.EndAsync(Out.Places, cancellationToken);
            return;
        }

        // A rig mines so long unattended from the latest entry on: let that be the farewell, not the last purchase.
        await Book.DoAsync(EntryKind.Tick, entry => entry, cancellationToken);
        await Out.WriteAsync(Feed.Room(Room.Id), FeedKind.Leave, Name, "packs up and goes.", cancellationToken);
        await Store.Put(PlayerKeys.Location(Id), Whereabouts.Of(Name, Room.Id, Whereabouts.Away, Now, Active).Write(), cancellationToken);
        await Store.Put(PlayerKeys.Character(Id), Character.Write(), cancellationToken);
        await Sessions.EndAsync(Out.Places, cancellationToken);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        Ears.Enter(Room);
        await BeatAsync(cancellationToken);
        await Out.WriteAsync(Feed.Room(Room.Id), FeedKind.Enter, Name, "blinks into the light.", cancellationToken);
    }

    /// <summary>Own keys are written whole from own state, again with each beat: two quick writes of one key may be taken in the wrong order.</summary>
    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        _lastBeat = Now;
        await LookForOthersAsync(cancellationToken);
        await Sessions.BeatAsync(Out.Places, cancellationToken);
        await Book.AffirmAsync(isLast: false, cancellationToken);
        if (Sessions.IsElsewhere) return;

        await CheckNameAsync(cancellationToken);
        await TellWhereAsync(cancellationToken);
        await Ranking.PostAsync(this, cancellationToken);
        await Store.Put(PlayerKeys.Character(Id), Character.Write(), cancellationToken);
    }

    /// <summary>The earlier claim has the name, whenever it came to light; everything else hangs on the id and stays.</summary>
    private async Task CheckNameAsync(CancellationToken cancellationToken)
    {
        if (Now - _lastNameCheck < NameCheckEvery || !PlayerName.TryParse(Name, out var name, out _)) return;

        _lastNameCheck = Now;
        var names = new Names(Store, Clock);
        if (await names.OwnerAsync(name, cancellationToken) is not { } owner || owner.Player == Id) return;
        if (await names.RenameAsync(name, Id, Session, cancellationToken) is not { } free)
        {
            if (!_knowsNameLost) Show($"While the servers were apart somebody became {name.Shown} a moment before you did, and no name like it is free: others reach you by it no more.", Tone.Warning);
            _knowsNameLost = true;
            return;
        }

        await SaveAsync(Character with { Name = free.Shown }, cancellationToken);
        Show($"While the servers were apart somebody became {name.Shown} a moment before you did. You are {free.Shown} now, and log in by that name; all else is yours as it was.", Tone.Warning);
    }

    private async Task TellWhereAsync(CancellationToken cancellationToken) => await Store.Put(
        PlayerKeys.Location(Id), Whereabouts.Of(Name, Room.Id, IsGuarding ? Fence.Guarding : Mode.ToString().ToLowerInvariant(), Now, Active).Write(), cancellationToken);
}
