using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Places;

namespace Cmud.Game.Play;

/// <summary>What a session is given: store, time, chance, a screen, and the tables of the game.</summary>
/// <param name="Store">Waited for where it is lost.</param>
/// <param name="Clock">The game's clock on <paramref name="Time"/>.</param>
/// <param name="Time">Wall and timers.</param>
/// <param name="Random">Chance.</param>
/// <param name="Screen">Where the player reads.</param>
/// <param name="Door">By which front door the player came, as others may see it.</param>
/// <param name="World">The campus.</param>
/// <param name="Economy">The numbers.</param>
/// <param name="Speaks">Whether the door reads aloud, as a screen reader's does.</param>
internal sealed record Surroundings(
    IWorldStore Store, GameClock Clock, TimeProvider Time, Random Random, IScreen Screen, string Door, World World, Economy Economy, bool Speaks = false)
{
    /// <summary>Makes the key of a newcomer.</summary>
    public Func<SigningKey> NewKey { get; init; } = SigningKey.New;

    /// <summary>The store itself, where it can watch; null where it cannot.</summary>
    public IWatchableStore? Watchable { get; init; }

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Over { get; init; }

    /// <summary>The store, for one who lists what is under a prefix again and again.</summary>
    public WatchedStore Watch(string prefix) => new(Store, Watchable, prefix, Clock, Over);

    /// <summary>Shows a line.</summary>
    public void Show(string text, Tone tone = Tone.Plain) => Screen.Show(new Output.Line(text, tone));
}
