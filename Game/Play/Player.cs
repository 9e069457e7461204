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
    private GameTime _active;

    private Player(Surroundings surroundings, PlayerId id, SessionId session, Character character)
    {
        (Surroundings, Id, Session, Character) = (surroundings, id, session, character);
        Room = surroundings.World.Start;
        Out = new(surroundings.Store, surroundings.Clock, id, session);
        Crowd = new(surroundings.Store, surroundings.Clock);
        Sessions = new(surroundings.Store, surroundings.Clock, id, session, surroundings.Door);
        Book = new(surroundings, id, session, Sessions);
        Ears = new(this);
        _active = surroundings.Clock.Now;
    }

    public Surroundings Surroundings { get; }

    public PlayerId Id { get; }

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

    /// <summary>What it hears.</summary>
    public Ears Ears { get; }

    public Crowd Crowd { get; }

    public Sessions Sessions { get; }

    /// <summary>Takes the next line, which is not shown; null where the next line is like any other.</summary>
    public Func<string, CancellationToken, Task>? Secret { get; set; }

    /// <summary>Whether the player stands guard at The Fence.</summary>
    public bool IsGuarding { get; private set; }

    /// <summary>Whether the player said goodbye.</summary>
    public bool IsLeaving { get; set; }

    public IWorldStore Store => Surroundings.Store;

    public GameClock Clock => Surroundings.Clock;

    public GameTime Now => Surroundings.Clock.Now;

    /// <summary>A newcomer, whose name is theirs.</summary>
    public static async Task<Player> ArriveAsync(Surroundings surroundings, PlayerId id, SessionId session, PlayerName name, CancellationToken cancellationToken)
    {
        var player = new Player(surroundings, id, session, new() { Name = name.Shown, Born = surroundings.Clock.Issue().Value });
        await player.SaveAsync(player.Character, cancellationToken);
        await player.Book.OpenAsync(cancellationToken);
        await player.BeginAsync(cancellationToken);
        player.Show("The laptop is yours. So is the rent.", Tone.Plain);
        player.Show("Type mine.", Tone.Hint);
        await player.AnnounceAsync("has enrolled. Say hello on the newbie channel!", cancellationToken);
        return player;
    }

    /// <summary>One who was here before.</summary>
    public static async Task<Player> ReturnAsync(Surroundings surroundings, PlayerId id, Character character, CancellationToken cancellationToken)
    {
        var player = new Player(surroundings, id, SessionId.New(surroundings.Random), character);
        if (Whereabouts.Read(await surroundings.Store.Get(PlayerKeys.Location(id), cancellationToken)) is { } where)
        {
            player.Room = surroundings.World.Find(where.Room) ?? player.Room;
            player.Mode = player.Room == surroundings.World.Start ? Mode.Mining : Mode.Campus;
        }

        await player.Book.OpenAsync(cancellationToken);
        await Homecoming.TellAsync(player, cancellationToken);
        await player.BeginAsync(cancellationToken);
        return player;
    }

    public void Show(string text, Tone tone = Tone.Plain) => Surroundings.Show(text, tone);

    public void Show(Output output) => Surroundings.Screen.Show(output);

    /// <summary>Changes what is stored of the character, as a whole.</summary>
    public async Task SaveAsync(Character character, CancellationToken cancellationToken)
    {
        Character = character;
        await Store.Put(PlayerKeys.Character(Id), character.Write(), cancellationToken);
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
        Mode = room == Surroundings.World.Start ? Mode.Mining : Mode.Campus;
        Ears.Enter(room);
        await TellWhereAsync(cancellationToken);
        await Out.WriteAsync(Feed.Room(room.Id), FeedKind.Enter, Name, entering, cancellationToken);
    }

    /// <summary>Stands guard, or stops.</summary>
    public async Task GuardAsync(bool guards, CancellationToken cancellationToken)
    {
        IsGuarding = guards;
        await TellWhereAsync(cancellationToken);
    }

    /// <summary>Whether this player may say a line now; what is said faster nobody could read.</summary>
    public bool MaySpeak() => _mouth.Pass(Now);

    /// <summary>The player typed something.</summary>
    public void Stir() => _active = Now;

    /// <summary>Whatever is due: what others did, and the heartbeat.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await Ears.PollAsync(cancellationToken);
        foreach (var payment in await Book.PollAsync(cancellationToken))
        {
            var memo = StoredText.Clean(payment.Memo, 80);
            Show($"You received {Money.Text(this, payment.Amount)}{(memo.Length == 0 ? "" : $": {memo}")}.", Tone.Success);
        }

        if (Now - _lastBeat < Whereabouts.Beat) return;

        await BeatAsync(cancellationToken);
        await Out.BlankAsync(cancellationToken);
    }

    /// <summary>Looks whether another session took over; says so once.</summary>
    public async Task LookForOthersAsync(CancellationToken cancellationToken)
    {
        var was = Sessions.IsElsewhere;
        await Sessions.LookAsync(cancellationToken);
        if (Sessions.IsElsewhere && !was) Show("You are now elsewhere: another session of yours began. This one may look, but spends nothing and says nothing.", Tone.Warning);
    }

    /// <summary>Says goodbye to the store.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Sessions.IsElsewhere)
        {
            await Sessions.EndAsync(cancellationToken);
            return;
        }

        await Out.WriteAsync(Feed.Room(Room.Id), FeedKind.Leave, Name, "packs up and goes.", cancellationToken);
        await Store.Put(PlayerKeys.Location(Id), Whereabouts.Of(Name, Room.Id, Whereabouts.Away, Now, _active).Write(), cancellationToken);
        await Sessions.EndAsync(cancellationToken);
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
        await Sessions.BeatAsync(cancellationToken);
        if (Sessions.IsElsewhere) return;

        await Book.AffirmAsync(cancellationToken);
        await TellWhereAsync(cancellationToken);
        await Ranking.PostAsync(this, cancellationToken);
        await Store.Put(PlayerKeys.Character(Id), Character.Write(), cancellationToken);
    }

    private async Task TellWhereAsync(CancellationToken cancellationToken) => await Store.Put(
        PlayerKeys.Location(Id), Whereabouts.Of(Name, Room.Id, IsGuarding ? Fence.Guarding : Mode.ToString().ToLowerInvariant(), Now, _active).Write(), cancellationToken);
}
