using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>One server as the client keeps it: connected, watched, measured, left when it falls silent, and tried again until it is back.</summary>
/// <remarks>
/// One background task owns the connection (<see cref="KeepAsync"/>); calls only read it and tell what they met.
/// A server is down while there is no connection, silent while there is one but no answer, else up.
/// </remarks>
internal sealed class ServerLink : IAsyncDisposable
{
    /// <summary>Measurements in a row that a silent server may miss before its connection is given up: about 10 s, after which TCP's own back-off is longer than ours.</summary>
    private const int MostMisses = 4;

    /// <summary>Measurements before a new connection is used: the least of three is the network's, the others are a busy machine's.</summary>
    private const int FirstMeasurements = 3;

    private readonly CmudClientOptions _options;
    private readonly Action _changed;
    private readonly Func<bool> _mayLeave;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _nudge = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _keeper;
    private readonly ConcurrentDictionary<int, Lanes> _lanes = [];
    private volatile Connection? _connection;
    private volatile bool _silent;
    private bool _isSlow;
    private volatile ServerView _view;
    private volatile string _trouble = "no answer yet";

    /// <summary>Begins to connect.</summary>
    /// <param name="address">Where the server's gateway listens.</param>
    /// <param name="options">How long to wait for it.</param>
    /// <param name="changed">Called after every change of <see cref="View"/>.</param>
    /// <param name="mayLeave">Whether a read may be given up as soon as this server counts as silent: another can be asked.</param>
    public ServerLink(ServerAddress address, CmudClientOptions options, Action changed, Func<ServerLink, bool>? mayLeave = null)
    {
        (_options, _changed, _mayLeave) = (options, changed, mayLeave is null ? static () => false : () => mayLeave(this));
        _view = new(address, Reachable: false, QueryGrains: 0, TimeSpan.Zero, ServerId.None, Name: "");
        _keeper = Task.Run(KeepAsync);
    }

    /// <summary>The server as it is now.</summary>
    public ServerView View => _view;

    /// <summary>Whether there is a connection, be it silent.</summary>
    public bool IsConnected => _connection is { Lost.IsCancellationRequested: false };

    /// <summary>Why it is not reachable, in a few words.</summary>
    public string Trouble => _trouble;

    /// <summary>Completes when the first attempt to connect has ended, well or not.</summary>
    public Task Tried => _tried.Task;

    private TimeProvider Time => _options.Time;

    /// <summary>Reads a key, in one call with others that are asked at the same time.</summary>
    /// <exception cref="LinkException">No answer.</exception>
    public ValueTask<string?> GetAsync(int grain, PendingGet get, CancellationToken cancellationToken) => AskAsync(LanesOf(grain).Reads, get, cancellationToken);

    /// <summary>Puts or deletes a key, in one call with others that are written at the same time.</summary>
    /// <exception cref="LinkException">No answer.</exception>
    public ValueTask<PutReply> WriteAsync(int grain, PendingWrite write, CancellationToken cancellationToken) => AskAsync(LanesOf(grain).Writes, write, cancellationToken);

    /// <summary>Makes one call, and ends no later than its time is up, whatever becomes of the server.</summary>
    /// <param name="grain">The query grain to ask.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="query">The method.</param>
    /// <param name="clock">The time of the whole call, retries and all.</param>
    /// <param name="isRead">Whether to give up as soon as the server counts as silent and another can be asked.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    /// <exception cref="LinkException">No answer; <see cref="LinkException.Sent"/> says whether the server may know of the call.</exception>
    public async Task<TReply> AskAsync<TRequest, TReply>(
        int grain,
        TRequest request,
        Func<IQueryGrain, TRequest, ValueTask<TReply>> query,
        CallClock clock,
        bool isRead,
        CancellationToken cancellationToken)
    {
        if (_connection is not { Lost.IsCancellationRequested: false } connection) throw new LinkException(_trouble, sent: false);

        Task<TReply> answer;
        try
        {
            answer = connection.Hear(query(connection.Grain(grain), request));
        }
        catch (Exception e) when (IsTransport(e))
        {
            throw new LinkException("the connection was lost", sent: false, e);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.Lost, cancellationToken);
        var heard = Time.GetTimestamp();
        while (true)
        {
            try
            {
                // Two looks within the silence timeout: the first makes the keeper ask too, so that a slow grain does not pass for a silent server.
                return await answer.WaitAsync(clock.Next(_options.SilenceTimeout / 2), Time, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                Abandon(answer);
                cancellationToken.ThrowIfCancellationRequested();
                throw new LinkException("the connection was lost", sent: true);
            }
            catch (TimeoutException) when (!answer.IsFaulted)
            {
                if (connection.HeardSince(heard)) heard = Time.GetTimestamp();
                else if (Time.GetElapsedTime(heard) >= _options.SilenceTimeout) Suspect(connection);
                Nudge();
                if (!clock.IsOver && !(isRead && _silent && _mayLeave())) continue;

                Abandon(answer);
                throw new LinkException(clock.IsOver ? $"no answer within {clock.Limit.TotalSeconds:0.###} s" : "no sign of life", sent: true);
            }
            catch (StoppingException e)
            {
                Suspect(connection);
                throw new LinkException("the server is stopping", sent: false, e);
            }
            catch (Exception e) when (IsTransport(e))
            {
                Suspect(connection);
                throw new LinkException("the connection failed", sent: true, e);
            }
        }
    }

    /// <summary>Says that a call waits for this server: if it is down, it is tried again without further pause.</summary>
    public void Want()
    {
        if (!IsConnected) Nudge();
    }

    /// <summary>Gives the server up; calls under way end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _keeper.ConfigureAwait(false);
    }

    private static ValueTask<TAnswer> AskAsync<TAnswer>(Lane lane, Pending<TAnswer> operation, CancellationToken cancellationToken)
    {
        lane.Ask(operation);
        return cancellationToken.CanBeCanceled ? new(WaitAsync(operation, cancellationToken)) : operation.Answer;
    }

    /// <summary>Waits for an answer. Who gives up while the operation has not left yet takes it back: sent later, it would be a later write than what its caller does next.</summary>
    private static async Task<TAnswer> WaitAsync<TAnswer>(Pending<TAnswer> operation, CancellationToken cancellationToken)
    {
        var answer = operation.Answer.AsTask();
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!answer.IsCompleted)
        {
            operation.TryTakeBack();
            Abandon(answer);
            throw;
        }
    }

    private Lanes LanesOf(int grain) => _lanes.GetOrAdd(grain, static (grain, link) => new(link, grain), this);

    private Task<PackedReply> CallAsync(int grain, Batch batch, bool isRead) =>
        AskAsync(grain, batch.Pack(), static (asked, request) => asked.Execute(request), batch.Clock, isRead, CancellationToken.None);

    /// <summary>What Orleans and sockets throw where a call got lost on its way, as against errors of the called grain.</summary>
    private static bool IsTransport(Exception e) => e is OrleansException or TimeoutException or ObjectDisposedException or IOException or SocketException;

    /// <summary>The answer is awaited no more; if it is an error after all, nobody needs to hear of it.</summary>
    private static void Abandon(Task answer) => _ = answer.ContinueWith(
        static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void Nudge() => _nudge.Writer.TryWrite(true);

    private void Suspect(Connection connection)
    {
        if (_silent || _connection != connection) return;

        (_silent, _trouble) = (true, "no sign of life");
        Show(_view with { Reachable = false });
        Nudge();
    }

    private void Show(ServerDescription description, TimeSpan roundTrip) => Show(_view with
    {
        Reachable = true,
        QueryGrains = description.QueryGrains,
        RoundTrip = roundTrip,
        Id = new(description.Server),
        Name = description.Name,
    });

    private void Show(ServerView view)
    {
        _view = view;
        _changed();
    }

    /// <summary>The life of the link: connect, watch until it is lost, pause, again.</summary>
    private async Task KeepAsync()
    {
        var pause = _options.ShortestPause;
        while (!_stopping.IsCancellationRequested)
        {
            var began = Time.GetTimestamp();
            var connection = await TryConnectAsync().ConfigureAwait(false);
            // A server that is slow to take a connection may only be busy: it is tried again before anyone is told that it cannot be reached.
            if (connection is not null || !_isSlow) _tried.TrySetResult();
            if (connection is not null)
            {
                await WatchAsync(connection).ConfigureAwait(false);
                await LeaveAsync(connection).ConfigureAwait(false);
                pause = _options.ShortestPause;
                // What served may only have been cut off: it is dialled again at once, yet no more often than a server that is down.
                await NapAsync(pause - Time.GetElapsedTime(began), _stopping.Token, untilNudged: false).ConfigureAwait(false);
                continue;
            }

            // The first part is kept whatever calls want, or a dead server would be tried without rest.
            await NapAsync(_options.ShortestPause, _stopping.Token, untilNudged: false).ConfigureAwait(false);
            await NapAsync(pause - _options.ShortestPause, _stopping.Token).ConfigureAwait(false);
            pause = pause * 2 < _options.LongestPause ? pause * 2 : _options.LongestPause;
        }
    }

    private async Task<Connection?> TryConnectAsync()
    {
        using var limit = new CancellationTokenSource(_options.CallTimeout, Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
        Connection? connection = null;
        try
        {
            var gateway = await ReachAsync(end.Token).ConfigureAwait(false);
            connection = await Connection.OpenAsync(gateway, _view.Address.Host, _options, end.Token).ConfigureAwait(false);
            // The first call pays for what is made on first use, so it measures nothing.
            var description = await DescribeAsync(connection, end.Token).ConfigureAwait(false);
            connection.Prepare(description.QueryGrains);
            var roundTrip = TimeSpan.MaxValue;
            for (var i = 0; i < FirstMeasurements; i++)
            {
                var asked = Time.GetTimestamp();
                await DescribeAsync(connection, end.Token).ConfigureAwait(false);
                if (Time.GetElapsedTime(asked) < roundTrip) roundTrip = Time.GetElapsedTime(asked);
            }

            (_connection, _silent) = (connection, false);
            Show(description, roundTrip);
            return connection;
        }
        catch (Exception e)
        {
            // Whatever went wrong, the server is not to be had now: it is shown as down, with the reason, and tried again.
            _trouble = Explain(e);
            _isSlow = e is SocketException { SocketErrorCode: SocketError.TimedOut };
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    private static async Task<ServerDescription> DescribeAsync(Connection connection, CancellationToken cancellationToken)
    {
        var answer = connection.Hear(connection.Grain(0).Describe());
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Abandon(answer);
            throw;
        }
    }

    /// <summary>The first address of the server's name that takes a connection: one refused here costs nothing, in Orleans a client with all its parts.</summary>
    private async Task<IPEndPoint> ReachAsync(CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(_view.Address.Host, cancellationToken).ConfigureAwait(false);
        SocketException? refused = null;
        foreach (var address in addresses.OrderBy(static a => a.AddressFamily != AddressFamily.InterNetwork))
        {
            var gateway = new IPEndPoint(address, _view.Address.Port);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            using var limit = new CancellationTokenSource(_options.SilenceTimeout, Time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                await socket.ConnectAsync(gateway, end.Token).ConfigureAwait(false);
                return gateway;
            }
            catch (SocketException e)
            {
                refused = e;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                refused = new SocketException((int)SocketError.TimedOut);
            }
        }

        throw refused ?? new SocketException((int)SocketError.HostNotFound);
    }

    private string Explain(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.TimedOut } => $"no answer within {_options.SilenceTimeout.TotalSeconds:0.###} s",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "no such host",
        SocketException other => other.Message.ToLowerInvariant(),
        AuthenticationException distrust => distrust.Message,
        _ when _options.Tls is not null => "something listens there but does not take this client's certificate, or speaks no TLS",
        _ => "something listens there but does not answer as a server of the store; it hangs, this is not its gateway's port, it asks for a certificate, or this machine is too busy",
    };

    /// <summary>Returns when the connection is lost or no longer worth keeping.</summary>
    private async Task WatchAsync(Connection connection)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.Lost, _stopping.Token);
        for (var misses = 0; misses < MostMisses;)
        {
            await NapAsync(_silent ? _options.ShortestPause : _options.LongestPause, end.Token).ConfigureAwait(false);
            if (end.IsCancellationRequested) return;

            misses = await TryMeasureAsync(connection).ConfigureAwait(false) ? 0 : misses + 1;
        }
    }

    /// <summary>Asks the server who it is and how long it takes to say so; it is up if it answers, silent if not.</summary>
    private async Task<bool> TryMeasureAsync(Connection connection)
    {
        var asked = Time.GetTimestamp();
        var answer = connection.Hear(connection.Grain(0).Describe());
        try
        {
            var description = await answer.WaitAsync(_options.SilenceTimeout, Time, connection.Lost).ConfigureAwait(false);
            var (measured, known) = (Time.GetElapsedTime(asked), _view.RoundTrip);
            // Down at once, up by and by: one slow answer is no long way, and the first after a silence tells nothing of it.
            var roundTrip = measured < known ? measured : _silent ? known : known + ((measured - known) / 4);
            _silent = false;
            Show(description, roundTrip);
            return true;
        }
        catch (Exception)
        {
            // Lost, timed out or refused: a server that cannot even say who it is answers no queries.
            Abandon(answer);
            Suspect(connection);
            return false;
        }
    }

    private async Task LeaveAsync(Connection connection)
    {
        (_connection, _silent) = (null, false);
        if (connection.Lost.IsCancellationRequested) _trouble = "the connection was lost";
        Show(_view with { Reachable = false });
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits, but no longer than until it is cancelled or, if so wished, nudged.</summary>
    private async Task NapAsync(TimeSpan longest, CancellationToken cancellationToken, bool untilNudged = true)
    {
        if (longest <= TimeSpan.Zero) return;

        using var enough = new CancellationTokenSource(longest, Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            if (untilNudged) await _nudge.Reader.ReadAsync(end.Token).ConfigureAwait(false);
            else await Task.Delay(longest, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // That is how a nap ends.
        }
    }

    /// <summary>What is asked of one query grain: reads and writes apart, for a read in a batch would wait for the commit of the writes.</summary>
    private sealed class Lanes(ServerLink link, int grain)
    {
        public Lane Reads { get; } = new(batch => link.CallAsync(grain, batch, isRead: true), link.Time);

        public Lane Writes { get; } = new(batch => link.CallAsync(grain, batch, isRead: false), link.Time);
    }
}
