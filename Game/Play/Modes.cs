namespace Cmud.Game.Play;

/// <summary>What a bare number or word means in a mode. A word that is a verb is always that verb.</summary>
internal static class Modes
{
    /// <summary>The verb of which the whole line is the rest; null where it is a command like any other.</summary>
    /// <remarks>Only a verb in full is a command to one who answers or paints: an abbreviation may be an answer.</remarks>
    public static Verb? Meant(Player player, VerbTable verbs, string typed)
    {
        var word = typed.Split(' ', 2)[0];
        var isNumber = typed.Length <= 4 && typed.All(char.IsAsciiDigit);
        var verb = player.Mode switch
        {
            Mode.Solving when !verbs.IsWord(word) || IsSpelledOut(typed) || IsLabelled(typed) => "submit",
            Mode.Shop when isNumber || player.Surroundings.Economy.FindTier(word.ToLowerInvariant()) is not null => "buy",
            Mode.Mail when isNumber => "mail",
            Mode.Fence when !verbs.IsWord(word) => "paint",
            Mode.Mining when isNumber => "mine",
            _ => null,
        };
        return verb is null ? null : verbs.Find(verb);
    }

    /// <summary>Whether a mode goes on through a verb. Whoever does anything else at The Fence has put the brush down, or a line would be there for all to read; whoever looks around has turned from the counter.</summary>
    public static bool Lasts(Mode mode, Verb verb) => mode switch
    {
        Mode.Fence => verb.Name == "paint",
        Mode.Shop or Mode.Mail => verb.Name is not ("look" or "exits" or "map"),
        _ => true,
    };

    /// <summary>The verb that a lone word was most likely meant for, where it is a slip of the finger and no answer; null otherwise.</summary>
    public static string? SlipOf(VerbTable verbs, string typed) =>
        typed.Length > 2 && typed.All(char.IsAsciiLetter) && verbs.Near(typed) is [var near, ..] && VerbTable.Slips(typed.ToLowerInvariant(), near) == 1 ? near : null;

    /// <summary>Whether a line begins with a name and what it is, such as "w = 4711", though w alone goes west.</summary>
    private static bool IsLabelled(string typed) => typed.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && typed.AsSpan(0, at).Trim().IndexOf(' ') < 0;

    /// <summary>Whether a line is letters with blanks between, such as "E D C A": a path, though E alone goes east.</summary>
    private static bool IsSpelledOut(string typed) => typed.Contains(' ', StringComparison.Ordinal) && typed.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => word.Length == 1);
}
