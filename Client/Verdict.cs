using Cmud.Replication;

namespace Cmud.Client;

/// <summary>How a comparison of replicas ended.</summary>
/// <param name="Servers">How many servers were asked.</param>
/// <param name="Replicas">How many replicas they have.</param>
/// <param name="Keys">How many keys the first replica holds, without deleted ones and those that expire.</param>
/// <param name="Root">The sum over all of them, under a seed of this comparison; only meaningful where all are equal.</param>
/// <param name="Healed">How many keys differed at first, as writes under way make them, and came to agree.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Differences">The keys that differ, the first <see cref="MaxDifferences"/> in order; none where the replicas are equal.</param>
/// <param name="Differing">How many keys differ, of those that were looked at.</param>
/// <param name="IsCut">Whether there may be more, beyond what was looked at.</param>
public sealed record Verdict(
    int Servers, int Replicas, long Keys, UInt128 Root, int Healed, TimeSpan Elapsed, IReadOnlyList<KeyDifference> Differences, int Differing, bool IsCut)
{
    /// <summary>Most keys that are told.</summary>
    public const int MaxDifferences = 100;

    /// <summary>Whether all replicas hold the same, but for what was written meanwhile.</summary>
    public bool IsEqual => Differing == 0 && !IsCut;
}

/// <summary>A key that replicas do not agree about.</summary>
/// <param name="Key">The key.</param>
/// <param name="Held">What each replica holds of it.</param>
public sealed record KeyDifference(string Key, IReadOnlyList<HeldKey> Held);

/// <summary>What a replica holds of a key.</summary>
/// <param name="Server">Whose.</param>
/// <param name="Grain">Which of its query grains.</param>
/// <param name="Stamp">The stamp of its entry; null where there is none.</param>
/// <param name="IsShown">Whether it is a value that stays: no tombstone, and without an expiry.</param>
/// <param name="Hash">Half of a hash of key, stamp and value, which tells values under one stamp apart.</param>
public readonly record struct HeldKey(ServerView Server, int Grain, Stamp? Stamp, bool IsShown, ulong Hash)
{
    /// <summary>What two replicas must have in common.</summary>
    internal (Stamp? Stamp, ulong Hash) Shown => IsShown ? (Stamp, Hash) : default;
}
