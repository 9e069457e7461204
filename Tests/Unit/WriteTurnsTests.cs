using System.Text;
using Cmud.Silo.Access;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class WriteTurnsTests
{
    private readonly WriteTurns _turns = new(grains: null!, count: 0);

    [Fact]
    public async Task Of_two_writes_of_one_place_the_second_waits_for_the_end_of_the_first()
    {
        var first = await _turns.Take(Places("key", "prefix/"));
        var second = _turns.Take(Places("prefix/")).AsTask();
        var other = await _turns.Take(Places("elsewhere"));
        other.Dispose();
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System)).Dispose();
    }

    [Fact]
    public async Task Those_of_the_same_places_in_any_order_all_have_their_turn()
    {
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using var turn = await _turns.Take(i % 2 == 0 ? Places("a", "b", "a") : Places("b", "a"));
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }))).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    private static IEnumerable<byte[]> Places(params string[] places) => places.Select(Encoding.UTF8.GetBytes);
}
