using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Cmud.Game.Problems;

/// <summary>Numbers that follow from a seed, the same in every client and every year: xoshiro256**, started from a SHA-256.</summary>
/// <remarks>Not <see cref="Random"/>: its algorithm may change with the framework, and then nobody could check an old solution.</remarks>
internal sealed class Dice
{
    private ulong _a, _b, _c, _d;

    /// <summary>Starts from a seed.</summary>
    public Dice(string seed)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(seed), hash);
        _a = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]);
    }

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Roll(int low, int high) => low + (int)(Next() % (ulong)(high - low + 1L));

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>The items in a random order.</summary>
    public T[] Shuffle<T>(IEnumerable<T> items)
    {
        var all = items.ToArray();
        for (var i = all.Length - 1; i > 0; i--)
        {
            var j = Roll(0, i);
            (all[i], all[j]) = (all[j], all[i]);
        }

        return all;
    }

    /// <summary>One of the items.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Roll(0, items.Count - 1)];
}
