namespace Cmud.Game;

/// <summary>What a player may be called.</summary>
/// <remarks>
/// A name goes into a key and onto every screen, so it is plain: no slash ends a List prefix early, nothing looks like
/// another name, nothing moves a cursor. It is shown as typed and compared in lower case.
/// </remarks>
/// <param name="Shown">As typed.</param>
internal sealed record PlayerName(string Shown)
{
    /// <summary>The shortest name.</summary>
    public const int MinLength = 2;

    /// <summary>The longest name: two of them and a verb fit in a narrow line.</summary>
    public const int MaxLength = 20;

    // What the game itself says in the place of a name.
    private static readonly HashSet<string> Reserved =
        ["all", "anyone", "cmud", "everyone", "fence", "guest", "help", "him", "her", "it", "me", "moderator", "nobody", "none", "self", "somebody", "someone", "staff", "system", "them", "you"];

    // What a sentence of the game begins with: whoever was called so could speak in its voice. A test collects them.
    private static readonly HashSet<string> FirstWords =
    [
        .. """
        accepted after again alone also always an answer as asks at born cheapest class closed cmudorleans coins compares connected connecting copies count
        counts crdt ctrl-c deletes department did differ each eight equal every exits find flip for from get goals goes good hamiltonian hard here host
        hosts how in insert its keep keys lamport lesson line makes more most mtts name neighbours new next no not nothing of old on one only other others
        passphrase pay paying places play plays possible prints problem processes puts race reads right rights roads say says season see sent session sets
        settle sheet shows signed smaller so sold solved some something speaks staring start still swallow take takes talk tells that the there think this
        two type usage variables waits warning welcome what when where whether while who whom whose worth write wrong your
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
    ];

    /// <summary>As it stands in keys and is compared.</summary>
    public string Lower => Shown.ToLowerInvariant();

    /// <summary>Takes a name, or says in one sentence why not.</summary>
    public static bool TryParse(string text, out PlayerName name, out string refusal)
    {
        name = new(text.Trim());
        refusal = Refusal(name.Shown) ?? "";
        return refusal.Length == 0;
    }

    private static string? Refusal(string text)
    {
        if (text.Length == 0) return "A name, please: a few letters will do.";
        if (text.Length < MinLength) return $"A name has at least {MinLength} letters.";
        if (text.Length > MaxLength) return $"A name has at most {MaxLength} letters; shorten yours a little.";
        if (!text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')) return "Only the letters a to z, digits and hyphens make a name here.";
        if (!char.IsAsciiLetter(text[0])) return "A name begins with a letter.";
        if (text[^1] == '-' || text.Contains("--", StringComparison.Ordinal)) return "A hyphen stands between letters, one at a time.";

        return Reserved.Contains(text.ToLowerInvariant()) || FirstWords.Contains(text.ToLowerInvariant()) ? $"'{text}' would confuse people; take another name." : null;
    }
}
