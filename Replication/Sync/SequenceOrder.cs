using System.Numerics;

namespace Cmud.Replication.Sync;

/// <summary>That of the numbers, which is that of their bytes, the highest first.</summary>
internal readonly struct SequenceOrder : IHintedOrder<ulong>
{
    public int Compare(ulong x, ulong y) => x.CompareTo(y);

    public int Alike(ulong a, ulong b) => BitOperations.LeadingZeroCount(a ^ b) / 8;

    public bool Begins(ulong sought, ulong key, int alike) => Alike(sought, key) >= alike;

    public uint Hint(ulong key, int alike) => alike < sizeof(ulong) ? (uint)((key << (8 * alike)) >> 32) : 0;
}
