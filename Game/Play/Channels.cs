namespace Cmud.Game.Play;

/// <summary>The channels that everybody hears.</summary>
internal static class Channels
{
    /// <summary>For who is new.</summary>
    public const string Newbie = "newbie";

    /// <summary>Out of character.</summary>
    public const string Ooc = "ooc";

    /// <summary>Milestones; nobody talks here.</summary>
    public const string Ticker = "ticker";

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<string> All = [Newbie, Ooc, Ticker];
}
