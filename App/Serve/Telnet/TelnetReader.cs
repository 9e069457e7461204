using System.Buffers;
using System.IO.Pipelines;

namespace Cmud.App.Serve.Telnet;

/// <summary>Reads one telnet connection: what is negotiated goes to the wire, all else to the player's input.</summary>
internal sealed class TelnetReader(PipeReader pipe, TelnetWire wire) : IDisposable
{
    /// <summary>Bytes that are taken at a time; a flood is not to be held as pieces all at once.</summary>
    private const int MaxTaken = 4096;

    private readonly TelnetParser _parser = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Asks the client what it is, and reads until it has said it or the time is over.</summary>
    /// <param name="time">How long.</param>
    /// <param name="most">How many pieces of other things may come meanwhile.</param>
    /// <param name="clock">The clock of the wait.</param>
    /// <param name="closing">Cancelled when there is nothing to wait for any more.</param>
    /// <returns>What else came.</returns>
    public async Task<IReadOnlyList<TelnetEvent>> SettleAsync(TimeSpan time, int most, TimeProvider clock, CancellationToken closing)
    {
        var early = new List<TelnetEvent>();
        wire.With(static negotiation => negotiation.Begin());
        using var over = clock.CreateTimer(_ => pipe.CancelPendingRead(), null, time, Timeout.InfiniteTimeSpan);
        using var closed = closing.Register(pipe.CancelPendingRead);
        while (!wire.With(static negotiation => negotiation.IsSettled) && early.Count < most)
        {
            var read = await pipe.ReadAsync(CancellationToken.None);
            var bytes = Next(read.Buffer);
            early.AddRange(Parse(bytes));
            pipe.AdvanceTo(bytes.End);
            if (read.IsCanceled || (read.IsCompleted && bytes.IsEmpty)) break;
        }

        return early;
    }

    /// <summary>Reads on, until the client hangs up or <see cref="StopAsync"/>.</summary>
    /// <param name="early">What had come before.</param>
    /// <param name="input">Where all goes.</param>
    /// <param name="gone">Cancelled when the connection is gone: what there is no room for now is for nobody.</param>
    public async Task ReadAsync(IReadOnlyList<TelnetEvent> early, ITelnetInput input, CancellationToken gone)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, _stop.Token);
        try
        {
            foreach (var said in early) await input.TakeAsync(said, end.Token);
            while (true)
            {
                var read = await pipe.ReadAsync(_stop.Token);
                var bytes = Next(read.Buffer);
                foreach (var said in Parse(bytes)) await input.TakeAsync(said, end.Token);
                pipe.AdvanceTo(bytes.End);
                if (read.IsCompleted && bytes.IsEmpty) return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Gone, or told to stop.
        }
        finally
        {
            input.Hang();
        }
    }

    /// <summary>Reads no more: the session is over.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static ReadOnlySequence<byte> Next(ReadOnlySequence<byte> all) => all.Slice(0, Math.Min(all.Length, MaxTaken));

    /// <summary>Parses bytes; what is negotiated is answered on the way.</summary>
    private List<TelnetEvent> Parse(ReadOnlySequence<byte> bytes)
    {
        var pieces = new List<TelnetEvent>();
        foreach (var segment in bytes)
        {
            foreach (var next in segment.Span)
            {
                if (_parser.Take(next) is not { } said) continue;
                if (said.Kind != TelnetEventKind.Text) wire.With(negotiation => negotiation.Take(said));
                pieces.Add(said);
            }
        }

        return pieces;
    }
}
