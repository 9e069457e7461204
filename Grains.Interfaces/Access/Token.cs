using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cmud.Replication;

namespace Cmud.Grains.Interfaces.Access;

/// <summary>What the store keeps of a token: whom it is for and what it may do. Of its secret only a hash.</summary>
/// <param name="Id">Its public half.</param>
/// <param name="Subject">Whom it is for.</param>
/// <param name="Namespace">Whose keys it sees; empty for those that have no namespace.</param>
/// <param name="Scopes">What it may do, 1 to <see cref="MaxScopes"/>.</param>
/// <param name="Hash">SHA-256 of its secret.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it counts for nothing; null for never.</param>
public sealed record Token(string Id, string Subject, string Namespace, IReadOnlyList<Scope> Scopes, byte[] Hash, DateTimeOffset Created, DateTimeOffset? Expires)
{
    /// <summary>Most scopes.</summary>
    public const int MaxScopes = 16;

    /// <summary>Longest text that is looked at as a token.</summary>
    public const int MaxTextLength = 160;

    private const int SecretBytes = 32;
    private const int IdBytes = 9;

    /// <summary>Makes a token.</summary>
    /// <param name="subject">Whom it is for.</param>
    /// <param name="inNamespace">Whose keys it sees; empty for those that have no namespace.</param>
    /// <param name="scopes">What it may do.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="lifetime">How long it counts; null for ever.</param>
    /// <returns>What is kept, and the text that its owner sends, which is nowhere kept: id.secret, with 256 random bits.</returns>
    public static (Token Token, string Text) Create(string subject, string inNamespace, IReadOnlyList<Scope> scopes, DateTimeOffset now, TimeSpan? lifetime)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (new(id, subject, inNamespace, scopes, HashOf(secret), now, now + lifetime), $"{id}.{secret}");
    }

    /// <summary>Null where such a token may be made, else one sentence why not.</summary>
    public static string? Refuse(string subject, string inNamespace, IReadOnlyList<Scope> scopes)
    {
        if (!SystemKeys.IsName(subject)) return $"The subject '{subject}' must be 1 to {SystemKeys.MaxNameLength} letters, digits, dots, dashes or underscores.";
        if (inNamespace.Length > 0 && !SystemKeys.IsName(inNamespace)) return $"The namespace '{inNamespace}' must be 1 to {SystemKeys.MaxNameLength} letters, digits, dots, dashes or underscores; leave it out for keys without one.";
        return scopes.Count is > 0 and <= MaxScopes ? null : $"A token has 1 to {MaxScopes} scopes, not {scopes.Count}.";
    }

    /// <summary>Parts a text that a client sent: id and secret.</summary>
    public static bool TrySplit(string text, out string id, out string secret)
    {
        var dot = text.LastIndexOf('.');
        (id, secret) = dot < 0 ? ("", "") : (text[..dot], text[(dot + 1)..]);
        return text.Length <= MaxTextLength && SystemKeys.IsName(id) && secret.Length > 0;
    }

    /// <summary>Whether a secret is that of the token. Takes as long whatever is wrong.</summary>
    public bool IsSecret(string secret) => CryptographicOperations.FixedTimeEquals(HashOf(secret), Hash);

    /// <summary>Whether another one has the same id and secret.</summary>
    public bool IsSameAs(Token other) => Id == other.Id && CryptographicOperations.FixedTimeEquals(Hash, other.Hash);

    /// <summary>Whether it counts no more.</summary>
    public bool HasExpired(DateTimeOffset now) => Expires <= now;

    /// <summary>As the store keeps it: JSON, in UTF-8.</summary>
    public byte[] Pack() => JsonSerializer.SerializeToUtf8Bytes(
        new Kept(Subject, Namespace.Length == 0 ? null : Namespace, [.. Scopes.Select(static scope => scope.ToString())], Hash, Created.ToUnixTimeMilliseconds(), Expires?.ToUnixTimeMilliseconds()), KeptContext.Default.Kept);

    /// <summary>Reads what the store keeps; false for what is no token of this build.</summary>
    public static bool TryUnpack(string id, ReadOnlySpan<byte> packed, [NotNullWhen(true)] out Token? token)
    {
        token = null;
        try
        {
            if (JsonSerializer.Deserialize(packed, KeptContext.Default.Kept) is not { Sub: { } subject, Scopes: { } texts, Hash.Length: SHA256.HashSizeInBytes } kept) return false;

            var scopes = new List<Scope>();
            foreach (var text in texts)
            {
                if (!Scope.TryParse(text, out var scope, out _)) return false;
                scopes.Add(scope);
            }

            var inNamespace = kept.Ns ?? "";
            if (Refuse(subject, inNamespace, scopes) is not null) return false;

            token = new(id, subject, inNamespace, scopes, kept.Hash, DateTimeOffset.FromUnixTimeMilliseconds(kept.Created), kept.Expires is { } expires ? DateTimeOffset.FromUnixTimeMilliseconds(expires) : null);
            return true;
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The members as they are kept.</summary>
    internal sealed record Kept(string? Sub, string? Ns, string[]? Scopes, byte[]? Hash, long Created, long? Expires);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Token.Kept))]
internal sealed partial class KeptContext : JsonSerializerContext;
