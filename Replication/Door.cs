using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Cmud.Replication;

/// <summary>What may enter the store: the bounds of keys, values and prefixes, and the sentence for what may not.</summary>
/// <remarks>
/// Asked by the client (before a call is made) and by the grain (which trusts no client). Each check gives null when all
/// is well, else one sentence for the caller. Lone surrogates are refused here because every lenient encoder turns them
/// into U+FFFD, and the key that was stored would not be the key that was asked for.
/// </remarks>
public static class Door
{
    /// <summary>Longest key and prefix, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 1_024;

    /// <summary>Longest value, in bytes of UTF-8.</summary>
    public const int MaxValueBytes = 64 * 1_024;

    /// <summary>Most results in one page of a List.</summary>
    public const int MaxPageEntries = 1_000;

    /// <summary>Most bytes of keys and values in one page of a List, but for its first result.</summary>
    public const int MaxPageBytes = 1 << 20;

    /// <summary>Most operations in one Execute.</summary>
    public const int MaxBatch = 4_096;

    /// <summary>Most bytes that the Gets of an Execute may find.</summary>
    public const int MaxReadBytes = 16 << 20;

    /// <summary>The same where it is to be brief: the largest batch of short values, or some long ones.</summary>
    public const int MaxBriefReadBytes = 512 << 10;

    /// <summary>Most keys that a List may name to be told of; at the longest keys, 256 KiB.</summary>
    public const int MaxKnownKeys = 256;

    /// <summary>Shortest time to live: expiry is kept in whole milliseconds.</summary>
    public static readonly TimeSpan MinTimeToLive = TimeSpan.FromMilliseconds(1);

    /// <summary>Longest time to live: ten years. What shall live longer needs no expiry.</summary>
    public static readonly TimeSpan MaxTimeToLive = TimeSpan.FromDays(3_650);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>UTF-8 of <paramref name="text"/>, or false where it holds half of a surrogate pair.</summary>
    public static bool TryEncode(string text, out byte[] utf8)
    {
        try
        {
            utf8 = Strict.GetBytes(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            utf8 = [];
            return false;
        }
    }

    /// <summary>The text of bytes that came through the door.</summary>
    public static string Decode(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary>Null where the key may be used, else one sentence why not.</summary>
    public static string? RefuseKey(ReadOnlySpan<byte> key)
    {
        if (IsPlain(key)) return null;
        if (key.IsEmpty) return "The key is empty; a key has 1 to 1,024 bytes of UTF-8.";
        if (RefuseLengthAndText("key", key) is { } refusal) return refusal;
        return ControlCharacter(key) is { } control
            ? $"The key {Show(key)} holds the control character U+{control:X4}; keys may not hold control characters."
            : null;
    }

    /// <summary>Null where the value may be stored, else one sentence why not.</summary>
    public static string? RefuseValue(ReadOnlySpan<byte> value)
    {
        if (RefuseValueLength(value.Length) is { } refusal) return refusal;
        return Utf8.IsValid(value) ? null : "The value is not valid UTF-8; encode binary data as text (base64, say).";
    }

    /// <summary>Null where a value of so many bytes may be stored, else one sentence why not: for who is told of a length before the value has come.</summary>
    public static string? RefuseValueLength(long bytes) =>
        bytes <= MaxValueBytes ? null : $"The value has {Count(bytes)} bytes of UTF-8 but at most {Count(MaxValueBytes)} (64 KiB) may be stored; split it over several keys.";

    /// <summary>Null where keys may be listed by the prefix (the empty one lists all), else one sentence why not.</summary>
    public static string? RefusePrefix(ReadOnlySpan<byte> prefix) => RefuseLengthAndText("prefix", prefix)
        ?? (SystemKeys.Contains(prefix) ? $"The prefix {Show(prefix)} begins with a control character; no key that clients name does." : null);

    /// <summary>The same as <see cref="RefuseKey"/> for what comes from a gateway, which may name the key of a tenant.</summary>
    public static string? RefuseGatewayKey(ReadOnlySpan<byte> key)
    {
        if (IsPlain(key)) return null;

        var own = SystemKeys.WithoutNamespace(key);
        return own.Length == key.Length ? RefuseKey(key) : RefuseKey(own) ?? RefuseLengthAndText("key, with its namespace,", key);
    }

    /// <summary>The same as <see cref="RefusePrefix"/> for what comes from a gateway, which may name the keys of a tenant.</summary>
    public static string? RefuseGatewayPrefix(ReadOnlySpan<byte> prefix) =>
        SystemKeys.WithoutNamespace(prefix) is var own && own.Length == prefix.Length ? RefusePrefix(prefix) : RefusePrefix(own) ?? RefuseLengthAndText("prefix, with its namespace,", prefix);

    /// <summary>Null where a List may ask for so many results at most (0: as many as a page holds; more than that is that), else one sentence why not.</summary>
    public static string? RefuseLimit(int limit) => limit >= 0 ? null : $"The limit of the List is {limit.ToString(CultureInfo.InvariantCulture)} but must be 1 to {Count(MaxPageEntries)}, or 0 for the most; leave it out.";

    /// <summary>Null where a value may live so long (null: for ever), else one sentence why not.</summary>
    public static string? RefuseTimeToLive(TimeSpan? timeToLive)
    {
        if (timeToLive is not { } given || (given >= MinTimeToLive && given <= MaxTimeToLive)) return null;

        var advice = given > MaxTimeToLive ? "leave it out for a value that stays" : "delete the key to be rid of it at once";
        return $"The time to live is {given.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture)} ms but must be 1 ms to {MaxTimeToLive.TotalDays.ToString("N0", CultureInfo.InvariantCulture)} days; {advice}.";
    }

    /// <summary>Null where a List may name these keys (null: none), else one sentence why not.</summary>
    public static string? RefuseKnown(byte[][]? keys)
    {
        if (keys is null) return null;
        if (keys.Length > MaxKnownKeys) return $"The List names {Count(keys.Length)} known keys but at most {MaxKnownKeys} are allowed; name fewer.";

        foreach (var key in keys)
        {
            if (RefuseGatewayKey(key) is { } refusal) return refusal;
        }

        return null;
    }

    /// <summary>The sentence for text with half of a surrogate pair.</summary>
    /// <param name="what">key, value or prefix.</param>
    public static string RefuseSurrogates(string what) =>
        $"The {what} holds a lone surrogate (half of a UTF-16 pair), which has no UTF-8 form; use well-formed text.";

    private static string? RefuseLengthAndText(string what, ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxKeyBytes) return $"The {what} {Show(text)} has {Count(text.Length)} bytes of UTF-8 but at most {Count(MaxKeyBytes)} are allowed; use a shorter one.";
        return Utf8.IsValid(text) ? null : $"The {what} {Show(text)} is not valid UTF-8; encode binary data as text (base64, say).";
    }

    /// <summary>Whether it is what nearly all keys are, of printable ASCII: a look at 32 bytes at a time says that nothing can be wrong with it.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> key) => key.Length is > 0 and <= MaxKeyBytes && !key.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    /// <summary>The first control character (C0, DEL or C1), or null.</summary>
    private static int? ControlCharacter(ReadOnlySpan<byte> utf8)
    {
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] is < 0x20 or 0x7F) return utf8[i];
            // C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
            if (utf8[i] == 0xC2 && i + 1 < utf8.Length && utf8[i + 1] < 0xA0) return utf8[i + 1];
        }

        return null;
    }

    /// <summary>The start of a text in quotes, for a sentence; safe on a terminal.</summary>
    public static string Show(string text) => Show(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Show(string)"/>
    public static string Show(ReadOnlySpan<byte> utf8)
    {
        const int shown = 40;
        var text = Encoding.UTF8.GetString(utf8.Length <= shown ? utf8 : utf8[..shown]);
        var safe = new StringBuilder("'");
        // Format characters too: a right-to-left override would turn the sentence around.
        foreach (var c in text) safe.Append(char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '?' : c);
        return safe.Append(utf8.Length <= shown ? "'" : "...'").ToString();
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
