namespace Cmud.Game.Play;

/// <summary>What is told at the door.</summary>
internal static class StoryText
{
    /// <summary>Over the question for a name.</summary>
    public static readonly IReadOnlyList<string> Banner =
    [
        "CMUD, the CMU game",
        "A campus, a coin, and a great many machines that agree in the end.",
        "",
    ];

    /// <summary>A newcomer's first day. Told in less than Settle, so that it hides the wait for the name.</summary>
    public static readonly IReadOnlyList<string> FirstDay =
    [
        "Your first day. The registrar stamps your form, then stamps the stamp, to be sure.",
        "In the first lecture somebody in the back row whispers of a coin made of bits, minted by anyone with patience and a power outlet.",
        "The lecturer writes 'consensus is hard' on the board. Nobody objects.",
        "You walk home through the rain. Under the desk an old laptop still turns on.",
    ];

    /// <summary>Between two lines of a story.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.1);
}
