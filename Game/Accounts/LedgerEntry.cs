using System.Text.Json;
using System.Text.Json.Serialization;
using Cmud.Game.Keys;
using Cmud.Game.Problems;

namespace Cmud.Game.Accounts;

/// <summary>What a ledger entry records.</summary>
internal enum EntryKind
{
    /// <summary>The first entry: start coins and the old laptop.</summary>
    Born,

    /// <summary>Nothing but the time: an online client writes one each hour, so that playing never meets the cap of mining unattended.</summary>
    Tick,

    /// <summary>Machines bought: <c>Item</c>, <c>Count</c>.</summary>
    Buy,

    /// <summary>Machines sold: <c>Item</c>, <c>Count</c>.</summary>
    Sell,

    /// <summary>Coins sent: <c>To</c>, <c>Amount</c>, <c>Memo</c>.</summary>
    Pay,

    /// <summary>Coins for a goal of all: <c>Amount</c>.</summary>
    Fund,

    /// <summary>A problem solved: <c>Rank</c>, <c>Index</c>, <c>Text</c> is the answer.</summary>
    Solve,

    /// <summary>A wrong answer: <c>Rank</c>, <c>Index</c>.</summary>
    Fail,

    /// <summary>A problem given up: <c>Rank</c>, <c>Index</c>.</summary>
    GiveUp,

    /// <summary>Something done with or for others that a promotion asks for: <c>Item</c> names it.</summary>
    Deed,

    /// <summary>A promotion: <c>Rank</c> is the new one.</summary>
    Promote,

    /// <summary>A sabbatical: coins, machines and rank begin anew, for a citation.</summary>
    Prestige,

    /// <summary>From here on entries are signed: <c>Text</c> is the public key, <c>Item</c> the sealed private one and what was before (<see cref="Signatures"/>).</summary>
    Secure,
}

/// <summary>One fact of a player's life, written once. It says what was done, never what it cost or paid: that is the fold's to say, so there is no price to forge.</summary>
/// <param name="Time">When, by the writer's <see cref="GameClock"/>.</param>
/// <param name="Kind">What.</param>
internal sealed record LedgerEntry(GameTime Time, EntryKind Kind)
{
    /// <summary>The longest value looked at.</summary>
    public const int MaxLength = 4_096;

    private const int Version = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>The tier, or the deed.</summary>
    public string? Item { get; init; }

    /// <summary>How many.</summary>
    public int Count { get; init; }

    /// <summary>Coins paid or given.</summary>
    public Coins Amount { get; init; }

    /// <summary>Who was paid.</summary>
    public PlayerId To { get; init; }

    /// <summary>The rank of a problem, or the new rank.</summary>
    public int Rank { get; init; }

    /// <summary>The number of a problem.</summary>
    public int Index { get; init; }

    /// <summary>An answer, or a memo; as stored, so clean it before showing.</summary>
    public string? Text { get; init; }

    /// <summary>A signature by the player's key, if they have one.</summary>
    public string? Signature { get; init; }

    /// <summary>Reads a stored value; null for what is no entry: readers skip it.</summary>
    public static LedgerEntry? Read(string value)
    {
        // An exception for each of ten thousand values that are no JSON at all would take seconds.
        if (value.Length is 0 or > MaxLength || value[0] != '{') return null;

        try
        {
            if (JsonSerializer.Deserialize<Wire>(value, Json) is not { V: Version } wire || !GameTime.TryParse(wire.T, out var time)) return null;
            if (!Enum.TryParse<EntryKind>(wire.Kind, ignoreCase: true, out var kind) || !char.IsAsciiLetter(wire.Kind![0])) return null;
            if (wire.N < 0 || wire.Milli < 0 || wire.Milli > Coins.Max.Milli || wire.Rank < 0 || wire.Index is < 0 or > ProblemBook.MaxIndex) return null;
            var to = default(PlayerId);
            if (wire.To is not null && !PlayerId.TryParse(wire.To, out to)) return null;

            return new(time, kind)
            {
                Item = wire.Item,
                Count = wire.N,
                Amount = new(wire.Milli),
                To = to,
                Rank = wire.Rank,
                Index = wire.Index,
                Text = wire.Text,
                Signature = wire.Sig,
            };
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // No JSON, or not even UTF-16.
            return null;
        }
    }

    /// <summary>As stored; without a signature it is also what gets signed.</summary>
    public string Write() => JsonSerializer.Serialize(
        new Wire(
            Version, Time.ToString(), JsonNamingPolicy.CamelCase.ConvertName(Kind.ToString()), Item, Count, Amount.Milli, Kind == EntryKind.Pay ? To.ToString() : null, Rank, Index,
            Text, Signature),
        Json);

    private sealed record Wire(
        int V, string? T, string? Kind, string? Item = null, int N = 0, long Milli = 0, string? To = null, int Rank = 0, int Index = 0, string? Text = null, string? Sig = null);
}

/// <summary>An entry at its place in the ledger; where the value did not read, only the place.</summary>
internal sealed record PostedEntry(LedgerKey Key, LedgerEntry? Entry)
{
    /// <summary>Reads a listed pair; null where the key is none of this player's ledger.</summary>
    public static PostedEntry? Read(PlayerId player, KeyValuePair<string, string> pair) =>
        LedgerKey.TryParse(pair.Key, out var key) && key.Player == player ? new(key, LedgerEntry.Read(pair.Value)) : null;
}
