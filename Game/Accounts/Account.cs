using System.Collections.Immutable;
using Cmud.Game.Economics;

namespace Cmud.Game.Accounts;

/// <summary>What a ledger folds to.</summary>
/// <remarks>
/// Balance = Granted + Mined + Rewards + Received + Sold - Spent - Paid - Funded - Forgone, always: coins come from
/// somewhere and go somewhere.
/// </remarks>
/// <param name="Player">Whose.</param>
internal sealed record Account(PlayerId Player)
{
    /// <summary>When the player was born; null before.</summary>
    public GameTime? Born { get; init; }

    /// <summary>Up to when mining is counted: the latest entry.</summary>
    public GameTime Last { get; init; }

    /// <summary>Coins at <see cref="Last"/>; below zero it is a debt.</summary>
    public Coins Balance { get; init; }

    /// <summary>Given at birth and after each sabbatical.</summary>
    public Coins Granted { get; init; }

    /// <summary>Mined by the rig.</summary>
    public Coins Mined { get; init; }

    /// <summary>Paid for solved problems.</summary>
    public Coins Rewards { get; init; }

    /// <summary>Received from other players.</summary>
    public Coins Received { get; init; }

    /// <summary>Got for machines sold.</summary>
    public Coins Sold { get; init; }

    /// <summary>Spent on machines and promotions.</summary>
    public Coins Spent { get; init; }

    /// <summary>Sent to other players.</summary>
    public Coins Paid { get; init; }

    /// <summary>Given to the cluster: what <c>ctr/cluster/pid</c> must say.</summary>
    public Coins Funded { get; init; }

    /// <summary>Left behind at sabbaticals.</summary>
    public Coins Forgone { get; init; }

    /// <summary>The rank now.</summary>
    public int Rank { get; init; }

    /// <summary>The highest rank ever held: doors stay open.</summary>
    public int HighestRank { get; init; }

    /// <summary>How many sabbaticals were taken.</summary>
    public int Citations { get; init; }

    /// <summary>Machines, by tier.</summary>
    public ImmutableArray<int> Units { get; init; } = [];

    /// <summary>Problems solved since the last promotion.</summary>
    public int SolvedHere { get; init; }

    /// <summary>Problems solved in all.</summary>
    public int Solved { get; init; }

    /// <summary>The number of the next problem, by rank; all below are solved or given up.</summary>
    public ImmutableArray<int> NextIndex { get; init; } = [];

    /// <summary>Wrong answers to the present problem.</summary>
    public int Wrong { get; init; }

    /// <summary>No answer is taken before.</summary>
    public GameTime AnswersFrom { get; init; }

    /// <summary>The day (UTC) of the latest reward.</summary>
    public long RewardDay { get; init; }

    /// <summary>How many rewards were paid on that day.</summary>
    public int RewardsThatDay { get; init; }

    /// <summary>How much this player wore the department problem of each rank down: what <c>ctr/problem/rank/pid</c> must say.</summary>
    public ImmutableArray<long> Wear { get; init; } = [];

    /// <summary>Deeds done since the last promotion.</summary>
    public ImmutableSortedSet<string> Deeds { get; init; } = [];

    /// <summary>Why this ledger cannot be an honest one; null while it can.</summary>
    public string? Forgery { get; init; }

    /// <summary>What is owed; spending waits until mining has paid it off.</summary>
    public Coins Debt => Balance < Coins.Zero ? Coins.Zero - Balance : Coins.Zero;

    /// <summary>What the rig mines in a second.</summary>
    public Coins Rate(Economy economy) => Units.IsDefaultOrEmpty ? Coins.Zero : economy.Rate(Units, Rank, Citations);

    /// <summary>The account at a later time: what the rig mined since the latest entry is added. An earlier time changes nothing.</summary>
    public Account At(GameTime time, Economy economy)
    {
        if (Born is null) return this with { Last = GameTime.Max(Last, time) };

        var mined = economy.Mined(Rate(economy), time - Last);
        return this with { Balance = Balance + mined, Mined = Mined + mined, Last = GameTime.Max(Last, time) };
    }
}
