using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>One direction of a connection: every piece of bytes goes out a fixed time after it came in, in its order.</summary>
internal sealed class DelayLine(TimeSpan delay, params Gate[] gates)
{
    private readonly Channel<Piece> _underWay = Channel.CreateUnbounded<Piece>(new() { SingleReader = true, SingleWriter = true });

    /// <summary>Runs until the source ends (the end, too, takes its time to arrive), either side breaks, or it is cancelled.</summary>
    public Task RunAsync(PipeReader from, PipeWriter to, CancellationToken end) => Task.WhenAll(TakeAsync(from, end), GiveAsync(to, end));

    private async Task TakeAsync(PipeReader from, CancellationToken end)
    {
        try
        {
            while (true)
            {
                var read = await from.ReadAsync(end);
                if (!read.Buffer.IsEmpty) Enter(read.Buffer.ToArray());
                from.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
        }
        catch (Exception error) when (IsEnd(error))
        {
            // The connection broke or was given up: what is under way still arrives, then the end of it.
        }
        finally
        {
            Enter([]);
            _underWay.Writer.Complete();
        }
    }

    private async Task GiveAsync(PipeWriter to, CancellationToken end)
    {
        try
        {
            await foreach (var piece in _underWay.Reader.ReadAllAsync(end))
            {
                var left = delay - TimeProvider.System.GetElapsedTime(piece.Entered);
                // Timers drop what is less than a millisecond; nothing may arrive early.
                if (left > TimeSpan.Zero) await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), TimeProvider.System, end);
                foreach (var gate in gates) await gate.PassAsync(end);
                if (piece.Bytes.Length > 0) await to.WriteAsync(piece.Bytes, end);
            }
        }
        catch (Exception error) when (IsEnd(error))
        {
            // As above, on the other side.
        }
        finally
        {
            await to.CompleteAsync();
        }
    }

    private void Enter(byte[] bytes) => _underWay.Writer.TryWrite(new(TimeProvider.System.GetTimestamp(), bytes));

    /// <summary>Reset, aborted, cancelled, or completed by the other side: for a wire these are all the same.</summary>
    private static bool IsEnd(Exception error) => error is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException;

    private readonly record struct Piece(long Entered, byte[] Bytes);
}
