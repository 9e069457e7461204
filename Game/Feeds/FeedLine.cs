using Cmud.Game.Accounts;

namespace Cmud.Game.Feeds;

/// <summary>What a line in a feed says. Stored as JSON; whoever wrote it may have been anybody, so all of it is cleaned as it is read.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="Name">Who did it, as shown.</param>
/// <param name="Text">The words said, or what follows the name, such as "strolls off toward the Helix".</param>
/// <param name="Previous">The key of the line that this session wrote before it in this feed, or null.</param>
internal sealed record FeedLine(FeedKind Kind, string Name, string Text, string? Previous)
{
    private const int Version = 1;

    /// <summary>The public key that signed it, and the signature; null where the writer has none, or says so.</summary>
    public (string Public, string Text)? Signature { get; init; }

    /// <summary>Whether the owner of an id wrote this under a key: the id is made from the key, so nothing else is asked for.</summary>
    /// <param name="player">Whose line it says it is.</param>
    /// <param name="key">Where it stands; signed as well, or a line could be put a second time in another place.</param>
    public bool IsSignedBy(PlayerId player, string key) =>
        Signature is { } signature && SigningKey.IdOf(signature.Public) == player && SigningKey.Verifies(signature.Public, TextOf(key), signature.Text);

    /// <summary>This line, signed at its place.</summary>
    public FeedLine SignedBy(SigningKey signer, string key) => this with { Signature = (signer.Public, signer.Sign(TextOf(key))) };

    private string TextOf(string key) => $"{key}\n{(this with { Signature = null }).Write()}";

    /// <summary>Reads a stored value; null where it is blank or no line.</summary>
    public static FeedLine? Read(string value)
    {
        if (JsonValue.Read<Stored>(value) is not { V: Version } stored) return null;
        if (!Enum.TryParse<FeedKind>(stored.Kind, ignoreCase: true, out var kind) || !Enum.IsDefined(kind)) return null;

        // Under any other name a line could be taken for the reader's own, or for the game's.
        return !PlayerName.TryParse(stored.Name ?? "", out var name, out _) ? null : new(kind, name.Shown, StoredText.Clean(stored.Text), stored.Previous)
        {
            Signature = stored is { Pub: { } key, Sig: { } text } ? (key, text) : null,
        };
    }

    /// <summary>As it is stored.</summary>
    public string Write() => JsonValue.Write(new Stored(Version, Kind.ToString().ToLowerInvariant(), Name, Text, Previous, Signature?.Public, Signature?.Text));

    /// <summary>The line as a reader sees it, whose writer is shown under this name.</summary>
    public string Shown(string name) => Kind == FeedKind.Say ? $"{name} says, \"{Text}\"" : $"{name} {Text}";

    private sealed record Stored(int V, string? Kind, string? Name, string? Text, string? Previous, string? Pub = null, string? Sig = null);
}

/// <summary>What was done in a line of a feed.</summary>
internal enum FeedKind
{
    /// <summary>Words, to the room or the channel.</summary>
    Say,

    /// <summary>An act, told after the name.</summary>
    Act,

    /// <summary>Somebody came in.</summary>
    Enter,

    /// <summary>Somebody went.</summary>
    Leave,

    /// <summary>News for everybody.</summary>
    News,

    /// <summary>Words for one, shown as they come.</summary>
    Tell,

    /// <summary>Words for one in the same room, likewise.</summary>
    Whisper,

    /// <summary>A letter to one, kept to be read.</summary>
    Mail,
}
