using System.IO.Pipelines;

namespace Cmud.Silo.Resp;

/// <summary>Waits for a client, and no longer than it may take.</summary>
/// <remarks>One timer for a connection, and none is set where there is nothing to wait for: a client that keeps up costs none.</remarks>
internal sealed class ClientWait : IDisposable
{
    private readonly IDuplexPipe _transport;
    private readonly ITimer _timer;
    private readonly Action _cut;
    private volatile bool _isSending;
    private volatile bool _isOver;

    /// <summary>Waits by a clock.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="transport">From and to the client.</param>
    /// <param name="cut">Ends the connection of a client that takes nothing: there is no way left to tell it.</param>
    public ClientWait(TimeProvider time, IDuplexPipe transport, Action cut)
    {
        (_transport, _cut) = (transport, cut);
        _timer = time.CreateTimer(static wait => ((ClientWait)wait!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the client took longer than it may.</summary>
    public bool IsOver => _isOver;

    /// <summary>What comes next; what there is where the client took too long.</summary>
    /// <param name="most">How long; null for as long as it likes.</param>
    public async ValueTask<ReadResult> Read(TimeSpan? most)
    {
        var reading = _transport.Input.ReadAsync(CancellationToken.None);
        if (reading.IsCompleted || most is not { } limit) return await reading;

        Set(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        try
        {
            return await reading;
        }
        finally
        {
            Set(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends what is written; false where the client is gone, or was cut as it took nothing.</summary>
    public async ValueTask<bool> Send(TimeSpan most)
    {
        var sending = _transport.Output.FlushAsync(CancellationToken.None);
        if (sending.IsCompleted) return !(await sending).IsCompleted;

        _isSending = true;
        Set(most);
        try
        {
            return !(await sending).IsCompleted;
        }
        finally
        {
            Set(Timeout.InfiniteTimeSpan);
            _isSending = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Set(TimeSpan due) => _timer.Change(due, Timeout.InfiniteTimeSpan);

    private void End()
    {
        _isOver = true;
        if (_isSending) _cut();
        else _transport.Input.CancelPendingRead();
    }
}
