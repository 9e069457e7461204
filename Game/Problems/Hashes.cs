using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Cmud.Game.Problems;

/// <summary>Ranks 6 and 7, now and then: work that a program does and one hash proves.</summary>
internal static class Hashes
{
    /// <summary>A text whose hash begins with zero bits.</summary>
    /// <remarks>Measured: 235,000 hashes a second on one core, so 20 bits take about 4.5 s and 24 bits about 71 s.</remarks>
    public static Problem Preimage(Dice dice, int bits)
    {
        var salt = dice.Next().ToString("x16", CultureInfo.InvariantCulture);
        bool Proves(string word) => word.Length <= 64 && ZeroBits(SHA256.HashData(Encoding.UTF8.GetBytes(salt + word))) >= bits;
        return new(
            "hash preimage", $"Find a word w (lower case, digits) such that SHA-256 of '{salt}' followed by w begins with {bits} zero bits.",
            AnswerForm.Token(salt), "Count upwards, hash, look at the front. Then go for a Coke.", words => words is [var word] && Proves(word),
            () => Enumerable.Range(0, int.MaxValue).Select(n => n.ToString(CultureInfo.InvariantCulture)).First(Proves));
    }

    private static int ZeroBits(byte[] hash)
    {
        var whole = hash.AsSpan().IndexOfAnyExcept((byte)0);
        return whole < 0 ? hash.Length * 8 : (whole * 8) + BitOperations.LeadingZeroCount((uint)hash[whole]) - 24;
    }
}
