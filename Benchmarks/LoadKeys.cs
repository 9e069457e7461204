using System.Globalization;

namespace Cmud.Benchmarks;

/// <summary>The keys of a load, and what is put under them.</summary>
/// <param name="keys">How many.</param>
/// <param name="zipf">0 draws all alike.</param>
internal sealed class LoadKeys(int keys, double zipf)
{
    /// <summary>Bytes at the beginning of each value that tell it from all others: Orleans sends an object that a message holds twice only once, and equal content would be no work for a disk that compresses.</summary>
    public const int Mark = 16;

    private readonly double _whole = zipf == 0 ? 0 : Enumerable.Range(1, keys).Sum(rank => Math.Pow(rank, -zipf));

    /// <summary>The key of a number: 16 bytes.</summary>
    public static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"key/{number:d12}");

    /// <summary>A value that no other call ever has, neither the object nor its content.</summary>
    public static string Value(long number, int bytes) => string.Create(bytes, number, static (text, mark) =>
    {
        text.Fill('v');
        mark.TryFormat(text, out _, "x16", CultureInfo.InvariantCulture);
    });

    /// <summary>Draws a key.</summary>
    /// <remarks>Of the skewed ones by the method of Gray et al., "Quickly Generating Billion-Record Synthetic Databases", 1994; popular keys are scattered over all.</remarks>
    public int Next(Random random)
    {
        if (zipf == 0) return random.Next(keys);

        var (alpha, half) = (1 / (1 - zipf), 1 + Math.Pow(0.5, zipf));
        var u = random.NextDouble();
        var place = u * _whole;
        if (place < 1) return Scattered(0);
        if (place < half || keys <= 2) return Scattered(1 % keys);

        var eta = (1 - Math.Pow(2.0 / keys, 1 - zipf)) / (1 - half / _whole);
        return Scattered(Math.Min(keys - 1, (int)(keys * Math.Pow(eta * u - eta + 1, alpha))));
    }

    private int Scattered(int rank) => (int)(rank * 2_654_435_761L % keys);
}
