using System.Net;
using Cmud.Silo;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task Ports_together_have_no_more_connections_than_the_limit()
    {
        var limit = new ConnectionLimit(2, mostOfAddress: 2, TimeProvider.System);
        var (served, end) = (0, new TaskCompletionSource());
        ConnectionDelegate one = limit.Guard(Serve), other = limit.Guard(Serve);

        Task[] open = [one(new DefaultConnectionContext()), other(new DefaultConnectionContext())];
        await one(new DefaultConnectionContext());
        Assert.Equal(2, served);

        end.SetResult();
        await Task.WhenAll(open);
        await other(new DefaultConnectionContext());
        Assert.Equal(3, served);

        Task Serve(ConnectionContext connection)
        {
            served++;
            return end.Task;
        }
    }

    [Fact]
    public async Task One_address_has_no_more_than_its_own_and_leaves_the_rest_to_others()
    {
        var limit = new ConnectionLimit(3, mostOfAddress: 2, TimeProvider.System);
        var (served, end) = (new List<string>(), new TaskCompletionSource());
        var guarded = limit.Guard(connection =>
        {
            served.Add($"{connection.RemoteEndPoint}");
            return end.Task;
        });

        Task[] open = [From("10.0.0.1:1"), From("10.0.0.1:2"), From("10.0.0.1:3"), From("10.0.0.2:1")];
        Assert.Equal(["10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1"], served);

        end.SetResult();
        await Task.WhenAll(open);
        await From("10.0.0.1:4");
        Assert.Equal(4, served.Count);

        Task From(string address) => guarded(new DefaultConnectionContext { RemoteEndPoint = IPEndPoint.Parse(address) });
    }

    [Fact]
    public async Task A_connection_that_broke_leaves_its_place()
    {
        var guarded = new ConnectionLimit(1, mostOfAddress: 1, TimeProvider.System).Guard(static _ => throw new IOException("It broke."));

        for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<IOException>(() => guarded(new DefaultConnectionContext()));
    }

    [Fact]
    public async Task A_connection_counts_until_its_client_has_what_was_sent_or_has_had_its_time()
    {
        var time = new FakeTimeProvider();
        var guarded = new ConnectionLimit(1, mostOfAddress: 1, time).Guard(static _ => Task.CompletedTask);
        var unread = new UnreadConnection();

        var ending = guarded(unread);
        time.Advance(ConnectionLimit.FarewellTime - TimeSpan.FromMilliseconds(1));
        Assert.False(ending.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        await ending.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(unread.IsCut);
    }

    /// <summary>One whose client reads nothing: it ends when it is cut.</summary>
    private sealed class UnreadConnection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _cut = new();

        public bool IsCut => _cut.Task.IsCompleted;

        public override void Abort(ConnectionAbortedException abortReason) => _cut.TrySetResult();

        public override async ValueTask DisposeAsync()
        {
            await _cut.Task;
            await base.DisposeAsync();
        }
    }
}
