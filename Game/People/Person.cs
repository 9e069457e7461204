namespace Cmud.Game.People;

/// <summary>A player as others see them.</summary>
internal sealed record Person(PlayerId Id, Whereabouts Where)
{
    /// <summary>As shown.</summary>
    public string Name => Where.Name;
}
