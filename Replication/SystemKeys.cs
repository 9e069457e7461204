using System.Text;

namespace Cmud.Replication;

/// <summary>Keys that no client can name, because they begin with a control character: those of the store itself, and those of tenants, whose clients know only what follows.</summary>
/// <remarks>They are entries like any other: stamped, journalled, replicated, compared. All lie below the keys that clients name, so that no List of those meets them.</remarks>
public static class SystemKeys
{
    /// <summary>Longest name of a token or namespace.</summary>
    public const int MaxNameLength = 64;

    private const byte Store = 0x01;
    private const byte Tenant = 0x02;

    /// <summary>The prefix of all tokens.</summary>
    public static readonly byte[] Tokens = [Store, .. "token/"u8];

    /// <summary>Not above any key that clients name, and above all others.</summary>
    internal static readonly byte[] End = [0x20];

    /// <summary>Whether a key is one of these.</summary>
    public static bool Contains(ReadOnlySpan<byte> key) => !key.IsEmpty && key[0] is Store or Tenant;

    /// <summary>The key of a token.</summary>
    /// <param name="id">A <see cref="IsName"/>.</param>
    public static byte[] Token(string id) => [.. Tokens, .. Encoding.ASCII.GetBytes(id)];

    /// <summary>What the keys of a namespace begin with.</summary>
    /// <param name="name">A <see cref="IsName"/>.</param>
    public static byte[] Namespace(string name) => [Tenant, .. Encoding.ASCII.GetBytes(name), Tenant];

    /// <summary>Whether a namespace, the subject or the id of a token may be called so: letters, digits, dots, dashes and underscores, so that it never parts a key.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>What a tenant's client calls a key, or the key itself where it is no tenant's.</summary>
    public static ReadOnlySpan<byte> WithoutNamespace(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty || key[0] != Tenant) return key;

        var end = key[1..].IndexOf(Tenant);
        return end is > 0 and <= MaxNameLength ? key[(end + 2)..] : key;
    }
}
