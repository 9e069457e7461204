using System.Buffers;
using System.IO.Pipelines;

namespace Cmud.App.Serve.Telnet;

/// <summary>What waits to be sent to one client. Whoever writes never waits; a client that does not read is cut.</summary>
internal sealed class Outbox : IAsyncDisposable
{
    /// <summary>Bytes that may wait, beyond what the connection itself buffers: some hundred screens.</summary>
    public const int MaxWaiting = 256 * 1024;

    /// <summary>How long a client may take nothing at all of what waits for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly Action _cut;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly Task _sending;
    private ArrayBufferWriter<byte> _waiting = new();
    private bool _isClosed;

    /// <summary>An outbox that sends.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="time">The clock of the patience.</param>
    /// <param name="cut">Ends the connection of a client that does not read.</param>
    public Outbox(PipeWriter output, TimeProvider time, Action cut)
    {
        (_output, _time, _cut) = (output, time, cut);
        _sending = SendAsync();
    }

    /// <summary>Sends bytes after those before them. Safe for any thread.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isClosed || bytes.IsEmpty) return;

            if (_waiting.WrittenCount + bytes.Length > MaxWaiting)
            {
                _isClosed = true;
                _cut();
            }
            else
            {
                _waiting.Write(bytes);
            }

            if (_more.CurrentCount == 0) _more.Release();
        }
    }

    /// <summary>Takes nothing more; ends when all was sent, or cannot be.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_more.CurrentCount == 0) _more.Release();
        }

        await _sending;
        _more.Dispose();
    }

    private async Task SendAsync()
    {
        var spare = new ArrayBufferWriter<byte>();
        while (true)
        {
            await _more.WaitAsync();
            ArrayBufferWriter<byte> sent;
            bool isLast;
            lock (_lock)
            {
                spare.ResetWrittenCount();
                (sent, _waiting, isLast) = (_waiting, spare, _isClosed);
            }

            if (!await IsTakenAsync(sent.WrittenMemory)) return;
            if (isLast) return;

            // A rare flood is no reason to keep its room.
            spare = sent.Capacity > 4096 ? new() : sent;
        }
    }

    private async Task<bool> IsTakenAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return !(await _output.WriteAsync(bytes).AsTask().WaitAsync(Patience, _time)).IsCompleted;
        }
        catch (Exception e) when (e is TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // It reads no more, or is gone.
            lock (_lock) _isClosed = true;
            _cut();
            return false;
        }
    }
}
