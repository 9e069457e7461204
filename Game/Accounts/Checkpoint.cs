using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cmud.Game.Economics;
using Cmud.Game.Keys;
using Cmud.Game.Problems;

namespace Cmud.Game.Accounts;

/// <summary>A ledger folded up to some time, and exactly what is in it: what was folded may then be blanked.</summary>
/// <remarks>
/// An entry that a lagging replica shows later is not in it and is folded on top, so nothing is lost or counted twice. Blank nothing before
/// the checkpoint has settled, and never a <see cref="EntryKind.Pay"/>: its receiver's readers look for the debit.
/// </remarks>
/// <param name="Account">The account then.</param>
/// <param name="UpTo">By session, the last entry folded.</param>
/// <param name="Taken">Payments folded.</param>
internal sealed record Checkpoint(Account Account, ImmutableSortedDictionary<SessionId, int> UpTo, ImmutableHashSet<PaymentKey> Taken)
{
    /// <summary>The most sessions and payments in one: its value stays well below what the store takes.</summary>
    public const int MaxParts = 400;

    /// <summary>The longest value looked at: so many parts, with room to spare.</summary>
    private const int MaxLength = 65_536;

    /// <summary>More sabbaticals than any season has days.</summary>
    private const int MaxCitations = 1_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>A signature by the player's key, if they have one.</summary>
    public string? Signature { get; init; }

    /// <summary>Whether an entry is in it.</summary>
    public bool Covers(LedgerKey key) => UpTo.TryGetValue(key.Session, out var seq) && key.Seq <= seq;

    /// <summary>As stored.</summary>
    public string Write() => JsonSerializer.Serialize(
        new Wire
        {
            V = 1,
            Born = Account.Born?.ToString(),
            Last = Account.Last.ToString(),
            AnswersFrom = Account.AnswersFrom.ToString(),
            Coins =
            [
                .. new[]
                {
                    Account.Balance, Account.Granted, Account.Mined, Account.Rewards, Account.Received, Account.Sold, Account.Spent, Account.Paid, Account.Funded, Account.Forgone,
                }.Select(coins => coins.Milli),
            ],
            Numbers = [Account.Rank, Account.HighestRank, Account.Citations, Account.SolvedHere, Account.Solved, Account.Wrong, Account.RewardsThatDay],
            RewardDay = Account.RewardDay,
            Units = [.. Account.Units],
            NextIndex = [.. Account.NextIndex],
            Wear = [.. Account.Wear],
            Deeds = [.. Account.Deeds],
            UpTo = UpTo.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value),
            Taken = [.. Taken.Select(key => key.ToString()).Order(StringComparer.Ordinal)],
            Sig = Signature,
        },
        Json);

    /// <summary>Reads a stored value; null for what is no checkpoint of this player, or one that cannot have come from a ledger.</summary>
    public static Checkpoint? Read(PlayerId player, string value, Economy economy)
    {
        if (value.Length is 0 or > MaxLength) return null;

        try
        {
            return JsonSerializer.Deserialize<Wire>(value, Json) is { V: 1 } wire && wire.Account(player) is { } account && Holds(account, economy) ? wire.With(account) : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // No JSON, or not even UTF-16.
            return null;
        }
    }

    /// <summary>Whether an account can have come from a ledger at all: sizes, the coins' book-keeping, and what the rig could mine since birth.</summary>
    private static bool Holds(Account account, Economy economy)
    {
        if (account.Units.Length != economy.Tiers.Length || account.NextIndex.Length != economy.Ranks.Length || account.Wear.Length != economy.Ranks.Length) return false;
        if (account.Rank < 0 || account.HighestRank < account.Rank || account.HighestRank >= economy.Ranks.Length) return false;
        if (account.NextIndex.Any(index => index is < 0 or > ProblemBook.MaxIndex) || account.Wear.Any(wear => wear < 0)) return false;
        if (account.Born is not { } born || born < economy.SeasonStart || account.Last < born || account.Citations is < 0 or > MaxCitations || account.SolvedHere < 0 || account.Wrong < 0) return false;

        var balance = account.Granted + account.Mined + account.Rewards + account.Received + account.Sold - account.Spent - account.Paid - account.Funded - account.Forgone;
        if (account.Balance != balance || account.Granted != economy.StartCoins * (account.Citations + 1L)) return false;

        var cost = economy.Ranks.Take(account.Rank + 1).Aggregate(Coins.Zero, (sum, rank) => sum + rank.Cost);
        foreach (var tier in economy.Tiers)
        {
            var (given, owned) = (economy.StartUnits[tier.Index], account.Units[tier.Index]);
            if (owned < 0 || (owned > 0 && tier.Rank > account.Rank)) return false;
            if (owned <= given) continue;
            if (economy.Price(tier, given, owned - given) is not { } price) return false;
            cost += price;
        }

        // A rig only grows between sabbaticals, unless machines were sold: it never mined faster than it does now.
        var most = Coins.Clamp((Int128)account.Rate(economy).Milli * (long)(account.Last - born).TotalSeconds) + account.Rate(economy);
        return account.Spent >= cost && (account.Citations > 0 || account.Sold > Coins.Zero || account.Mined <= most);
    }

    private sealed record Wire
    {
        private const int CoinCount = 10;
        private const int NumberCount = 7;

        public int V { get; init; }
        public string? Born { get; init; }
        public string? Last { get; init; }
        public string? AnswersFrom { get; init; }
        public long[]? Coins { get; init; }
        public int[]? Numbers { get; init; }
        public long RewardDay { get; init; }
        public int[]? Units { get; init; }
        public int[]? NextIndex { get; init; }
        public long[]? Wear { get; init; }
        public string[]? Deeds { get; init; }
        public Dictionary<string, int>? UpTo { get; init; }
        public string[]? Taken { get; init; }
        public string? Sig { get; init; }

        public Account? Account(PlayerId player)
        {
            if (Coins is not { Length: CoinCount } || Numbers is not { Length: NumberCount } || Units is null || NextIndex is null || Wear is null || Deeds is not { Length: <= 32 }) return null;
            if (Coins.Skip(1).Any(milli => milli < 0) || Coins.Any(milli => Int128.Abs(milli) > Game.Coins.Max.Milli) || Array.Exists(Deeds, deed => deed is null)) return null;
            if (!GameTime.TryParse(Born, out var born) || !GameTime.TryParse(Last, out var last) || !GameTime.TryParse(AnswersFrom, out var from)) return null;

            return new(player)
            {
                Born = born,
                Last = last,
                AnswersFrom = from,
                Balance = new(Coins[0]),
                Granted = new(Coins[1]),
                Mined = new(Coins[2]),
                Rewards = new(Coins[3]),
                Received = new(Coins[4]),
                Sold = new(Coins[5]),
                Spent = new(Coins[6]),
                Paid = new(Coins[7]),
                Funded = new(Coins[8]),
                Forgone = new(Coins[9]),
                Rank = Numbers[0],
                HighestRank = Numbers[1],
                Citations = Numbers[2],
                SolvedHere = Numbers[3],
                Solved = Numbers[4],
                Wrong = Numbers[5],
                RewardsThatDay = Numbers[6],
                RewardDay = RewardDay,
                Units = [.. Units],
                NextIndex = [.. NextIndex],
                Wear = [.. Wear],
                Deeds = [.. Deeds],
            };
        }

        public Checkpoint? With(Account account)
        {
            var upTo = ImmutableSortedDictionary.CreateBuilder<SessionId, int>();
            foreach (var (sid, seq) in UpTo ?? [])
            {
                if (!SessionId.TryParse(sid, out var session) || seq is < 1 or > KeyText.MaxSeq) return null;
                upTo[session] = seq;
            }

            var taken = ImmutableHashSet.CreateBuilder<PaymentKey>();
            foreach (var text in Taken ?? [])
            {
                if (!PaymentKey.TryParse(text ?? "", out var key) || key.To != account.Player) return null;
                taken.Add(key);
            }

            return upTo.Count > MaxParts || taken.Count > MaxParts ? null : new(account, upTo.ToImmutable(), taken.ToImmutable()) { Signature = Sig };
        }
    }
}
