using Cmud.Game.Play.Verbs;

namespace Cmud.Game.Play;

/// <summary>All verbs, in the order that decides what an abbreviation means.</summary>
internal sealed class VerbTable
{
    /// <summary>How far off a word may be to be taken for a slip, if it is long; of a short one too little would be left.</summary>
    private const int MaxSlips = 2;

    /// <summary>Words so long have one slip at most, and those so short none but two letters swapped.</summary>
    private const int Short = 4;

    /// <inheritdoc cref="Short"/>
    private const int Tiny = 2;

    /// <summary>Words that people try, and the verbs that do it.</summary>
    private static readonly Dictionary<string, string[]> Tried = new()
    {
        ["talk"] = ["tell", "say"],
        ["speak"] = ["say", "tell"],
        ["ask"] = ["tell", "say"],
        ["greet"] = ["say", "emote"],
        ["shout"] = ["newbie", "ooc"],
        ["yell"] = ["newbie", "ooc"],
        ["give"] = ["pay", "fund"],
        ["send"] = ["pay", "tell", "mail"],
        ["money"] = ["score"],
        ["coins"] = ["score"],
        ["balance"] = ["score"],
        ["status"] = ["score"],
        ["work"] = ["mine"],
        ["answer"] = ["submit"],
        ["problem"] = ["solve"],
        ["enter"] = ["go"],
        ["run"] = ["go"],
        ["leave"] = ["quit", "back"],
        ["bye"] = ["quit"],
        ["players"] = ["who"],
        ["password"] = ["secure"],
        ["passphrase"] = ["secure"],
        ["save"] = ["quit"],
        ["commands"] = ["help"],
        ["leaderboard"] = ["top"],
        ["rank"] = ["score", "promote"],
    };

    private readonly Dictionary<string, Verb> _byName = [];

    public VerbTable(IEnumerable<Verb> verbs)
    {
        All = [.. verbs];
        foreach (var verb in All)
        {
            foreach (var name in verb.Aliases.Prepend(verb.Name)) _byName.Add(name, verb);
        }
    }

    /// <summary>The verbs of the game. What is typed most stands first within a letter.</summary>
    public static VerbTable Standard { get; } = new([
        .. Walking.Verbs, .. Money.Verbs, .. Solving.Verbs, .. Hinting.Verbs, .. Ranking.Verbs, .. Talking.Verbs, .. Mailing.Verbs, .. Fence.Verbs, .. Meta.Verbs, .. Settings.Verbs, .. Securing.Verbs,
        .. Tutorial.Verbs, .. Racing.Verbs, .. Splitting.Verbs, .. Defence.Verbs, .. Diversions.Verbs, .. Walking.Ways,
    ]);

    public IReadOnlyList<Verb> All { get; }

    /// <summary>The verb of a word: itself, another word for it, or the first in the table that begins with it.</summary>
    public Verb? Find(string word)
    {
        var lower = word.ToLowerInvariant();
        return lower.Length == 0 ? null : _byName.GetValueOrDefault(lower) ?? All.FirstOrDefault(verb => verb.Name.StartsWith(lower, StringComparison.Ordinal));
    }

    /// <summary>Verbs that were perhaps meant, nearest first.</summary>
    public IReadOnlyList<string> Near(string word)
    {
        var lower = word.ToLowerInvariant();
        if (Tried.TryGetValue(lower, out var meant)) return meant;

        return
        [
            .. _byName.Keys.Where(name => name.Length > 1)
                .Select(name => (name, Slips: Slips(lower, name)))
                .Where(near => IsNear(lower, near.name))
                .OrderBy(near => near.Slips).ThenBy(near => near.name, StringComparer.Ordinal)
                .Select(near => _byName[near.name].Name).Distinct().Take(3),
        ];
    }

    /// <summary>Whether a word is one in full: a verb, or another word for it.</summary>
    public bool IsWord(string word) => _byName.ContainsKey(word.ToLowerInvariant());

    /// <summary>Whether one word was perhaps meant by another.</summary>
    internal static bool IsNear(string typed, string name) => Slips(typed, name) <= Most(typed, name) || IsTail(typed, name);

    /// <summary>Whether it is a short word with one letter too many at its end: "gop".</summary>
    private static bool IsTail(string typed, string name) => name.Length == Tiny && typed.Length == Tiny + 1 && typed.StartsWith(name, StringComparison.Ordinal);

    private static int Most(string typed, string name) => Math.Min(typed.Length, name.Length) switch
    {
        <= Tiny => typed.Order().SequenceEqual(name.Order()) ? 1 : 0,
        <= Short => 1,
        _ => MaxSlips,
    };

    /// <summary>
    /// How many slips of the finger lie between two words: a letter too many, too few, another one, or two swapped (the distance of Damerau
    /// and Levenshtein, in its form of "optimal string alignment").
    /// </summary>
    internal static int Slips(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > MaxSlips) return int.MaxValue;

        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) table[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) table[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(change, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[a.Length, b.Length];
    }
}
