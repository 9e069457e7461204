using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Acceptance;

/// <summary>Duels for one key, told to the grains of one server and to those of many. The last Put wins everywhere.</summary>
internal static class LastWriterTraces
{
    public static async Task The_later_of_two(string key, IReadOnlyList<TestGrain> grains)
    {
        await grains[0].PutAsync(key, "earlier");
        await Traces.Pause(Traces.Apart);
        var last = await grains[1].PutAsync(key, "later");

        await Eventually.Shows(key, last.Stamp, grains);
        await Eventually.Shows(key, "later", grains);
    }

    /// <param name="key">What they duel for.</param>
    /// <param name="grains">The first two duel.</param>
    /// <param name="overwriter">Who puts once all have seen the winner: 1 is the winner, another a third party.</param>
    public static async Task An_overwrite_of_the_winner(string key, IReadOnlyList<TestGrain> grains, int overwriter)
    {
        await The_later_of_two(key, grains);

        var last = await grains[overwriter].PutAsync(key, "last");

        await Eventually.Shows(key, last.Stamp, grains);
        await Eventually.Shows(key, "last", grains);
    }

    public static async Task A_second_Put_of_the_same_value(string key, IReadOnlyList<TestGrain> grains)
    {
        await grains[0].PutAsync(key, "again");
        await Traces.Pause(Traces.Apart);
        await grains[1].PutAsync(key, "between");
        await Traces.Pause(Traces.Apart);
        var last = await grains[0].PutAsync(key, "again");

        await Eventually.Shows(key, last.Stamp, grains);
        await Eventually.Shows(key, "again", grains);
    }
}
