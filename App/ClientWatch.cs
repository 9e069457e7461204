using System.Threading.Channels;
using Cmud.Client;
using Cmud.Game;

namespace Cmud.App;

/// <summary>A watch of the client library, as the game takes it: what comes waits here until the game looks.</summary>
internal sealed class ClientWatch : IStoreWatch
{
    /// <summary>Most events that wait. With more the watch waits too, and tells newer values afterwards.</summary>
    private const int MaxWaiting = 1_024;

    private readonly Channel<StoreEvent> _events = Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _end;

    private ClientWatch(CancellationToken cancellationToken) => _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    /// <inheritdoc/>
    public bool IsBroken => _events.Reader.Completion.IsCompleted;

    /// <summary>Begins a watch.</summary>
    public static ClientWatch Begin(ICmudClient client, string prefix, CancellationToken cancellationToken)
    {
        var watch = new ClientWatch(cancellationToken);
        _ = watch.RunAsync(client, prefix, watch._end.Token);
        return watch;
    }

    /// <inheritdoc/>
    public bool TryTake(out StoreEvent next) => _events.Reader.TryRead(out next);

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task RunAsync(ICmudClient client, string prefix, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var told in client.WatchAsync(prefix, cancellationToken: cancellationToken)) await _events.Writer.WriteAsync(EventOf(told), cancellationToken);
        }
        catch (Exception e) when (e is CmudException or OperationCanceledException or ObjectDisposedException)
        {
            // The game lists, and learns from that what is wrong; it begins another watch later.
        }
        finally
        {
            _events.Writer.Complete();
        }
    }

    private static StoreEvent EventOf(WatchEvent told) => told.Kind switch
    {
        WatchEventKind.Reset => new(StoreEventKind.Reset),
        WatchEventKind.Current => new(StoreEventKind.Current),
        _ => new(StoreEventKind.Change, told.Key, told.Value),
    };
}
