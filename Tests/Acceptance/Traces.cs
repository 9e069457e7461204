using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Acceptance;

/// <summary>The stories that are told to one server and to many: who puts what, when.</summary>
internal static class Traces
{
    /// <summary>Puts that lie this far apart have an order in everybody's eyes.</summary>
    public static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(10);

    /// <summary>The pace of somebody who puts: not a wait for anything.</summary>
    public static Task Pause(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    /// <summary>A Put of a key of its own on each grain.</summary>
    /// <returns>What every List of the prefix must show in the end.</returns>
    public static async Task<SortedDictionary<string, string>> PutOnEach(string prefix, IEnumerable<TestGrain> writers)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (i, writer) in writers.Index())
        {
            var (key, value) = ($"{prefix}{i:000}", $"of {writer.Index}");
            await writer.PutAsync(key, value);
            all.Add(key, value);
        }

        return all;
    }

    /// <summary>On each of the grains, all at once: so many Puts of distinct keys, one every 10 ms.</summary>
    /// <returns>What every List of the prefix must show in the end.</returns>
    public static async Task<SortedDictionary<string, string>> PutSteadily(string prefix, int puts, IReadOnlyCollection<TestGrain> writers)
    {
        var all = await Task.WhenAll(writers.Select(async (writer, w) =>
        {
            var own = new Dictionary<string, string>();
            var start = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < puts; i++)
            {
                // By the clock, so that a slow machine gets its Puts in bursts rather than fewer.
                var left = i * Apart - TimeProvider.System.GetElapsedTime(start);
                if (left > TimeSpan.Zero) await Pause(left);
                var (key, value) = ($"{prefix}{w:00}/{i:0000}", $"{i}");
                await writer.PutAsync(key, value);
                own.Add(key, value);
            }

            return own;
        }));
        return new(all.SelectMany(own => own).ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>Puts of distinct keys without a pause.</summary>
    public static async Task<SortedDictionary<string, string>> PutMany(string prefix, int puts, TestGrain writer)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < puts; i++)
        {
            all.Add($"{prefix}{i:0000}", $"filler {i}");
            await writer.PutAsync($"{prefix}{i:0000}", $"filler {i}");
        }

        return all;
    }

    /// <summary>Random Gets, Puts and Lists of four users per grain over the same fifty keys.</summary>
    /// <returns>The keys that were put, and for each the value of its greatest stamp: what all must show in the end.</returns>
    public static async Task<SortedDictionary<string, string>> Stress(string prefix, int operations, TimeSpan pause, IEnumerable<TestGrain> grains)
    {
        const int usersPerGrain = 4;
        var users = grains.SelectMany(grain => Enumerable.Repeat(grain, usersPerGrain)).Select(async (grain, user) =>
        {
            var random = new Random(user);
            var puts = new List<(string Key, string Value, Replication.Stamp Stamp)>();
            for (var i = 0; i < operations; i++)
            {
                var key = $"{prefix}key{random.Next(50)}";
                switch (random.Next(3))
                {
                    case 0: await grain.GetAsync(key); break;
                    case 1:
                        var value = $"value {random.Next(10)}";
                        puts.Add((key, value, (await grain.PutAsync(key, value)).Stamp));
                        break;
                    default: await grain.ListAsync($"{prefix}key{random.Next(5)}"); break;
                }

                await Pause(pause);
            }

            return puts;
        });
        var all = (await Task.WhenAll(users)).SelectMany(puts => puts);
        return new(all.GroupBy(put => put.Key).ToDictionary(puts => puts.Key, puts => puts.MaxBy(put => put.Stamp).Value), StringComparer.Ordinal);
    }
}
