using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cmud.Tests.Unit.Game;

/// <summary>Runs a call to its end on this thread: what it awaits goes on here, and made-up time passes only when nothing else is left to do.</summary>
/// <remarks>On the thread pool a call that still had work to do was overtaken by the time, by as much as the machine was busy.</remarks>
internal sealed class Turns(FakeTimeProvider time) : SynchronizationContext
{
    private const int MostSteps = 1_000;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.1);

    private readonly Queue<(SendOrPostCallback Go, object? State)> _left = new();
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate) _left.Enqueue((d, state));
    }

    /// <summary>Calls, and goes on until it is done.</summary>
    public void Run(Func<Task> call)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = call();
            for (var steps = 0; !task.IsCompleted && steps < MostSteps;)
            {
                if (GoOn()) continue;

                time.Advance(Step);
                steps++;
            }

            while (GoOn())
            {
                // What the call has left behind.
            }

            Assert.True(task.IsCompleted, $"The call was not done after {MostSteps * Step.TotalSeconds} s.");
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    private bool GoOn()
    {
        (SendOrPostCallback Go, object? State) next;
        lock (_gate)
        {
            if (!_left.TryDequeue(out next)) return false;
        }

        next.Go(next.State);
        return true;
    }
}
