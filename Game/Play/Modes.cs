namespace Cmud.Game.Play;

/// <summary>What a bare number or word means in a mode. A word that is a verb is always that verb.</summary>
internal static class Modes
{
    /// <summary>Takes a line whose meaning the mode gives; false where it is a command like any other.</summary>
    public static async Task<bool> TakeAsync(Player player, VerbTable verbs, string typed, CancellationToken cancellationToken)
    {
        var word = typed.Split(' ', 2)[0];
        var isNumber = typed.Length <= 4 && typed.All(char.IsAsciiDigit);
        var verb = player.Mode switch
        {
            Mode.Solving when !IsVerb(verbs, word) || IsSpelledOut(typed) => "submit",
            Mode.Shop when isNumber || player.Surroundings.Economy.FindTier(word.ToLowerInvariant()) is not null => "buy",
            Mode.Mail when isNumber => "mail",
            Mode.Fence when !IsVerb(verbs, word) => "paint",
            Mode.Mining when isNumber => "mine",
            _ => null,
        };
        if (verb is null || verbs.Find(verb) is not { } found) return false;
        if (player.Sessions.IsElsewhere && !found.IsForOnlookers) return false;

        await found.Run(new(player, verbs, found, typed, cancellationToken));
        return true;
    }

    /// <summary>Whether a line is letters with blanks between, such as "E D C A": a path, though E alone goes east.</summary>
    private static bool IsSpelledOut(string typed) => typed.Contains(' ', StringComparison.Ordinal) && typed.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => word.Length == 1);

    /// <summary>Whether a word is a verb in full: an abbreviation may be an answer.</summary>
    private static bool IsVerb(VerbTable verbs, string word) =>
        verbs.Find(word) is { } verb && verb.Aliases.Prepend(verb.Name).Contains(word, StringComparer.OrdinalIgnoreCase);
}
