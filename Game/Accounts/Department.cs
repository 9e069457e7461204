using System.Globalization;
using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>What all players did together: the sum of what each says of themselves, which only grows, so that nothing done at the same time is lost.</summary>
/// <remarks>A threshold once reached stays reached, whichever replica is asked first: that needs no agreement.</remarks>
internal static class Department
{
    /// <summary>The sum of the counters listed under a prefix. What does not read counts nothing.</summary>
    /// <param name="counters">The prefix (<see cref="SharedKeys.Counters"/>, <see cref="SharedKeys.ProblemCounters"/>).</param>
    /// <param name="pairs">What List gave for it.</param>
    /// <param name="believed">Whose counters count; null for everybody's.</param>
    public static long Sum(string counters, IEnumerable<KeyValuePair<string, string>> pairs, Func<PlayerId, bool>? believed = null)
    {
        var sum = 0L;
        foreach (var (key, value) in pairs)
        {
            if (!SharedKeys.TryParseCounter(key, counters, out var player) || !TryRead(value, out var count) || believed?.Invoke(player) == false) continue;
            sum = Math.Min(sum + count, Coins.Max.Milli);
        }

        return sum;
    }

    /// <summary>A counter as stored: the whole value from the own ledger, never an increment.</summary>
    public static string Write(long count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>How far a department problem is: how often it was worn down, and what is left of it this time.</summary>
    public static (long Times, long Left) Problem(long health, long wear) => (wear / health, health - (wear % health));

    private static bool TryRead(string value, out long count) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= Coins.Max.Milli;
}
