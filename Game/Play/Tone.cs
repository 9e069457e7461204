namespace Cmud.Game.Play;

/// <summary>In what voice a line is meant; a door with colours shows it by one.</summary>
public enum Tone
{
    /// <summary>The story and answers.</summary>
    Plain,

    /// <summary>The name of a place or the title of what follows.</summary>
    Heading,

    /// <summary>What somebody says, here or on a channel.</summary>
    Speech,

    /// <summary>What somebody does, or what happens by itself.</summary>
    Event,

    /// <summary>Something was gained.</summary>
    Success,

    /// <summary>Something needs the player's eye.</summary>
    Warning,

    /// <summary>Something was refused or went wrong.</summary>
    Error,

    /// <summary>What the player might do next.</summary>
    Hint,
}
