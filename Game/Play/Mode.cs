namespace Cmud.Game.Play;

/// <summary>What a player is at: it stands in the prompt and says what a bare number or word means. Every verb works in every mode.</summary>
internal enum Mode
{
    /// <summary>At home, beside the rig.</summary>
    Mining,

    /// <summary>Walking.</summary>
    Campus,

    /// <summary>A bare word buys.</summary>
    Shop,

    /// <summary>A bare line answers the problem.</summary>
    Solving,

    /// <summary>A bare number opens a letter.</summary>
    Mail,

    /// <summary>A bare line is painted.</summary>
    Fence,
}
