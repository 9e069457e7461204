using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cmud.Game.Accounts;

/// <summary>A player's key pair (ECDSA on P-256 with SHA-256): what it signed nobody else wrote.</summary>
/// <remarks>
/// The private part is in memory only, or sealed by a passphrase: AES-256-GCM under a key that PBKDF2 makes of it. A player's id is made from
/// the public part (<see cref="Id"/>), so that nobody can say later that another key was that player's.
/// </remarks>
internal sealed class SigningKey
{
    // As the lock's: 50,000 rounds take half a second on a small machine.
    private const int Rounds = 50_000;
    private const int MaxRounds = 1_000_000;
    private const int KeyBytes = 32;
    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _private;

    private SigningKey(ECDsa key)
    {
        _private = key.ExportPkcs8PrivateKey();
        Public = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The public part, in base 64.</summary>
    public string Public { get; }

    /// <summary>The player whose key this is from the beginning.</summary>
    public PlayerId Id => IdOf(Public);

    /// <summary>A new one. Chance is not given here: a key is to be unguessable.</summary>
    public static SigningKey New()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(key);
    }

    /// <summary>The key of a secret number of 32 bytes; for tests, which must run alike each time.</summary>
    public static SigningKey Of(byte[] secret)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        return new(key);
    }

    /// <summary>The id that belongs to a public key: the first 64 bits of its SHA-256. To find another key with that id takes 2^64 tries.</summary>
    public static PlayerId IdOf(string publicKey) => new(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(publicKey))));

    /// <summary>Whether a signature of a text is by a key; false for nonsense.</summary>
    public static bool Verifies(string publicKey, string text, string? signature)
    {
        var bytes = new byte[128];
        if (signature is null || !Convert.TryFromBase64String(signature, bytes, out var length) || Import(publicKey) is not { } key) return false;

        using (key) return key.VerifyData(Encoding.UTF8.GetBytes(text), bytes.AsSpan(0, length), HashAlgorithmName.SHA256);
    }

    /// <summary>The signature of a text, in base 64.</summary>
    public string Sign(string text)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(_private, out _);
        return Convert.ToBase64String(key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256));
    }

    /// <summary>The private part, sealed by a passphrase.</summary>
    public string Seal(string passphrase)
    {
        var (salt, nonce) = (RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(NonceBytes));
        var (hidden, tag) = (new byte[_private.Length], new byte[TagBytes]);
        using var aes = new AesGcm(Derive(passphrase, salt, Rounds), TagBytes);
        aes.Encrypt(nonce, _private, hidden, tag);
        return string.Create(CultureInfo.InvariantCulture, $"p256-aes:{Rounds}:{Convert.ToBase64String([.. salt, .. nonce, .. tag, .. hidden])}");
    }

    /// <summary>Opens what <see cref="Seal"/> made; null where the passphrase is another, or the seal none.</summary>
    public static SigningKey? Open(string seal, string passphrase)
    {
        if (seal.Split(':') is not ["p256-aes", var rounds, var text] || !int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > MaxRounds) return null;

        try
        {
            var bytes = Convert.FromBase64String(text).AsSpan();
            if (bytes.Length <= SaltBytes + NonceBytes + TagBytes) return null;

            var hidden = bytes[(SaltBytes + NonceBytes + TagBytes)..];
            var open = new byte[hidden.Length];
            using var aes = new AesGcm(Derive(passphrase, bytes[..SaltBytes].ToArray(), count), TagBytes);
            aes.Decrypt(bytes.Slice(SaltBytes, NonceBytes), hidden, bytes.Slice(SaltBytes + NonceBytes, TagBytes), open);
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(open, out _);
            return new(key);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static ECDsa? Import(string publicKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            if (key.KeySize == 256) return key;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            // No key.
        }

        key.Dispose();
        return null;
    }

    private static byte[] Derive(string passphrase, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase.Normalize(NormalizationForm.FormC)), salt, rounds, HashAlgorithmName.SHA512, KeyBytes);
}
