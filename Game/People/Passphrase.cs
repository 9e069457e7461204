using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cmud.Game.People;

/// <summary>A character's lock: a passphrase, kept only as a salted PBKDF2 hash.</summary>
/// <remarks>It keeps honest clients honest: whoever can Put may overwrite the lock as well. Only signatures would do more.</remarks>
internal static class Passphrase
{
    /// <summary>The shortest.</summary>
    public const int MinLength = 8;

    /// <summary>The longest.</summary>
    public const int MaxLength = 200;

    // 210,000 rounds take 2 s on a small machine, which a login should not; 50,000 take half a second.
    private const int Rounds = 50_000;
    private const int MaxRounds = 1_000_000;
    private const int Bytes = 32;
    private const int SaltBytes = 16;

    /// <summary>The lock of a passphrase.</summary>
    /// <param name="passphrase">As typed.</param>
    public static string Lock(string passphrase)
    {
        // The one place where chance is not given: a salt is to be unguessable.
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return string.Create(CultureInfo.InvariantCulture, $"pbkdf2-sha512:{Rounds}:{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Hash(passphrase, salt, Rounds))}");
    }

    /// <summary>Whether a passphrase opens a lock; false for a lock that is none.</summary>
    public static bool Opens(string stored, string passphrase)
    {
        if (passphrase.Length > MaxLength || stored.Split(':') is not ["pbkdf2-sha512", var rounds, var salt, var hash]) return false;
        if (!int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > MaxRounds) return false;

        try
        {
            return CryptographicOperations.FixedTimeEquals(Hash(passphrase, Convert.FromBase64String(salt), count), Convert.FromBase64String(hash));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static byte[] Hash(string passphrase, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase.Normalize(NormalizationForm.FormC)), salt, rounds, HashAlgorithmName.SHA512, Bytes);
}
