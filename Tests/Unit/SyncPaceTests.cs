using Cmud.Grains;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class SyncPaceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SyncPace _pace;

    public SyncPaceTests() => _pace = new(_time);

    [Fact]
    public void Nobody_waits_where_the_sync_grain_has_all() => Assert.True(_pace.WaitAsync().AsTask().IsCompleted);

    [Fact]
    public void Nobody_waits_while_it_keeps_pace()
    {
        _pace.Begin(1_000);

        _time.Advance(1_000 * SyncPace.EachEntry - TimeSpan.FromTicks(1));
        Assert.True(_pace.WaitAsync().AsTask().IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(_pace.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_write_waits_until_the_sync_grain_has_what_it_was_handed()
    {
        var takenIn = _pace.Begin(1);
        _time.Advance(SyncPace.EachEntry);
        var waiting = _pace.WaitAsync().AsTask();
        Assert.Equal((false, false), (takenIn.IsCompleted, waiting.IsCompleted));

        _pace.End();

        await takenIn.WaitAsync(TimeSpan.FromSeconds(10));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(_pace.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_sync_grain_that_stands_still_stops_no_write()
    {
        var takenIn = _pace.Begin(1);
        _time.Advance(SyncPace.EachEntry);
        var waiting = _pace.WaitAsync().AsTask();
        Assert.False(waiting.IsCompleted);

        _time.Advance(SyncPace.MaxWait);

        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(takenIn.IsCompleted);
    }
}
