using Cmud.Game.Accounts;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A newcomer: the claim to the name settles while the first day is told.</summary>
internal sealed class ArrivalStage(Surroundings surroundings, PlayerName name) : Stage
{
    private readonly SigningKey _key = surroundings.NewKey();
    private readonly SessionId _session = SessionId.New(surroundings.Random);
    private readonly Queue<string> _early = new();
    private GameTime _claimed;
    private Player? _player;

    /// <summary>Lines typed before the story ended are kept, as many as a paste has.</summary>
    private const int MaxEarly = 200;

    /// <summary>None: the story asks for nothing.</summary>
    public override string Prompt => "";

    private Names Names => new(surroundings.Store, surroundings.Clock);

    /// <inheritdoc/>
    public override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await Names.ClaimAsync(name, _key.Id, _session, cancellationToken);
        _claimed = surroundings.Clock.Now;
        foreach (var line in StoryText.FirstDay)
        {
            surroundings.Show(line);
            surroundings.Screen.Show(new Output.Pause(StoryText.Pause));
        }
    }

    /// <inheritdoc/>
    public override async Task EnterAsync(string line, CancellationToken cancellationToken)
    {
        // Any key skips the story; what is a line already is for later.
        if (line.Length > 0 && _early.Count < MaxEarly) _early.Enqueue(line);

        // Only time makes a claim final: no event tells that nothing smaller is on its way.
        var wait = Settle.Time - (surroundings.Clock.Now - _claimed);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, surroundings.Time, cancellationToken);
        await PollAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task PollAsync(CancellationToken cancellationToken)
    {
        if (Next is not null || !Settle.IsOver(_claimed, surroundings.Clock.Now)) return;

        if (await Names.OwnerAsync(name, cancellationToken) is { } owner && owner.Player != _key.Id)
        {
            surroundings.Show($"The registrar looks up: somebody else became {name.Shown} a moment before you. Take another name.", Tone.Error);
            Next = new NameStage(surroundings);
            return;
        }

        _player ??= await Player.ArriveAsync(surroundings, _key, _session, name, cancellationToken);
        Next = new CampusStage(_player, _early);
    }
}
