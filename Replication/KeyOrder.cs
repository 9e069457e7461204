using System.IO.Hashing;
using System.Security.Cryptography;

namespace Cmud.Replication;

/// <summary>Keys by value: equality and the order of List, which is the order of their UTF-8 bytes (that of code points).</summary>
/// <remarks>Never the order of UTF-16 units, which puts U+10000 before U+FFFF, nor any culture's.</remarks>
public readonly struct KeyOrder : IEqualityComparer<byte[]>, IComparer<byte[]>
{
    /// <summary>The one instance.</summary>
    public static readonly KeyOrder Instance;

    /// <summary>Clients choose the keys: without a secret seed they could choose ones that all collide.</summary>
    private static readonly long Seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <inheritdoc/>
    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode(byte[] obj) => (int)XxHash3.HashToUInt64(obj, Seed);
}
