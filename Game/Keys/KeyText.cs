using System.Globalization;

namespace Cmud.Game.Keys;

/// <summary>How keys are put together and taken apart.</summary>
internal static class KeyText
{
    private const int SeqDigits = 6;

    /// <summary>The greatest sequence number of a session: at one entry a second, a week and a half.</summary>
    public const int MaxSeq = 999_999;

    /// <summary>A word that may stand between slashes: the game's own names of rooms, channels, weeks and goals.</summary>
    /// <exception cref="ArgumentException">The word is empty or holds something else: no key is better than another player's key.</exception>
    public static string Part(string word) =>
        IsPart(word) ? word : throw new ArgumentException($"'{word}' cannot be a part of a key: only a-z, 0-9, '_' and '-' can.", nameof(word));

    /// <summary>Whether a word may stand between slashes.</summary>
    public static bool IsPart(string word) =>
        word.Length is > 0 and <= 64 && word.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-');

    /// <summary>A number within a session, of fixed width so that List gives entries in order.</summary>
    public static string Seq(int seq) => seq.ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="Seq"/> writes.</summary>
    public static bool TrySeq(string text, out int seq)
    {
        seq = 0;
        return text.Length == SeqDigits && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seq);
    }

    /// <summary>Takes a key apart; false unless it has the root and so many parts after it, none of them empty.</summary>
    public static bool TrySplit(string key, string root, int count, out string[] parts)
    {
        parts = [];
        if (!key.StartsWith(root, StringComparison.Ordinal)) return false;

        parts = key[root.Length..].Split('/');
        return parts.Length == count && Array.TrueForAll(parts, static part => part.Length > 0);
    }
}
