using System.Globalization;

namespace Cmud.Game;

/// <summary>An amount of TC in thousandths: whole numbers only, so that every client folds a ledger to the same sum.</summary>
/// <remarks>Sums stop at <see cref="Max"/> and never wrap: forged coins must not turn into a debt, nor a forged debt into coins.</remarks>
/// <param name="Milli">Thousandths of a coin.</param>
internal readonly record struct Coins(long Milli) : IComparable<Coins>
{
    /// <summary>More than the whole game costs, a thousand times over.</summary>
    public static readonly Coins Max = new(1_000_000_000_000_000_000);

    /// <summary>The least that changes hands: a screen shows no less, and what is shown is to add up.</summary>
    public static readonly Coins Least = new(100);

    /// <summary>Nothing.</summary>
    public static readonly Coins Zero;

    /// <summary>Whole coins.</summary>
    public static Coins Of(long coins) => Clamp((Int128)coins * 1_000);

    /// <summary>So many thousandths, or the greatest amount of that sign.</summary>
    public static Coins Clamp(Int128 milli) => new((long)Int128.Clamp(milli, -Max.Milli, Max.Milli));

    /// <summary>The smaller of two.</summary>
    public static Coins Min(Coins a, Coins b) => a <= b ? a : b;

    /// <summary>The greater of two.</summary>
    public static Coins Greater(Coins a, Coins b) => a >= b ? a : b;

    /// <summary>Reads what a player types: <c>50</c>, <c>1,000</c>, <c>2.5</c>, <c>3k</c>, <c>1.5m</c>; more than nothing, at most <see cref="Max"/>.</summary>
    public static bool TryParse(string text, out Coins coins)
    {
        coins = default;
        if (text.Length is 0 or > 24) return false;

        var scale = char.ToLowerInvariant(text[^1]) switch { 'k' => 1_000m, 'm' => 1_000_000m, 'b' or 'g' => 1_000_000_000m, _ => 1m };
        var digits = scale == 1m ? text : text[..^1];
        // A comma parts thousands and nothing else: 1,5 is not 15.
        var groups = digits.Split('.')[0].Split(',');
        if (groups.Length > 1 && (groups[0].Length is 0 or > 3 || groups.Skip(1).Any(static group => group.Length != 3))) return false;
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number)) return false;
        if (number <= 0 || number > Max.Milli / 1_000m / scale) return false;

        coins = new((long)(number * scale * 1_000));
        return coins.Milli > 0;
    }

    /// <inheritdoc/>
    public int CompareTo(Coins other) => Milli.CompareTo(other.Milli);

    /// <summary>As on the screen: <c>0.2 TC</c>, <c>23.4 TC</c>, <c>30,000 TC</c>. Never more than there is: what is shown can be spent.</summary>
    public override string ToString()
    {
        var tenths = Milli / 100;
        var text = Math.Abs(tenths) < 1_000 && tenths % 10 != 0
            ? (tenths / 10m).ToString("0.0", CultureInfo.InvariantCulture)
            : (Milli / 1_000).ToString("#,0", CultureInfo.InvariantCulture);
        return text + " TC";
    }

    /// <summary>To the tenth, however much it is: an amount that changes hands, beside what is left.</summary>
    public string Exact()
    {
        var tenths = Milli / 100;
        return tenths % 10 == 0 ? ToString() : (tenths / 10m).ToString("#,0.0", CultureInfo.InvariantCulture) + " TC";
    }

    /// <summary>As read aloud: <c>1.9 million TC</c>; small amounts as on the screen.</summary>
    public string Spoken()
    {
        var whole = Math.Abs(Milli / 1_000);
        if (whole < 1_000_000) return ToString();

        var (unit, word) = whole switch
        {
            < 1_000_000_000 => (1_000_000L, "million"),
            < 1_000_000_000_000 => (1_000_000_000L, "billion"),
            _ => (1_000_000_000_000L, "trillion"),
        };
        var tenths = whole / (unit / 10);
        var sign = Milli < 0 ? "minus " : "";
        return tenths % 10 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{sign}{tenths / 10} {word} TC")
            : string.Create(CultureInfo.InvariantCulture, $"{sign}{tenths / 10}.{tenths % 10} {word} TC");
    }

    /// <summary>The sum.</summary>
    public static Coins operator +(Coins a, Coins b) => Clamp((Int128)a.Milli + b.Milli);

    /// <summary>The difference.</summary>
    public static Coins operator -(Coins a, Coins b) => Clamp((Int128)a.Milli - b.Milli);

    /// <summary>So many times.</summary>
    public static Coins operator *(Coins a, long times) => Clamp((Int128)a.Milli * times);

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(Coins a, Coins b) => a.Milli < b.Milli;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(Coins a, Coins b) => a.Milli > b.Milli;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(Coins a, Coins b) => a.Milli <= b.Milli;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(Coins a, Coins b) => a.Milli >= b.Milli;
}
