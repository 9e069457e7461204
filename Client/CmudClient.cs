using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>A client of the store: finds a server that answers, asks one of its query grains per call, and remembers what it saw.</summary>
/// <remarks>
/// <para>Each call asks the router, makes one grain call, and holds the reply against the session's overlay, which is
/// why a Get after a Put shows it though another grain, or another server, answers.</para>
/// <para>
/// A server that is lost or falls silent is left for the next. Get and List under way move along with it. A Put or Delete does not, once it
/// was sent: a second one would be a new write, with a later stamp, that could overwrite what somebody wrote in between. It fails and says so.
/// </para>
/// </remarks>
public sealed class CmudClient : ICmudClient
{
    /// <summary>How long the first server to answer waits for the others of the list, of which one may be nearer.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    /// <summary>A pause before a call that failed is made again: enough for the failure to show in the view.</summary>
    private static readonly TimeSpan BeforeRetry = TimeSpan.FromMilliseconds(50);

    private readonly CmudClientOptions _options;
    private readonly ICmudRouter _router;
    private readonly SessionOverlay _overlay;
    private readonly ServerLink[] _links;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Lazy<Task> _closed;
    private volatile ServerView[] _views = [];
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CmudClient(CmudClientOptions options)
    {
        _options = options;
        _router = options.Router ?? new NearestRouter(options.Random);
        _overlay = new(options.Time);
        _closed = new(CloseAsync);
        // A link may report before the array is whole: Refresh looks away until it is.
        ServerLink[]? links = null;
        links = [.. options.Servers.Select(address => new ServerLink(address, options, () => Refresh(Volatile.Read(ref links)), IsAnotherReachable))];
        _links = links;
        Refresh(_links);
    }

    /// <summary>The servers as the client sees them now, in the order they were given.</summary>
    public IReadOnlyList<ServerView> Servers => _views;

    private TimeProvider Time => _options.Time;

    /// <summary>Half of what a call may take: the other half is for another server, where this one fails.</summary>
    private TimeSpan WatchWait => TimeSpan.FromTicks(Math.Min(_options.CallTimeout.Ticks / 2, TimeSpan.TicksPerSecond * 10));

    /// <summary>Connects to servers given as HOST:PORT, several parted by commas, wished-for first.</summary>
    /// <exception cref="CmudException">An address cannot be read, or no server can be reached.</exception>
    public static Task<CmudClient> ConnectAsync(string servers, CancellationToken cancellationToken = default) =>
        ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(servers) }, cancellationToken);

    /// <summary>Connects; completes when at least one server can be asked.</summary>
    /// <exception cref="CmudException">No server can be reached.</exception>
    public static async Task<CmudClient> ConnectAsync(CmudClientOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var client = new CmudClient(options);
        try
        {
            await client.SettleAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default) => CallAsync(
        new KeyedRead(_overlay, Enter("key", key, Door.RefuseKey)),
        static (link, grain, read, call) => link.GetAsync(grain, new(read.Overlay, read.Key, call.Clock), call.Cancellation),
        static (_, _, value) => value,
        again: null,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Reading> ReadAsync(string key, CancellationToken cancellationToken = default) => CallAsync(
        new GetRequest(Enter("key", key, Door.RefuseKey), _overlay.Seen.Value, AsksLags: true),
        static (link, grain, request, call) => new ValueTask<GetReply>(link.AskAsync(grain, request, static (asked, request) => asked.Get(request), call.Clock, isRead: true, call.Cancellation)),
        static (client, request, reply) =>
        {
            var value = client._overlay.Read(request.Key, reply);
            return new Reading(value is null ? null : Door.Decode(value), new(reply.Server), [.. (reply.Lags ?? []).Select(static lag => new ServerLag(new(lag.Server), lag.Lag))]);
        },
        again: null,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PutReceipt> PutAsync(string key, string value, CancellationToken cancellationToken = default) =>
        PutAsync(key, value, timeToLive: null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PutReceipt> PutAsync(string key, string value, TimeSpan? timeToLive, CancellationToken cancellationToken = default)
    {
        var utf8 = Enter("key", key, Door.RefuseKey);
        var content = Enter("value", value, Door.RefuseValue);
        return Door.RefuseTimeToLive(timeToLive) is { } refusal
            ? throw new CmudException(CmudFailure.Refused, refusal)
            : WriteAsync(key, new(OperationKind.Put, utf8, content, TimeToLive: timeToLive), "put again", cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PutReceipt> DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        WriteAsync(key, new(OperationKind.Delete, Enter("key", key, Door.RefuseKey)), "delete again", cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<KeyValuePair<string, string>> ListAsync(string prefix = "", CancellationToken cancellationToken = default) =>
        PagesAsync(Enter("prefix", prefix, Door.RefusePrefix), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<WatchEvent> WatchAsync(string prefix = "", string? from = null, CancellationToken cancellationToken = default)
    {
        var watch = new Watch(Enter("prefix", prefix, Door.RefusePrefix), _overlay, WatchWait);
        watch.Begin(from);
        return EventsAsync(watch, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask WaitVisibleAsync(PutReceipt receipt, Visibility where, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var key = Enter("key", receipt.Key, Door.RefuseKey);
        if (timeout <= TimeSpan.Zero || timeout > VisibilityWait.MaxTimeout)
            throw new CmudException(CmudFailure.Refused, $"The time to wait is {timeout.TotalSeconds:0.###} s but must be more than 0 and at most a day.");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await new VisibilityWait(_links, _options, key, receipt, timeout).RunAsync(where, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(CmudClient));
        }
        catch (Exception e) when (e is not (OperationCanceledException or CmudException))
        {
            throw new CmudException(CmudFailure.ServerError, $"A server failed to say whether '{receipt.Key}' is shown: {OneLine(e.Message)}", e);
        }
    }

    /// <summary>Leaves the servers; calls under way and later ones throw <see cref="ObjectDisposedException"/>. May be called again.</summary>
    public async ValueTask DisposeAsync() => await _closed.Value.ConfigureAwait(false);

    private ValueTask<PutReceipt> WriteAsync(string key, Operation operation, string again, CancellationToken cancellationToken) => CallAsync(
        new KeyedWrite(key, operation, _overlay),
        static (link, grain, write, call) => link.WriteAsync(grain, new(write.Overlay, write.Operation, call.Clock), call.Cancellation),
        static (_, write, reply) => Receipt(write.Key, reply),
        again,
        cancellationToken);

    private static PutReceipt Receipt(string key, PutReply reply) => new(key, reply.Stamp, reply.Sequence, new(reply.Server))
    {
        ExpiresAt = reply.Expiry == Entry.Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(reply.Expiry),
    };

    /// <summary>What a call that is made alone knows of its operation.</summary>
    private readonly record struct Call(CallClock Clock, CancellationToken Cancellation);

    /// <summary>A write, its key as the caller spelled it, and what its answer is held against.</summary>
    private readonly record struct KeyedWrite(string Key, Operation Operation, SessionOverlay Overlay);

    /// <summary>A read, and what its answer is held against.</summary>
    private readonly record struct KeyedRead(SessionOverlay Overlay, byte[] Key);

    private delegate string? Refusal(ReadOnlySpan<byte> utf8);

    /// <summary>UTF-8 of what the store takes; throws its sentence for what it does not, before any call is made.</summary>
    private static byte[] Enter(string what, string text, Refusal refuse)
    {
        ArgumentNullException.ThrowIfNull(text, what);
        if (!Door.TryEncode(text, out var utf8)) throw new CmudException(CmudFailure.Refused, Door.RefuseSurrogates(what));

        return refuse(utf8) is { } sentence ? throw new CmudException(CmudFailure.Refused, sentence) : utf8;
    }

    private async IAsyncEnumerable<WatchEvent> EventsAsync(Watch watch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var reply = await CallAsync(
                watch,
                static (link, grain, watch, call) => watch.AskAsync(link, grain, call.Clock, call.Cancellation),
                static (_, _, reply) => reply,
                again: null,
                cancellationToken).ConfigureAwait(false);
            foreach (var one in watch.Take(reply))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return one;
            }
        }
    }

    private async IAsyncEnumerable<KeyValuePair<string, string>> PagesAsync(byte[] prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[]? after = null;
        while (true)
        {
            var reply = await CallAsync(
                new ListRequest(prefix, after, Limit: 0, _overlay.Seen.Value, _overlay.Known(prefix, after)),
                static (link, grain, request, call) => new ValueTask<ListReply>(link.AskAsync(grain, request, static (asked, request) => asked.List(request), call.Clock, isRead: true, call.Cancellation)),
                static (_, _, reply) => reply,
                again: null,
                cancellationToken).ConfigureAwait(false);
            // An empty page has no last key to go on from; whoever says more follows would be asked for ever.
            if (reply.Items.Length == 0) reply = reply with { More = false };
            foreach (var item in _overlay.Listed(prefix, after, reply))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new(Door.Decode(item.Key), Door.Decode(item.Value));
            }

            if (!reply.More) yield break;
            if (after is not null && KeyOrder.Instance.Compare(reply.Items[^1].Key, after) <= 0) throw new CmudException(CmudFailure.ServerError, "The server gave the same page of the List again; ask another server.");
            after = reply.Items[^1].Key;
        }
    }

    /// <summary>One operation: route, ask, and where that fails and may be repeated, route and ask again while its time lasts.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="ask">How.</param>
    /// <param name="finish">Makes the result of the answer.</param>
    /// <param name="again">What the caller of a write may do where no answer came; null for what may be repeated without asking.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> CallAsync<TRequest, TReply, TResult>(
        TRequest request, Func<ServerLink, int, TRequest, Call, ValueTask<TReply>> ask, Func<CmudClient, TRequest, TReply, TResult> finish, string? again, CancellationToken cancellationToken)
    {
        var clock = new CallClock(Time, _options.CallTimeout);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Before the servers are looked at, so that no change is missed.
            var changed = _changed.Task;
            if (!TryRoute(out var link, out var grain))
            {
                await WaitAsync(changed, clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            TReply reply;
            try
            {
                reply = await ask(link, grain, request, new(clock, cancellationToken)).ConfigureAwait(false);
            }
            catch (LinkException e)
            {
                ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
                if (e.Sent && again is not null)
                    throw new CmudException(CmudFailure.OutcomeUnknown, $"{link.View.Address} did not confirm the write ({e.Message}): it may be stored or not; {again} to be sure.", e);
                if (clock.IsOver)
                    throw new CmudException(CmudFailure.Unreachable, $"{link.View.Address} did not answer ({e.Message}); try again, or name another server.", e);

                await Task.Delay(clock.Next(BeforeRetry), Time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            catch (RefusedException e)
            {
                throw new CmudException(CmudFailure.Refused, e.Message, e);
            }
            catch (StorageFullException e)
            {
                throw new CmudException(CmudFailure.StorageFull, e.Message, e);
            }
            catch (StorageFailedException e)
            {
                throw new CmudException(CmudFailure.OutcomeUnknown, $"{link.View.Address} may or may not have stored the Put: {e.Message}", e);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new CmudException(CmudFailure.ServerError, $"{link.View.Address} failed: {OneLine(e.Message)}", e);
            }

            return finish(this, request, reply);
        }
    }

    /// <summary>Whom to ask; false where no server can be asked, or not the one that the router wishes for.</summary>
    private bool TryRoute([NotNullWhen(true)] out ServerLink? link, out int grain)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var views = _views;
        (link, grain) = (null, 0);
        if (!Array.Exists(views, static view => view.Reachable)) return false;

        var route = _router.Next(views);
        Check(route, views);
        if (!views[route.Server].Reachable) return false;

        (link, grain) = (_links[route.Server], route.Grain);
        return true;
    }

    /// <summary>Waits for a change of the servers, but no longer than a call may that is not sent yet.</summary>
    private async ValueTask WaitAsync(Task changed, CallClock clock, CancellationToken cancellationToken)
    {
        // A call sent at the last moment could not be answered: what is kept for it is the time after which silence counts.
        var patience = clock.Left - _options.SilenceTimeout;
        foreach (var link in _links) link.Want();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            if (patience <= TimeSpan.Zero) throw Unreachable();
            await changed.WaitAsync(patience, Time, end.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Unreachable();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(CmudClient));
        }
    }

    private static void Check(Route route, ServerView[] views)
    {
        if (route.Server < 0 || route.Server >= views.Length)
            throw new CmudException(CmudFailure.Refused, $"There is no server {route.Server}; servers 0 to {views.Length - 1} are given.");

        var view = views[route.Server];
        if (view.Reachable && (route.Grain < 0 || route.Grain >= view.QueryGrains))
            throw new CmudException(CmudFailure.Refused, $"{view.Address} has no query grain {route.Grain}; it has 0 to {view.QueryGrains - 1}.");
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private bool IsAnotherReachable(ServerLink than) => Array.Exists(_links, link => link != than && link.View.Reachable);

    private CmudException Unreachable()
    {
        var tried = new StringBuilder();
        foreach (var link in _links)
        {
            if (link.View.Reachable) continue;
            tried.Append(tried.Length == 0 ? "" : ", ").Append(link.View.Address).Append(" (").Append(link.Trouble).Append(')');
        }

        return new(CmudFailure.Unreachable, $"No server of the store can be reached: tried {tried}. Start one (dotnet run --project Silo), or check the addresses.");
    }

    /// <summary>Waits until a server can be asked, and a moment for the others; throws where none can.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var clock = new CallClock(Time, _options.CallTimeout);
        var all = Task.WhenAll(_links.Select(static link => link.Tried));
        while (true)
        {
            var changed = _changed.Task;
            if (Array.Exists(_views, static view => view.Reachable)) break;
            if (all.IsCompleted || clock.IsOver) throw Unreachable();
            await Task.WhenAny(changed, all, Task.Delay(clock.Left, Time, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        await Task.WhenAny(all, Task.Delay(Grace, Time, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Takes the links' state over into one view. While no server is up, the silent ones count: better asked than given up.</summary>
    private void Refresh(ServerLink[]? links)
    {
        if (links is null) return;

        lock (_gate)
        {
            ServerView[] views = [.. links.Select(static link => link.View)];
            if (!Array.Exists(views, static view => view.Reachable))
            {
                for (var i = 0; i < views.Length; i++)
                {
                    if (links[i].IsConnected) views[i] = views[i] with { Reachable = true };
                }
            }

            _views = views;
            var changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    private async Task CloseAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_links.Select(static link => link.DisposeAsync().AsTask())).ConfigureAwait(false);
    }
}
