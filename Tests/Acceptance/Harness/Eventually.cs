using Cmud.Replication;
using Xunit;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Waits for what must come about. How soon it must is asserted elsewhere, on the store's own timestamps.</summary>
internal static class Eventually
{
    /// <summary>Far above every promise, also on a machine that has better things to do: only what never comes ends here.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>Looks again and again until a look finds nothing missing.</summary>
    /// <param name="missing">Null, or what has not come about yet.</param>
    public static async Task NothingIsMissing(Func<Task<string?>> missing)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await missing() is { } still)
        {
            if (TimeProvider.System.GetElapsedTime(start) > Limit) Assert.Fail($"After {Limit.TotalSeconds} s: {still}");
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }
    }

    /// <summary>A key shows a value on all these grains.</summary>
    public static async Task Shows(string key, string value, IEnumerable<TestGrain> grains)
    {
        foreach (var grain in grains)
        {
            await NothingIsMissing(async () => await grain.GetAsync(key) is var shown && shown == value ? null : $"{key} is '{shown}' on {grain}, not '{value}'.");
        }
    }

    /// <summary>A key shows a certain write on all these grains: of a duel's last one, no later news can follow.</summary>
    public static async Task Shows(string key, Stamp stamp, IEnumerable<TestGrain> grains)
    {
        foreach (var grain in grains)
        {
            await NothingIsMissing(async () => await grain.StampAsync(key) is var shown && shown == stamp ? null : $"{key} is of {shown} on {grain}, not of {stamp}.");
        }
    }

    /// <summary>A List shows exactly this on all these grains.</summary>
    public static async Task Lists(string prefix, IReadOnlyDictionary<string, string> expected, IEnumerable<TestGrain> grains)
    {
        foreach (var grain in grains)
        {
            await NothingIsMissing(async () => Difference(expected, await grain.ListAsync(prefix)) is { } difference ? $"The List of '{prefix}' on {grain}: {difference}" : null);
        }
    }

    private static string? Difference(IReadOnlyDictionary<string, string> expected, SortedDictionary<string, string> listed)
    {
        foreach (var (key, value) in expected)
        {
            if (!listed.TryGetValue(key, out var shown)) return $"{key} is missing ({listed.Count} of {expected.Count} keys are there).";
            if (shown != value) return $"{key} is '{shown}', not '{value}'.";
        }

        return listed.Keys.FirstOrDefault(key => !expected.ContainsKey(key)) is { } extra ? $"{extra} was never put." : null;
    }
}
