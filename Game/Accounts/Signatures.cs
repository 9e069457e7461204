using System.Globalization;
using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>Which entries of a ledger are its player's own, where the player has a key.</summary>
/// <remarks>
/// Anyone can put entries into anyone's ledger. A <see cref="EntryKind.Secure"/> entry ends that: it names the player's public key, is signed by
/// it, and says how far each session had come that did not sign. From then on what is neither signed nor named there does not count, and
/// discredits nobody.
/// <para>
/// Which key? Not the one that claims the earliest time: anyone can write a date. The player's id is made from the key
/// (<see cref="SigningKey.IdOf"/>), so no other key can ever be that player's, and who did not secure the ledger while the key was in memory,
/// in the first session, has none.
/// </para>
/// A signature covers the place of the entry as well, or an entry could be put a second time in another.
/// </remarks>
internal sealed class Signatures
{
    /// <summary>Verified signatures kept in mind; one takes half a millisecond, and a ledger is read again with each look at its player.</summary>
    private const int MaxKnown = 200_000;

    /// <summary>Sessions without signatures that one entry names: its value stays below the longest that is read.</summary>
    private const int MaxUnsigned = 100;

    private readonly Dictionary<(string Public, string Text, string? Signature), bool> _known = [];

    /// <summary>What is signed of an entry.</summary>
    public static string TextOf(LedgerKey key, LedgerEntry entry) => $"{key}\n{(entry with { Signature = null }).Write()}";

    /// <summary>What is signed of a checkpoint.</summary>
    public static string TextOf(Checkpoint checkpoint) => $"{PlayerKeys.Checkpoint(checkpoint.Account.Player)}\n{(checkpoint with { Signature = null }).Write()}";

    /// <summary>The particulars of an entry that secures a ledger; null where too many sessions of it are not signed.</summary>
    /// <param name="entry">The entry, with its time.</param>
    /// <param name="key">The player's key.</param>
    /// <param name="seal">Its private part, sealed.</param>
    /// <param name="entries">The player's entries until now, all that are not in a checkpoint.</param>
    public static LedgerEntry? Secure(LedgerEntry entry, SigningKey key, string seal, IEnumerable<PostedEntry> entries)
    {
        var sessions = entries.Where(posted => posted.Entry is { Signature: null }).GroupBy(posted => posted.Key.Session)
            .Select(session => string.Create(CultureInfo.InvariantCulture, $"{session.Key}-{session.Max(posted => posted.Key.Seq)}")).ToArray();
        return sessions.Length > MaxUnsigned ? null : entry with { Text = key.Public, Item = $"{seal}|{string.Join(',', sessions)}" };
    }

    /// <summary>What secures a ledger, or null where nothing does.</summary>
    public Security? Of(PlayerId player, IEnumerable<PostedEntry> entries)
    {
        var secured = entries
            .Where(posted => posted.Entry is { Kind: EntryKind.Secure, Text: { } key } entry && SigningKey.IdOf(key) == player && Verifies(key, TextOf(posted.Key, entry), entry.Signature))
            .Select(posted => posted.Entry!).OrderBy(entry => entry.Time).ToArray();

        // A new passphrase is a new seal for the same key; the first entry says what was before.
        return secured is [var first, ..] ? new(first.Text!, first.Time, SealOf(secured[^1]), Unsigned(first)) : null;
    }

    /// <summary>The entries that count: all, where nothing secures the ledger.</summary>
    public IReadOnlyCollection<PostedEntry> Own(PlayerId player, IReadOnlyCollection<PostedEntry> entries) =>
        Of(player, entries) is { } security ? [.. entries.Where(entry => IsOwn(security, entry))] : entries;

    /// <summary>Whether an entry is the player's own.</summary>
    public bool IsOwn(Security security, PostedEntry posted) =>
        posted.Entry is { Signature: not null } entry
            ? Verifies(security.Public, TextOf(posted.Key, entry), entry.Signature)
            : security.Unsigned.TryGetValue(posted.Key.Session, out var seq) && posted.Key.Seq <= seq;

    /// <summary>Whether a checkpoint is the player's own.</summary>
    public bool IsOwn(Security security, Checkpoint checkpoint) => Verifies(security.Public, TextOf(checkpoint), checkpoint.Signature);

    private static string SealOf(LedgerEntry entry) => entry.Item?.Split('|')[0] ?? "";

    private static Dictionary<SessionId, int> Unsigned(LedgerEntry entry)
    {
        var sessions = new Dictionary<SessionId, int>();
        foreach (var part in entry.Item?.Split('|').ElementAtOrDefault(1)?.Split(',') ?? [])
        {
            if (part.Split('-') is [var sid, var number] && SessionId.TryParse(sid, out var session) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) sessions[session] = seq;
        }

        return sessions;
    }

    private bool Verifies(string key, string text, string? signature)
    {
        if (_known.TryGetValue((key, text, signature), out var known)) return known;
        if (_known.Count >= MaxKnown) _known.Clear();

        return _known[(key, text, signature)] = SigningKey.Verifies(key, text, signature);
    }
}

/// <summary>What a ledger says of itself, signed.</summary>
/// <param name="Public">The key that signs.</param>
/// <param name="Since">From when on.</param>
/// <param name="Seal">The private part, sealed by the player's passphrase.</param>
/// <param name="Unsigned">By session, the last entry that counts without a signature.</param>
internal sealed record Security(string Public, GameTime Since, string Seal, IReadOnlyDictionary<SessionId, int> Unsigned);
