using System.Globalization;
using Cmud.Client;
using Xunit;

namespace Cmud.Tests.Cluster;

/// <summary>A watch over the network, at two servers as two processes.</summary>
public sealed class WatchTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private CancellationTokenSource _limit = null!;
    private ServerProcess _first = null!;
    private ServerProcess _second = null!;
    private CmudClient _watcher = null!;
    private CmudClient _writer = null!;

    public async Task InitializeAsync()
    {
        _limit = new(Limit);
        _first = await ServerProcess.Start(ServerProcess.FreePort());
        _second = await ServerProcess.Start(ServerProcess.FreePort(), "--join", _first.Address);
        _writer = await CmudClient.ConnectAsync(_second.Address, _limit.Token);
        _watcher = await CmudClient.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse($"{_first.Address},{_second.Address}"), Router = new InOrder() }, _limit.Token);
    }

    public async Task DisposeAsync()
    {
        await _watcher.DisposeAsync();
        await _writer.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task It_tells_what_there_is_and_then_each_change_wherever_it_was_made()
    {
        await EverywhereAsync(await _writer.PutAsync("room/1", "a lamp"));
        await EverywhereAsync(await _writer.PutAsync("hall/1", "not watched"));
        await using var watch = _watcher.WatchAsync("room/", cancellationToken: _limit.Token).GetAsyncEnumerator();

        Assert.Equal("Reset", await NextAsync(watch));
        Assert.Equal("Put room/1 = a lamp", await NextAsync(watch));
        Assert.Equal("Current", await NextAsync(watch));
        await _writer.PutAsync("hall/1", "not watched either");
        await _writer.PutAsync("room/2", "a door", TimeSpan.FromMinutes(5));
        Assert.Equal("Put room/2 = a door", await NextAsync(watch));
        Assert.InRange(watch.Current.TimeLeft!.Value, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        await _writer.DeleteAsync("room/1");
        Assert.Equal("Delete room/1", await NextAsync(watch));
        await _watcher.PutAsync("room/3", "mine");
        Assert.Equal("Put room/3 = mine", await NextAsync(watch));
        // That time is up is told when all have forgotten it.
        await _writer.PutAsync("room/3", "not for long", TimeSpan.FromMilliseconds(200));
        Assert.Equal("Put room/3 = not for long", await NextAsync(watch));
        Assert.Equal("Delete room/3", await NextAsync(watch));
    }

    [Fact]
    public async Task Its_position_is_good_for_another_client_and_another_server()
    {
        await using var watch = _watcher.WatchAsync("room/", WatchEvent.Now, _limit.Token).GetAsyncEnumerator();
        Assert.Equal("Current", await NextAsync(watch));
        await EverywhereAsync(await _writer.PutAsync("room/1", "seen"));
        Assert.Equal("Put room/1 = seen", await NextAsync(watch));
        var position = watch.Current.Position;
        await _writer.PutAsync("room/2", "missed");
        await _writer.DeleteAsync("room/1");

        var known = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["room/1"] = "seen" };
        KeyValuePair<string, string>[] expected = [new("room/2", "missed")];
        await foreach (var one in _writer.WatchAsync("room/", position, _limit.Token))
        {
            Take(one, known);
            if (known.SequenceEqual(expected)) break;
        }

        var refused = Assert.Throws<CmudException>(() => { _ = _writer.WatchAsync("room/", "nonsense!"); });
        Assert.Equal(CmudFailure.Refused, refused.Failure);
        refused = await Assert.ThrowsAsync<CmudException>(async () => await NextAsync(_writer.WatchAsync("room/", "bm9uc2Vuc2U", _limit.Token).GetAsyncEnumerator()));
        Assert.Equal(CmudFailure.Refused, refused.Failure);
    }

    [Fact]
    public async Task It_goes_on_at_another_server_where_its_own_is_killed_and_misses_nothing()
    {
        const int writes = 600;
        var known = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var watch = _watcher.WatchAsync("n/", cancellationToken: _limit.Token).GetAsyncEnumerator();
        Assert.Equal("Reset", await NextAsync(watch));
        Assert.Equal("Current", await NextAsync(watch));

        var (killed, writing) = (false, WriteAsync());
        while (!known.ContainsKey("n/end"))
        {
            await NextAsync(watch);
            Take(watch.Current, known);
            if (killed || known.Count < 30) continue;

            await _first.Kill();
            killed = true;
        }

        await writing;
        // What it wrote last, the watch told last; what lay before is told by then, too, but in any order.
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var (key, value) in _writer.ListAsync("n/", _limit.Token)) expected[key] = value;
        while (!known.SequenceEqual(expected))
        {
            await NextAsync(watch);
            Take(watch.Current, known);
        }

        async Task WriteAsync()
        {
            for (var i = 0; i < writes; i++)
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"n/{i % 97:00}");
                if (i % 5 == 0) await _writer.DeleteAsync(key, _limit.Token);
                else await _writer.PutAsync(key, $"{i}", _limit.Token);
                // At a pace at which the kill falls into the middle.
                if (i % 10 == 0) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _limit.Token);
            }

            await _writer.PutAsync("n/end", "", _limit.Token);
        }
    }

    private static void Take(WatchEvent one, SortedDictionary<string, string> known)
    {
        if (one.Kind == WatchEventKind.Reset) known.Clear();
        else if (one.Kind == WatchEventKind.Put) known[one.Key] = one.Value!;
        else if (one.Kind == WatchEventKind.Delete) known.Remove(one.Key);
    }

    private async Task EverywhereAsync(PutReceipt receipt) => await _writer.WaitVisibleAsync(receipt, Visibility.Everywhere, TimeSpan.FromSeconds(20), _limit.Token);

    private static async Task<string> NextAsync(IAsyncEnumerator<WatchEvent> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        var one = watch.Current;
        return one.Kind switch
        {
            WatchEventKind.Put => $"Put {one.Key} = {one.Value}",
            WatchEventKind.Delete => $"Delete {one.Key}",
            _ => $"{one.Kind}",
        };
    }
}
